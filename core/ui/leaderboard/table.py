"""The table below the dot plot: every candidate with its numbers."""

from functools import partial

import streamlit as st

from core.domain.words import shares
from core.services.leaderboards.boards import Leaderboard, Standing
from core.services.leaderboards.settling import FEWEST_TO_RANK
from core.ui.leaderboard import behind, words
from core.ui.shared import access, frame, grids

_KEY = "leaderboard_numbers"


def table(board: Leaderboard, shown: frozenset[int]) -> None:
    """Every candidate with its numbers, which lead to their votes; in colour those ``shown`` so by the plot."""
    both_bad, is_ranked = board.question.answers[3], board.votes >= FEWEST_TO_RANK
    listed = rows(board, shown)
    grids.choosable(
        listed,
        alt="Every candidate with rank, rating, interval and votes",
        key=_KEY,
        on_choose=access.guarded(access.Role.ANALYST)(partial(_chosen, board, listed)),
    )
    st.caption(f":material/info: {_RANKS if is_ranked else ''}**{frame.as_typed(both_bad)}** is {_BOTH_BAD}")


def _chosen(board: Leaderboard, listed: list[dict[str, object]]) -> None:
    cell = grids.chosen(_KEY, listed)
    if cell is not None:
        row, column = cell
        behind.choose(board, column, board.standings[row].candidate)


def rows(board: Leaderboard, shown: frozenset[int] = frozenset()) -> list[dict[str, object]]:
    """A row for each candidate, best first."""
    both_bad, is_ranked = board.question.answers[3], board.votes >= FEWEST_TO_RANK
    poor = shares([(standing.both_bad, standing.votes) for standing in board.standings])
    return [
        _row(standing, standing.position in shown, is_ranked=is_ranked) | {both_bad: share}
        for standing, share in zip(board.standings, poor, strict=True)
    ]


_RANKS = "**Ranks** are the best and the worst that the votes allow. "
_BOTH_BAD = (
    "the share of a candidate's comparisons in which raters condemned both responses. It counts as half a win, so a "
    "rank does not show it: two poor responses still have a winner."
)


def _row(standing: Standing, in_colour: bool, *, is_ranked: bool) -> dict[str, object]:
    ranked = {
        "Rating": round(standing.rating),
        "Lower": round(standing.lower),
        "Upper": round(standing.upper),
        "Rank": standing.rank,
        "Ranks": words.ranks(standing),
    }
    return {
        "Candidate": grids.Name(standing.candidate, standing.position, in_colour, standing.is_champion),
        **(ranked if is_ranked else {}),
        "Votes": standing.votes,
        "Wins": standing.wins,
        "Losses": standing.losses,
        "Ties": standing.ties,
    }
