"""Runs: what is being evaluated, what came of it, and what changed since another one."""

import streamlit as st

from core.ui import access, frame, runs, runs_live

access.require(access.Role.ANALYST)
frame.page_head("Runs", "What is being evaluated, how far is it, and what changed since the last time?")
seen = runs.look()
if seen is None:
    runs.nothing_yet()
    st.stop()
runs_live.show(seen)
