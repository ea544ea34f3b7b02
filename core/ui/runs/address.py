"""Which run the Runs page shows: its address says it, so that it can be sent to a colleague."""

from typing import NoReturn

import streamlit as st

CHOSEN = "run"


def asked() -> str | None:
    """What the address names as the run; None where it names none."""
    return st.query_params.get(CHOSEN)


def show(run_id: int) -> None:
    """Let the address name this run; for callbacks on the Runs page, to look at it."""
    if asked() != str(run_id):
        st.query_params[CHOSEN] = str(run_id)


def go_to(run_id: int) -> NoReturn:
    """Open the Runs page with this run."""
    st.switch_page("runs.py", query_params={CHOSEN: str(run_id)})
