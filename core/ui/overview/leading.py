"""Words that lead to the page that proves them: one link a line, which wraps like text."""

import streamlit as st

from core.ui.overview.addresses import Address

_LEADS = ":gray[›]"


def line(said: str, to: Address | None, *, icon: str | None = None) -> None:
    """Markdown that leads ``to`` a page; None: it is only said."""
    if to is None:
        st.markdown(f"{icon or ''} {said}".strip())
        return
    st.page_link(to.page, label=f"{said}\u00a0{_LEADS}", query_params=to.query, icon=icon, width="stretch")


def figure(said: str, to: Address) -> None:
    """A number by itself that leads ``to`` a page."""
    st.page_link(to.page, label=said, query_params=to.query)
