"""Runs: what is being evaluated, what came of it, and what changed since another one."""

import streamlit as st

from core.ui import access, doing, frame, run_card, run_changes, runs

access.require(access.Role.ANALYST)
doing.tell()
frame.page_head("Runs", "What is being evaluated, how far is it, and what changed since the last time?")
lines = runs.listed()
if not lines:
    runs.nothing_yet()
    st.stop()
chosen = runs.choice(lines)
run_card.show(chosen)
run_changes.section(lines, chosen)
runs.table(lines)
