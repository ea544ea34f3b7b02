"""Load tests: how a candidate answers when requests arrive at a given rate."""

import streamlit as st


def section() -> None:
    """What to send, and what came of it."""
    st.caption("Not here yet.")
