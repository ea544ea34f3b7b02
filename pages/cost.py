"""Cost & quality: what an acceptable response costs, and what one gets for it. For analysts."""

import streamlit as st

from core.ui.quality import behind, leads, month, page, sharing, table
from core.ui.quality import choice as quality_choice
from core.ui.shared import access, frame, links

access.require(access.Role.ANALYST)
head = frame.page_head("Cost & quality", "What does an acceptable response cost, and how fast and how good is it?")
choice = quality_choice.choice()
if choice is None:
    links.bar(head, "cost")
    st.stop()
as_of = page.stamp(choice)
report = page.found(choice, as_of)
if not report.overall(choice.category):
    quality_choice.nothing_yet(choice)
    links.bar(head, "cost")
    st.stop()
view = page.view(report, choice, as_of)
page.answer(view)
leads.verdict(view)
page.plots(view)
page.any_figure(view)
page.summary(view)
month.section(view)
table.table(view)
behind.section(view)
table.foot(view)
shown = sharing.shown(view)
links.bar(head, "cost", slide=lambda: sharing.slide(view, shown), shown=shown)
