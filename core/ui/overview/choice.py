"""Which dataset the page is about. Its address says it."""

import streamlit as st

from core.services import deciding
from core.services.datasets import responses
from core.storage.engine import reading
from core.ui.shared import frame
from core.ui.shared.filters import dataset_name, say_gone
from core.ui.shared.resources import engine


def dataset() -> str | None:
    """The dataset's name, of all its versions; None (and the page says so) where nobody was asked anything yet."""
    with reading(engine()) as session:
        answered = set(deciding.datasets(session))
        names = {name: ids for name, ids in responses.names(session).items() if name in answered}
    if not names:
        frame.empty_state(
            "Nothing to decide yet",
            "Nobody has answered a prompt here. Once candidates have, this page says which of them your users should "
            "get, how sure that is, and what it costs.",
            icon=":material/gavel:",
        )
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = dataset_name("overview", names)
    say_gone()
    return name
