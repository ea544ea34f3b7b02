"""A board as the JSON object that scripts rely on, as rows for a table, and as text for a terminal."""

from typing import Any

from core.services.leaderboards.boards import Leaderboard, Standing


def leaderboard_object(board: Leaderboard, *, study: str) -> dict[str, Any]:
    """The object of ``evenhand leaderboard --json``; its fields are fixed."""
    return {
        "study": study,
        "question": board.question.key,
        "category": board.filters.category,
        "votes": board.votes,
        "raters": board.raters,
        "entries": leaderboard_rows(board),
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
    head = f"{study} · {board.question.title} · {scope} · {board.votes:,} votes by {board.raters} raters"
    if board.simulated_votes:
        head += f" ({board.simulated_votes:,} votes simulated)"
    if not board.standings:
        return f"{head}\nNo votes yet."
    width = max(len(standing.candidate) for standing in board.standings)
    lines = [
        f"{standing.rank:>3}  {standing.candidate:<{width}}  {standing.rating:7.1f}"
        f"  ({standing.lower:.1f} to {standing.upper:.1f})  {standing.votes:,} votes"
        for standing in board.standings
    ]
    return "\n".join([head, *lines, *board.board.notes])
