"""Where on the Candidates page one is, as its address says it."""

import streamlit as st

CHOSEN, EDIT = "candidate", "edit"
NEW, COPY = "new", "copy-"


def show_form(what: str) -> None:
    """For callbacks: open the form; ``what``: new, a candidate's id, or copy- and its id."""
    st.query_params[EDIT] = what


def show_list() -> None:
    """For callbacks: back to the list."""
    st.query_params.pop(EDIT, None)
