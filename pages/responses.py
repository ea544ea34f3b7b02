"""Responses: a prompt, what every candidate answered, and what raters said of it. Unblinded, for analysts."""

import streamlit as st

from core.ui import response_choice, responses
from core.ui.shared import access, frame

access.require(access.Role.ANALYST)
frame.page_head("Responses", "What did the candidates answer, and what did raters make of it?")
chosen = response_choice.prompt_choice()
if chosen is None:
    st.stop()
responses.prompt(chosen)
responses.answers(chosen)
responses.votes(chosen)
