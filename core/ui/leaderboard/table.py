"""The table below the dot plot: every candidate with its numbers."""

import streamlit as st

from core.services.leaderboards.boards import Leaderboard, Standing
from core.ui.leaderboard import words
from core.ui.shared import frame, grids


def table(board: Leaderboard, shown: frozenset[int]) -> None:
    """Every candidate with its numbers; those ``shown`` in colour by the plot are so here."""
    both_bad = board.question.answers[3]
    grids.show(
        [_row(standing, both_bad, standing.position in shown) for standing in board.standings],
        alt="Every candidate with rank, rating, interval and votes",
    )
    st.caption(
        f":material/info: **Ranks** are the best and the worst that the votes allow. **{frame.as_typed(both_bad)}** is "
        f"{_BOTH_BAD}"
    )


_BOTH_BAD = (
    "the share of a candidate's comparisons in which raters condemned both responses. It counts as half a win, so a "
    "rank does not show it: two poor responses still have a winner."
)


def _row(standing: Standing, both_bad: str, in_colour: bool) -> dict[str, object]:
    share = f"{100 * standing.both_bad / standing.votes:.1f} %" if standing.votes else "–"
    return {
        "Candidate": grids.Name(standing.candidate, standing.position, in_colour, standing.is_champion),
        "Rank": standing.rank,
        "Ranks": words.ranks(standing),
        "Rating": round(standing.rating),
        "Lower": round(standing.lower),
        "Upper": round(standing.upper),
        "Votes": standing.votes,
        "Wins": standing.wins,
        "Losses": standing.losses,
        "Ties": standing.ties,
        both_bad: share,
    }
