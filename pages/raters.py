"""Raters: how far they agree with each other and with themselves. For analysts, never for raters."""

import streamlit as st

from core.ui.raters import page
from core.ui.shared import access, filters, frame, links

access.require(access.Role.ANALYST)
head = frame.page_head("Raters", "How far do raters agree, with each other and with themselves?")
choice = filters.rater_choice("raters")
report = page.found(choice)
if not report.votes:
    page.nothing_yet(choice)
    links.bar(head, "raters")
    st.stop()
page.agreement(report)
page.table(report)
page.remarks(choice)
links.bar(head, "raters")
