"""Raters: how far they agree with each other and with themselves. For analysts, never for raters."""

import streamlit as st

from core.ui import raters
from core.ui.shared import access, filters, frame

access.require(access.Role.ANALYST)
frame.page_head("Raters", "How far do raters agree, with each other and with themselves?")
choice = filters.rater_choice("raters")
report = raters.found(choice)
if not report.votes:
    raters.nothing_yet(choice)
    st.stop()
raters.agreement(report)
raters.table(report)
raters.remarks(choice)
