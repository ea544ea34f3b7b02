"""The script of every rerun: who is it, which pages may they see, the frame, the page."""

import streamlit as st

from core.ui.alerts import badge
from core.ui.runs import re_evaluate
from core.ui.shared import access, arriving, frame, navigation, of_demo, signing_out

st.set_page_config(page_title="Evenhand", page_icon=frame.MARK, layout="wide")
frame.mark()
person = access.require_somebody()
access.forget_others(person)
role = access.Role.of(person.role)
page = navigation.page_of(role)
frame.style(page.url_path)
arriving.note_page(page.url_path)
if role > access.Role.RATER:
    badge.in_sidebar(page.url_path)
    re_evaluate.in_sidebar(person, page.url_path)
    signing_out.foot(person)
with of_demo.said(page.url_path):
    page.run()
if role is access.Role.RATER and page.url_path == "my_votes":
    signing_out.foot(person)
