"""How many alerts are open, in the sidebar of every page of analysts; nothing where none is."""

import streamlit as st

from core import clock
from core.domain.words import n
from core.services import alerts
from core.storage.engine import reading
from core.ui.shared.resources import engine


def in_sidebar(url_path: str) -> None:
    """The number, as the way to them; not on their own page, ``url_path``."""
    if url_path == "alerts":
        return
    with reading(engine()) as session:
        open_ = alerts.inbox.count(session, now=clock.now())
    if open_:
        st.sidebar.page_link("alerts.py", label=n(open_, "open alert"), icon=":material/notifications_active:")
