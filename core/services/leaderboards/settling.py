"""A board put into words and odds: who leads, whom it beats, and what could still change that."""

from dataclasses import dataclass

from sqlmodel import Session

from core.domain import ranking
from core.services.leaderboards.boards import Leaderboard, Standing
from core.storage.tables import Person

LEVEL_ELO = 0.5
FEWEST_TO_RANK = 20
"""Votes below which a board puts nobody in order: any single one would turn it over."""


@dataclass(frozen=True)
class LeadVerdict:
    """Who leads one group of connected candidates."""

    leader: Standing
    ahead_of: tuple[Standing, ...]
    """Those the leader is clearly better than."""
    level_with: tuple[Standing, ...]
    """The others, best first."""
    all_level: bool
    """No two ratings of the group differ."""


@dataclass(frozen=True)
class Settling:
    """How settled the lead on a board is (of its largest group); None where it cannot be said."""

    leader: str
    probability_best: float
    """0 … 1."""
    clearly_best: bool
    votes_needed: int | None
    """About how many more votes until it is clearly best."""
    survives_any_rater: bool | None
    deciding_rater: str | None
    """Without whom somebody else leads, None where several raters share a bucket."""
    raters_left_out: int
    """How many raters were left out at a time, at most."""
    survives_worst_percent: bool | None


def verdicts(board: Leaderboard) -> list[LeadVerdict]:
    """One verdict for each group that the votes connect, the largest group first; none without votes."""
    groups: dict[int, list[Standing]] = {}
    for standing in board.standings:
        groups.setdefault(standing.component, []).append(standing)
    return [_verdict(board, group) for group in groups.values()]


def _verdict(board: Leaderboard, group: list[Standing]) -> LeadVerdict:
    leader, *others = group
    better = board.board.clearly_better[leader.code]
    return LeadVerdict(
        leader=leader,
        ahead_of=tuple(other for other in others if better[other.code]),
        level_with=tuple(other for other in others if not better[other.code]),
        all_level=leader.rating - min(standing.rating for standing in group) < LEVEL_ELO,
    )


def settling(session: Session, board: Leaderboard) -> Settling | None:
    """How settled the board is; None without votes."""
    if not board.standings:
        return None
    counted = board.counted
    found = ranking.settled(counted.cells, counted.clusters[0] if counted.clusters else None, board.board)
    names = {standing.code: standing.candidate for standing in board.standings}
    return Settling(
        leader=names[found.leader],
        probability_best=found.probability_best,
        clearly_best=found.clearly_best,
        votes_needed=_in_votes(found.votes_needed, board),
        survives_any_rater=found.survives_any_rater,
        deciding_rater=_rater(session, board, found.deciding_rater),
        raters_left_out=_left_out(board),
        survives_worst_percent=found.survives_worst_percent,
    )


def _in_votes(weighted: int | None, board: Leaderboard) -> int | None:
    """Weighted votes as votes that raters like these would have to cast."""
    total = float(board.cells.total.sum())
    return None if weighted is None or not total else round(weighted * board.votes / total)


def _left_out(board: Leaderboard) -> int:
    groups = len(board.counted.rater_keys)
    return -(-board.raters // groups) if groups else 0


def _rater(session: Session, board: Leaderboard, cluster: int | None) -> str | None:
    if cluster is None or board.counted.shares_buckets:
        return None
    person = session.get(Person, board.counted.rater_keys[cluster])
    return person.name if person else None
