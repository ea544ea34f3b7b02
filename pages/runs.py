"""Runs: what is being evaluated, what came of it, and what changed since another one."""

import streamlit as st

from core.ui.runs import live, page
from core.ui.shared import access, frame, links

access.require(access.Role.ANALYST)
head = frame.page_head("Runs", "What is being evaluated, how far is it, and what changed since the last time?")
seen = page.look()
if seen is None:
    page.nothing_yet()
    links.bar(head, "runs")
    st.stop()
live.show(seen)
links.bar(head, "runs")
