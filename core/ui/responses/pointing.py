"""The response that an address names: the way to it, its mark, and that it comes into view."""

import streamlit as st
from sqlmodel import Session

from core.services.datasets import responses
from core.services.datasets.responses import Whereabouts
from core.storage.engine import reading
from core.ui.responses import runs
from core.ui.shared import arriving, filters
from core.ui.shared.resources import engine

SEARCH, PROMPT, SHOW, PAGE, CHOSEN = (
    "responses_search", "prompt", "responses_show", "responses_page", "responses_chosen",
)  # fmt: skip
_DATASET, _CATEGORY = "responses_dataset", "responses_category"
_LED, _ARRIVES, _ARRIVALS = "_responses_led", "_responses_arrives", "_responses_arrivals"
_MOST_DIGITS = 19


def pointed() -> Whereabouts | None:
    """The response that the address names, and the filters led to it when one comes; to be asked before these."""
    asked = st.query_params.get(filters.RESPONSE)
    if asked is None:
        st.session_state.pop(_LED, None)
        return None
    with reading(engine()) as session:
        found = _found(session, asked)
    if found is None:
        filters.gone("response", [asked])
        drop()
        return None
    if st.session_state.get(_LED) != asked or SEARCH not in st.session_state:
        _lead_to(found)
        st.session_state[_LED] = asked
        st.session_state[_ARRIVALS] = st.session_state.get(_ARRIVALS, 0) + 1
        st.session_state[_ARRIVES] = True
    return found


def drop() -> None:
    """Let the address name no response any more: somebody went on to another prompt."""
    st.query_params.pop(filters.RESPONSE, None)
    st.session_state.pop(_LED, None)


def arrives() -> bool:
    """Whether the page with the response is to be turned up: true once for each arrival."""
    return bool(st.session_state.pop(_ARRIVES, False))


def _found(session: Session, asked: str) -> Whereabouts | None:
    is_number = asked.isascii() and asked.isdecimal() and len(asked) <= _MOST_DIGITS
    return responses.whereabouts(session, int(asked)) if is_number else None


def _lead_to(found: Whereabouts) -> None:
    """Have the filters show the response; what would hide it is let go."""
    led = {
        _DATASET: str(found.dataset_id),
        PROMPT: found.prompt,
        runs.RUN: runs.value_of(found.run_id, is_imported=found.is_imported),
    }
    if st.query_params.get(_CATEGORY) != found.category:
        led[_CATEGORY] = filters.ALL_CATEGORIES
    st.query_params.update(led)
    st.query_params.pop(SEARCH, None)
    if str(found.candidate_id) not in st.query_params.get_all(SHOW):
        st.query_params.pop(SHOW, None)
        filters.choose(SHOW, [])


def bring_into_view(found: Whereabouts) -> None:
    """Scroll to the marked card and put the focus there, once for each arrival; below all that is drawn."""
    arrival = f"{found.response_id}-{st.session_state.get(_ARRIVALS, 0)}"
    arriving.bring_into_view(CHOSEN, "The chosen response", arrival)
