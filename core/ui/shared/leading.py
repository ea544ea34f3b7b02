"""Words that lead to the page that proves them: one link a line, which wraps like text."""

from dataclasses import dataclass

import streamlit as st

Query = dict[str, str | list[str]]
_LEADS = ":gray[›]"


@dataclass(frozen=True)
class Address:
    """A page's file and what its address says."""

    page: str
    query: Query


def line(said: str, to: Address | None, *, icon: str | None = None) -> None:
    """Markdown that leads ``to`` a page; None: it is only said."""
    if to is None:
        st.markdown(f"{icon or ''} {said}".strip())
        return
    st.page_link(to.page, label=f"{said}\u00a0{_LEADS}", query_params=to.query, icon=icon, width="stretch")


def figure(said: str, to: Address) -> None:
    """A number by itself that leads ``to`` a page."""
    st.page_link(to.page, label=said, query_params=to.query)
