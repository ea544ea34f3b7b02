"""Drift: what changed since the baseline, by how much, since when, and why. For analysts."""

import streamlit as st

from core.ui.drift import baseline, changes, choice, closely, hours, sizes, trends
from core.ui.shared import access, doing, frame, links

person = access.require(access.Role.ANALYST)
doing.tell()
head = frame.page_head("Drift", "What changed since the baseline, by how much, and why?")
dataset = choice.dataset()
if dataset is None:
    links.bar(head, "drift")
    st.stop()
view = choice.view(dataset)
changes.section(view)
closely.section(view)
trends.section(view)
hours.section(view)
sizes.section(view)
baseline.section(view, person)
links.bar(head, "drift")
