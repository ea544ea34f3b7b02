"""Saying on a page that what it shows is the demo's: in one quiet line below its title, once the page has chosen."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core import demo
from core.services.demo.naming import demo_names, is_demo
from core.storage.engine import reading
from core.storage.tables import Study
from core.ui.shared.resources import engine

_LINE, _PAGE = "_of_demo_line", "_of_demo_page"
_CHOICES = ("dataset", "study")


def line_here() -> None:
    """Keep a place for the line; called where a page's head is drawn."""
    st.session_state[_LINE] = st.empty()


@contextmanager
def said(page: str) -> Iterator[None]:
    """Draw a page, then say in its head whether it shows the demo. ``page``: its path, with which its keys begin."""
    st.session_state.pop(_LINE, None)
    st.session_state[_PAGE] = page
    yield
    say()


def say() -> None:
    """Say it now, as the page has chosen: nothing can be drawn any more once a page stops itself."""
    place, page = st.session_state.pop(_LINE, None), st.session_state.get(_PAGE)
    if place is not None and page is not None and (text := _text(page)):
        place.caption(text)


def said_of(study: Study) -> None:
    """Say it where a study over the demo is rated."""
    if study.dataset_id is None:
        return
    with reading(engine()) as session:
        of_demo = is_demo(session, study)
    if of_demo:
        st.caption(_line(), width="content")


def _text(page: str) -> str:
    with reading(engine()) as session:
        found = demo_names(session)
    if not found.names:
        return ""
    chosen = _chosen(page)
    if chosen <= {None}:
        return _line() if found.is_alone else f"The demo is among this. {_line()}"
    return _line() if chosen & found.names else ""


def _chosen(page: str) -> set[object]:
    """What the page's filters say of datasets and studies."""
    return {st.session_state.get(f"{page}_{choice}") for choice in _CHOICES}


def _line() -> str:
    return f":material/science: {demo.NOTICE_LINE}."
