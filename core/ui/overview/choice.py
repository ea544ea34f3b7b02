"""Which dataset the page is about. Its address says it."""

import streamlit as st

from core.services import deciding
from core.storage.engine import reading
from core.ui.shared import frame
from core.ui.shared.filters import one_of, say_gone
from core.ui.shared.resources import engine


def dataset() -> str | None:
    """The dataset's name, of all its versions; None (and the page says so) where nobody was asked anything yet."""
    with reading(engine()) as session:
        names = deciding.datasets(session)
    if not names:
        frame.empty_state(
            "Nothing to decide yet",
            "Nobody has answered a prompt here. Once candidates have, this page says which of them your users should "
            "get, how sure that is, and what it costs.",
            icon=":material/gavel:",
        )
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = one_of("Dataset", names, key="overview_dataset")
    say_gone()
    return name
