"""Responses: a prompt, what every candidate answered, and what raters said of it. Unblinded, for analysts."""

import streamlit as st

from core.ui.responses import answers, choice, page
from core.ui.shared import access, frame, links

access.require(access.Role.ANALYST)
head = frame.page_head("Responses", "What did the candidates answer, and what did raters make of it?")
chosen = choice.choice()
if chosen is None:
    links.bar(head, "responses")
    st.stop()
prompt = page.prompt(chosen.prompt)
answers.answers(prompt, chosen.response)
page.votes(chosen.prompt)
links.bar(head, "responses")
