"""Where in a page an address leads to: that part of the page is marked, and comes into view once for each arrival."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from core.ui.shared import colours

AT = "at"
"""In an address: the place within the page, by the key that ``place`` is given."""
_PAGE, _VISITS = "_arriving_page", "_arriving_visits"
_ARRIVE = st.components.v2.component(
    "evenhand_arrive", js=(Path(__file__).parent / "assets" / "arrive.js").read_text(encoding="utf-8")
)


def note_page(url_path: str) -> None:
    """For the shell: which page is open, so that whoever comes to it again arrives again."""
    if st.session_state.get(_PAGE) != url_path:
        st.session_state[_PAGE] = url_path
        st.session_state[_VISITS] = st.session_state.get(_VISITS, 0) + 1


def leads_to(key: str) -> bool:
    """Whether the address leads to the ``place`` of that key."""
    return st.query_params.get(AT) == key


@contextmanager
def place(key: str, label: str, *, of: str | None = None) -> Iterator[None]:
    """A part of a page, called ``label``, to which an address may lead: ``at=key``, or of itself where ``of`` is given.

    ``of``: what of many things the part shows, so that another one is another arrival.
    """
    with st.container(key=key, gap="small"):
        yield
        if of is not None or leads_to(key):
            bring_into_view(key, label, f"{of or key}-{st.session_state.get(_VISITS, 0)}")


def bring_into_view(key: str, label: str, arrival: str) -> None:
    """Mark the container of that ``key``, scroll to it and put the focus there, once for each ``arrival``."""
    accent = colours.colour(0)
    st.html(
        f"<style>.st-key-{key} {{ border-inline-start: 4px solid {accent}; padding-inline-start: 0.9rem; "
        "scroll-margin-top: 4.5rem; outline: none }</style>"
    )
    page = key.partition("_")[0]
    _ARRIVE(key=f"{page}_arrive", data={"arrival": arrival, "place": key, "label": label}, height=1)
