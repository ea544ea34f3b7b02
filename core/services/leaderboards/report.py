"""A board as the JSON object that scripts rely on, as rows for a table, and as text for a terminal."""

from typing import Any

from core.domain.words import n
from core.services.leaderboards.boards import Leaderboard, Standing
from core.services.leaderboards.settling import FEWEST_TO_RANK

LEAST_SAID = 1.005
"""A smaller gain than this would be said as 1.00 times the votes."""


def leaderboard_object(board: Leaderboard, *, study: str) -> dict[str, Any]:
    """The object of ``evenhand leaderboard --json``; its fields are fixed. ``judge`` only where one was named."""
    return {
        "study": study,
        "question": board.question.key,
        "category": board.filters.category,
        "votes": board.votes,
        "raters": board.raters,
        "entries": leaderboard_rows(board),
        **({} if board.judge is None else {"judge": judge_object(board)}),
    }


def judge_object(board: Leaderboard) -> dict[str, Any]:
    """What the judge did for the board: ``gain`` is how many times the votes it is worth, as measured on it.

    The correlation and the gain are null where they cannot be measured.
    """
    found, name = board.board.narrowed, "" if board.judge is None else board.judge.name
    if found is None:
        return {"name": name, "correlation": None, "gain": None, "labelled": 0, "unlabelled": 0}
    return {
        "name": name,
        "correlation": found.correlation,
        "gain": found.gain,
        "labelled": found.labelled,
        "unlabelled": found.unlabelled,
    }


def leaderboard_rows(board: Leaderboard) -> list[dict[str, Any]]:
    """One row a candidate, best first."""
    return [_row(standing) for standing in board.standings]


def _row(standing: Standing) -> dict[str, Any]:
    return {
        "candidate": standing.candidate,
        "rating": standing.rating,
        "lower": standing.lower,
        "upper": standing.upper,
        "rank": standing.rank,
        "rank_lower": standing.rank_lower,
        "rank_upper": standing.rank_upper,
        "votes": standing.votes,
        "wins": standing.wins,
        "losses": standing.losses,
        "ties": standing.ties,
        "both_bad": standing.both_bad,
    }


def leaderboard_text(board: Leaderboard, *, study: str) -> str:
    """The board as lines for a terminal."""
    scope = board.filters.category or "all categories"
    head = f"{study} · {board.question.title} · {scope} · {n(board.votes, 'vote')} by {n(board.raters, 'rater')}"
    if board.simulated_votes:
        head += f" ({board.simulated_votes:,} simulated)"
    if not board.standings:
        return f"{head}\nNo votes yet."
    width = max(len(standing.candidate) for standing in board.standings)
    lines = [
        f"{standing.rank:>3}  {standing.candidate:<{width}}  {standing.rating:7.1f}"
        f"  ({standing.lower:.1f} to {standing.upper:.1f})  {n(standing.votes, 'vote')}"
        for standing in board.standings
    ]
    if board.votes < FEWEST_TO_RANK:
        head += f"\nToo few votes to rank: {board.votes:,} of the {FEWEST_TO_RANK} it takes at least."
    return "\n".join([head, *lines, *judge_lines(board), *board.board.notes])


def judge_lines(board: Leaderboard) -> list[str]:
    """What the judge did for the board, as one sentence; none where no judge was named."""
    if board.judge is None:
        return []
    name, found = board.judge.name, board.board.narrowed
    if found is None or found.correlation is None:
        seen = 0 if found is None else found.labelled
        others = 0 if found is None else found.unlabelled
        rests = f"{n(seen, 'pair')} with votes and {n(others, 'other')} of the same kind"
        return [f"{name} narrows nothing here: it compared {rests}, too few to measure how far it agrees with raters."]
    rests = f"{n(found.labelled, 'pair')} with votes and {n(found.unlabelled, 'other')}"
    agrees = f"{name} agrees with raters to a correlation of {found.correlation:.2f} within pairs of candidates"
    if found.gain < LEAST_SAID:
        return [f"{agrees} ({rests}): it narrows nothing here, the board is that of the votes."]
    return [f"{agrees} ({rests}). With it the board is worth {found.gain:.2f} times its votes."]
