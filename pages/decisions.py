"""Decisions: what the evidence allows to do about the champion, and what people decided. For analysts."""

import streamlit as st

from core.ui.decisions import categories, comparisons, page, record, settings, sharing, taking
from core.ui.shared import access, doing, frame, links

person = access.require(access.Role.ANALYST)
doing.tell()
head = frame.page_head("Decisions", "What does the evidence allow for each challenger, and what have we decided?")
dataset = page.chosen_dataset()
if dataset is None:
    links.bar(head, "decisions")
    st.stop()
up_to = page.moment()
as_of = page.stamp(dataset)
found = page.found(dataset, as_of, up_to)
if not found.verdicts:
    page.nothing_yet(dataset)
    links.bar(head, "decisions")
    st.stop()
if found.champion is None:
    page.no_champion(dataset)
    record.section(found, as_of)
    settings.section(found, person)
    links.bar(head, "decisions")
    st.stop()
routed = page.routed(found, up_to)
page.in_category(found, routed)
page.over_all(found, routed)
if up_to is None:
    taking.buttons(found, routed)
categories.section(found, routed)
comparisons.section(found)
record.section(found, as_of)
settings.section(found, person)
shown = sharing.shown(dataset, found, up_to)
links.bar(head, "decisions", slide=lambda: sharing.slide(found, routed, shown), shown=shown)
