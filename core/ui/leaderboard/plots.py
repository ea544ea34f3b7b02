"""The dot plot of the Leaderboard page, and which candidates it shows in colour."""

import streamlit as st

from core.services.leaderboards.boards import Leaderboard, Standing
from core.ui.leaderboard import words
from core.ui.leaderboard.page import Found
from core.ui.shared import charts, colours
from core.ui.shared.filters import candidates_choice, say_gone


def plot(found: Found) -> frozenset[int]:
    """The dot plot, one for each group of candidates that the votes connect; returns which are in colour."""
    board = found.board
    shown = colours.coloured([s.position for s in board.standings], _highlighted(board))
    if not found.is_ranked:
        return shown
    for number in range(len(found.verdicts)):
        group = [s for s in board.standings if s.component == number]
        if len(found.verdicts) > 1:
            st.markdown(f"**Group {number + 1}**")
        charts.dot_plot(
            dots(group, shown),
            unit=unit(board),
            alt=_alt(group),
            key=f"leaderboard_ratings-{number}",
            reference=1000,
        )
    if any(standing.rank_lower > 1 for standing in board.standings):
        st.caption("Filled: could be the best. Hollow: another candidate is clearly better.")
    return shown


def dots(group: list[Standing], shown: frozenset[int]) -> list[charts.Dot]:
    """The lines of a plot of one group; those ``shown`` in colour."""
    return [_dot(standing, shown) for standing in group]


def unit(board: Leaderboard) -> str:
    """What the plot's axis shows."""
    return f"rating (Elo, mean 1,000) with {100 * board.options.level:.0f} % interval"


def _highlighted(board: Leaderboard) -> set[int]:
    if len(board.standings) <= colours.MOST_COLOURED:
        return set()
    position = {standing.candidate: standing.position for standing in board.standings}
    ids = {standing.candidate: standing.candidate_id for standing in board.standings}
    names = candidates_choice("leaderboard", ids, label="In colour", placeholder="The first ones; choose up to eight")
    say_gone()
    return {position[name] for name in names}


def _dot(standing: Standing, shown: frozenset[int]) -> charts.Dot:
    return charts.Dot(
        name=standing.candidate,
        value=standing.rating,
        lower=standing.lower,
        upper=standing.upper,
        position=standing.position,
        in_colour=standing.position in shown,
        filled=standing.rank_lower == 1,
        detail=f"rank {words.ranks(standing)}, {standing.votes:,} votes",
    )


def _alt(group: list[Standing]) -> str:
    best = "; ".join(f"{s.candidate} {s.rating:.0f}, {s.lower:.0f} to {s.upper:.0f}" for s in group[:5])
    more = f"; and {len(group) - 5} more" if len(group) > 5 else ""
    return f"Ratings with intervals, best first: {best}{more}"
