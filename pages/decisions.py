"""Decisions: what the evidence allows to do about the champion, and what people decided. For analysts."""

import streamlit as st

from core.ui.decisions import comparisons, page, record, settings, taking
from core.ui.shared import access, doing, frame

person = access.require(access.Role.ANALYST)
doing.tell()
frame.page_head("Decisions", "Should our users get another model, how sure is that, and what would it save?")
dataset = page.chosen_dataset()
if dataset is None:
    st.stop()
as_of = page.stamp(dataset)
found = page.found(dataset, as_of)
if not found.verdicts:
    page.nothing_yet(dataset)
    st.stop()
page.over_all(found)
taking.buttons(found)
page.by_category(found)
comparisons.section(found)
record.section(dataset, as_of)
settings.section(found, person)
