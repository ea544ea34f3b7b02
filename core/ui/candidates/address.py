"""Where on the Candidates page one is, as its address says it."""

import streamlit as st

from core.ui.shared import access

CHOSEN, EDIT = "candidates_candidate", "edit"
NEW, COPY = "new", "copy-"


@access.guarded(access.Role.ADMIN)
def show_form(what: str) -> None:
    """For callbacks: open the form; ``what``: new, a candidate's id, or copy- and its id."""
    st.query_params[EDIT] = what


@access.guarded(access.Role.ADMIN)
def show_list() -> None:
    """For callbacks: back to the list."""
    st.query_params.pop(EDIT, None)
