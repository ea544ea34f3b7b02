"""Routing: who should answer which category, what that saves, and who decided. For analysts."""

import streamlit as st

from core.ui.routing import deciding, exports, limits, made_of, page, requests, sharing, table, versions, what_if
from core.ui.shared import access, doing, frame, links

person = access.require(access.Role.ANALYST)
doing.tell()
head = frame.page_head("Routing", "Who should answer which category of prompts, and what would that save?")
dataset = page.chosen_dataset()
if dataset is None:
    links.bar(head, "routing")
    st.stop()
found = page.found(dataset)
if found is None:
    page.no_champion()
    links.bar(head, "routing")
    st.stop()
listed = page.versions(dataset)
deciding.answer(found, listed)
table.difference(found)
table.in_force(found)
what_if.section(found)
made_of.section(found)
versions.section(listed)
requests.section(dataset)
exports.section(dataset)
limits.section(found, person)
shown = sharing.shown(found)
links.bar(head, "routing", slide=lambda: sharing.slide(found, shown), shown=shown)
