"""Which run the Runs page shows: its address says it, so that it can be sent to a colleague."""

from typing import NoReturn

import streamlit as st

CHOSEN = "run"


def asked_for() -> int | None:
    """The run that the address names; None where it names none."""
    found = st.query_params.get(CHOSEN, "")
    return int(found) if found.isdecimal() and len(found) < 16 else None


def show(run_id: int) -> None:
    """For callbacks on the Runs page: look at this run."""
    st.query_params[CHOSEN] = str(run_id)


def go_to(run_id: int) -> NoReturn:
    """Open the Runs page with this run."""
    st.switch_page("runs.py", query_params={CHOSEN: str(run_id)})
