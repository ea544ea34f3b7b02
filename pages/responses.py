"""Responses: a prompt, what every candidate answered, and what raters said of it. Unblinded, for analysts."""

import streamlit as st

from core.ui.responses import choice, page
from core.ui.shared import access, frame

access.require(access.Role.ANALYST)
frame.page_head("Responses", "What did the candidates answer, and what did raters make of it?")
chosen = choice.prompt_choice()
if chosen is None:
    st.stop()
page.prompt(chosen)
page.answers(chosen)
page.votes(chosen)
