"""Leaderboard: which candidate raters prefer, how sure that is, and whether it is settled."""

import streamlit as st

from core.ui.leaderboard import behind, page, plots, sharing, table
from core.ui.shared import access, filters, frame, links

access.require(access.Role.ANALYST)
head = frame.page_head("Leaderboard", "Which candidate do raters prefer, and how sure is that?")
choice = filters.board_choice("leaderboard")
found = page.found(choice)
if not found.board.standings:
    page.nothing_yet(choice)
    links.bar(head, "leaderboard", shown=sharing.shown(found, choice))
    st.stop()
decision, certainty = st.columns([5, 3])
with decision:
    page.answer(found)
with certainty:
    page.settled(found)
coloured = plots.plot(found)
table.table(found.board, coloured)
behind.section(found.board)
page.method(found)
page.foot(found, choice)
links.bar(head, "leaderboard", slide=lambda: sharing.slide(found, choice, coloured), shown=sharing.shown(found, choice))
