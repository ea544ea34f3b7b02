"""The table below the dot plot: every candidate with its numbers."""

import pandas as pd
import streamlit as st

from core.services.boards import Leaderboard, Standing
from core.ui import board_words, colours, frame


def table(board: Leaderboard, shown: frozenset[int]) -> None:
    """Every candidate with its numbers; those ``shown`` in colour by the plot are so here."""
    both_bad = board.question.answers[3]
    rows = pd.DataFrame([_row(standing, both_bad) for standing in board.standings])
    hues = [colours.colour(s.position) if s.position in shown else colours.ink().grey for s in board.standings]
    styled = rows.style.apply(lambda _column: [f"color: {hue}" for hue in hues], subset=[" "])
    number = st.column_config.NumberColumn
    st.dataframe(
        styled,
        hide_index=True,
        height="content" if len(rows) <= 12 else 460,
        column_config={
            " ": st.column_config.TextColumn(" ", width=32),
            "Candidate": st.column_config.TextColumn("Candidate", width=_name_width(board)),
            "Ranks": st.column_config.TextColumn("Ranks", help="The best and the worst rank that the votes allow."),
            "Rating": number("Rating", format="%,d"),
            "Lower": number("Lower", format="%,d"),
            "Upper": number("Upper", format="%,d"),
            **{name: number(name, format="localized") for name in ("Votes", "Wins", "Losses", "Ties")},
            both_bad: number(both_bad, format="%.1f %%", help=_BOTH_BAD),
        },
        alt="Every candidate with rank, rating, interval and votes",
    )
    st.caption(f":material/info: **{frame.as_typed(both_bad)}**: {_BOTH_BAD}")


def _name_width(board: Leaderboard) -> int:
    """Pixels: as wide as the names, and on a phone still room for a number beside them."""
    longest = max(len(_name(standing)) for standing in board.standings)
    return min(24 + 7 * longest, 210)


def _name(standing: Standing) -> str:
    return f"{standing.candidate} · champion" if standing.is_champion else standing.candidate


_BOTH_BAD = (
    "the share of a candidate's comparisons in which raters condemned both responses. It counts as half a win, so a "
    "rank does not show it: two poor responses still have a winner."
)


def _row(standing: Standing, both_bad: str) -> dict[str, object]:
    return {
        "Candidate": _name(standing),
        " ": colours.sign(standing.position),
        "Rank": standing.rank,
        "Ranks": board_words.ranks(standing),
        "Rating": round(standing.rating),
        "Lower": round(standing.lower),
        "Upper": round(standing.upper),
        "Votes": standing.votes,
        "Wins": standing.wins,
        "Losses": standing.losses,
        "Ties": standing.ties,
        both_bad: 100 * standing.both_bad / standing.votes if standing.votes else None,
    }
