"""Leaderboard: which candidate raters prefer, how sure that is, and whether it is settled."""

import streamlit as st

from core.ui import board_table, leaderboard
from core.ui.shared import access, filters, frame

access.require(access.Role.ANALYST)
frame.page_head("Leaderboard", "Which candidate do raters prefer, and how sure is that?")
choice = filters.board_choice("leaderboard")
found = leaderboard.found(choice)
if not found.board.standings:
    leaderboard.nothing_yet(choice)
    st.stop()
decision, certainty = st.columns([5, 3])
with decision:
    leaderboard.answer(found)
with certainty:
    leaderboard.settled(found)
shown = leaderboard.plot(found)
board_table.table(found.board, shown)
leaderboard.method(found)
leaderboard.foot(found, choice)
