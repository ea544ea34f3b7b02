"""Runs: what is being evaluated, what came of it, and what changed between two of them."""

import streamlit as st

from core.ui import access, doing, frame, run_card, run_comparison, runs

access.require(access.Role.ANALYST)
doing.tell()
frame.page_head("Runs", "What is being evaluated, how far is it, and what changed since the last time?")
lines = runs.listed()
if not lines:
    runs.nothing_yet()
    st.stop()
if runs.part() == "Compare":
    run_comparison.section(lines)
else:
    run_card.show(runs.choice(lines))
    runs.table(lines)
