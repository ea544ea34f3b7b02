"""Overview: the decision in words, what it costs, what to do next; below it the evidence. Where analysts arrive."""

import streamlit as st

from core.ui.overview import again, changed, choice, closer, decision, money, record, sharing, step, why_not
from core.ui.overview.view import view
from core.ui.shared import access, doing, frame, links, navigation

person = access.require(access.Role.ANALYST)
navigation.follow_old_link()
doing.tell()
head = frame.page_head("Overview", "Should our users get another model, how sure is that, and what would it save?")
dataset = choice.dataset()
if dataset is None:
    step.first(person)
    links.bar(head, "overview")
    st.stop()
found = view(dataset)
with st.container(key="overview_page", gap="medium"):
    decision.section(found)
    with st.grid(2, min_column_width=330, gap="medium"):
        money.section(found)
        step.section(found, person)
    why_not.section(found)
    closer.section(found)
    again.section(found)
    with st.grid(2, min_column_width=330, gap="medium"):
        changed.section(found, person)
        record.section(found)
shown = sharing.shown(found)
links.bar(head, "overview", slide=lambda: sharing.slide(found, shown), shown=shown)
