"""Cost & quality: what an acceptable response costs, and what one gets for it. For analysts."""

import streamlit as st

from core.ui import quality, quality_behind, quality_choice, quality_table
from core.ui.shared import access, frame

access.require(access.Role.ANALYST)
frame.page_head("Cost & quality", "What does an acceptable response cost, and how fast and how good is it?")
choice = quality_choice.choice()
if choice is None:
    st.stop()
as_of = quality.stamp(choice)
report = quality.found(choice, as_of)
if not report.overall(choice.category):
    quality_choice.nothing_yet(choice)
    st.stop()
view = quality.view(report, choice, as_of)
quality.answer(view)
quality.plots(view)
quality.any_figure(view)
quality_table.table(view)
quality_behind.section(view)
quality_table.foot(view)
