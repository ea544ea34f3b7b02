"""Runs: what is being evaluated, what came of it, and what changed since another one."""

import streamlit as st

from core.ui import runs, runs_live
from core.ui.shared import access, frame

access.require(access.Role.ANALYST)
frame.page_head("Runs", "What is being evaluated, how far is it, and what changed since the last time?")
seen = runs.look()
if seen is None:
    runs.nothing_yet()
    st.stop()
runs_live.show(seen)
