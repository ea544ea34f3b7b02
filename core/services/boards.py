"""Leaderboards: counts of votes in, ranked candidates with names out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session, col, select

from core.domain import ranking
from core.domain.ranking import Board, Cells, Clusters, RankingOptions
from core.services import weighting
from core.services.weighting import WeightedCells
from core.storage.tables import Candidate, PairTally, Question, metadata

_pair_tally = metadata.tables["pair_tally"]
_vote = metadata.tables["vote"]


@dataclass(frozen=True)
class Filters:
    """Which votes count: of one category or all, with simulated raters or not, with masked pairs or not."""

    category: str | None = None
    simulated: bool = True
    masked: bool = True


@dataclass(frozen=True)
class Standing:
    """One candidate on a board. ``rating``, ``lower``, ``upper`` in Elo; ``component``: see Board."""

    candidate_id: int
    candidate: str
    rating: float
    lower: float
    upper: float
    rank: int
    rank_lower: int
    rank_upper: int
    component: int
    votes: int
    wins: int
    losses: int
    ties: int
    both_bad: int


@dataclass(frozen=True)
class Leaderboard:
    """A ranked list and what it rests on. ``waiting``: votes cast since ``as_of_vote_id``, not in it yet."""

    question: Question
    filters: Filters
    standings: tuple[Standing, ...]
    board: Board
    cells: Cells
    clusters: tuple[Clusters, ...]
    options: RankingOptions
    votes: int
    simulated_votes: int
    raters: int
    as_of_vote_id: int | None
    refreshed_at: datetime | None
    waiting: int


def leaderboard(session: Session, question: Question, filters: Filters, options: RankingOptions) -> Leaderboard:
    """The board of one question. With ``options.plain`` from plain counts, else from the rater-weighted ones."""
    assert question.id is not None
    tally = _counts(session, question, filters)
    weighted = weighting.load(session, question.id, filters.category)
    chosen = _chosen(WeightedCells.unpacked(weighted.cells), filters) if weighted else None
    names = _names(session, tally)
    cells, clusters = (None, ()) if chosen is None else _weighted_counts(chosen, list(names))
    if options.plain or cells is None:
        cells, clusters = _plain_counts(tally, list(names)), ()
    board = ranking.rank(cells, clusters, options)
    return Leaderboard(
        question=question,
        filters=filters,
        standings=_standings(board, tally, names),
        board=board,
        cells=cells,
        clusters=clusters,
        options=options,
        votes=int(tally[:, 4:].sum()),
        simulated_votes=int(tally[tally[:, 3] == 1, 4:].sum()),
        raters=0 if chosen is None else len(chosen.raters),
        as_of_vote_id=weighted.as_of_vote_id if weighted else None,
        refreshed_at=weighted.refreshed_at if weighted else None,
        waiting=_waiting(session, question.id, weighted.as_of_vote_id if weighted else 0),
    )


def candidate_ids(session: Session, question: Question, filters: Filters) -> list[int]:
    """The ids of the candidates with votes, in the order of the board's candidate codes."""
    return list(_names(session, _counts(session, question, filters)))


def categories(session: Session, question_id: int) -> list[str]:
    """The categories the question has votes in, by the alphabet."""
    query = select(PairTally.category).where(PairTally.question_id == question_id).distinct()
    return list(session.exec(query.order_by(PairTally.category)))


def _waiting(session: Session, question_id: int, as_of: int) -> int:
    newer = sa.select(sa.func.count()).where(_vote.c.question_id == question_id, _vote.c.id > as_of)
    return int(session.execute(newer).scalar_one())


def _counts(session: Session, question: Question, filters: Filters) -> NDArray[np.int64]:
    """[m, 8]: left id, right id, length bin, simulated, then votes by Outcome."""
    t = _pair_tally.c
    keys = [t.left_id, t.right_id, t.length_bin, sa.case((t.simulated, 1), else_=0)]
    sums = [sa.func.sum(counter) for counter in (t.n_left, t.n_right, t.n_tie, t.n_both_bad)]
    query = sa.select(*keys, *sums).where(t.study_id == question.study_id, t.question_id == question.id)
    if filters.category is not None:
        query = query.where(t.category == filters.category)
    if not filters.simulated:
        query = query.where(t.simulated.is_(False))
    if not filters.masked:
        query = query.where(t.masked.is_(False))
    numbers: list[sa.ColumnElement[int]] = [sa.literal_column(str(n)) for n in range(1, len(keys) + 1)]
    rows = [tuple(row) for row in session.execute(query.group_by(*numbers))]
    counts = np.array(rows, dtype=np.int64).reshape(-1, 8)
    return np.asarray(counts[counts[:, 4:].sum(axis=1) > 0])


def _names(session: Session, tally: NDArray[np.int64]) -> dict[int, str]:
    """Candidate id → name of those with votes; their order is the ranking's code."""
    ids = sorted({*tally[:, 0].tolist(), *tally[:, 1].tolist()})
    query = select(Candidate.id, Candidate.name).where(col(Candidate.id).in_(ids)).order_by(col(Candidate.id))
    return {row[0]: row[1] for row in session.exec(query) if row[0] is not None}


def _plain_counts(tally: NDArray[np.int64], ids: Sequence[int]) -> Cells:
    codes = _codes(tally[:, :2], ids)
    weight = tally[:, 4:].astype(np.float64)
    return Cells(len(ids), codes[:, 0], codes[:, 1], tally[:, 2].astype(np.intp), weight, weight)


def _codes(candidate_ids: NDArray[np.int64], ids: Sequence[int]) -> NDArray[np.intp]:
    return np.searchsorted(np.asarray(ids, dtype=np.int64), candidate_ids).astype(np.intp)


def _chosen(cells: WeightedCells, filters: Filters) -> WeightedCells:
    keep = np.ones(len(cells.cell), dtype=bool)
    if not filters.masked:
        keep &= cells.cell[:, 3] == 0
    if not filters.simulated:
        keep &= cells.cell[:, 4] == 0
    if keep.all():
        return cells
    place = np.cumsum(keep) - 1
    rater_keep, prompt_keep = keep[cells.rater_key[:, 1]], keep[cells.prompt_key[:, 1]]
    raters = cells.raters if filters.simulated else cells.raters[cells.raters[:, 2] == 0]
    return WeightedCells(
        cell=cells.cell[keep],
        weight=cells.weight[keep],
        weight_squared=cells.weight_squared[keep],
        rater_key=_moved(cells.rater_key[rater_keep], place),
        rater_sum=cells.rater_sum[rater_keep],
        prompt_key=_moved(cells.prompt_key[prompt_keep], place),
        prompt_sum=cells.prompt_sum[prompt_keep],
        raters=raters,
    )


def _moved(key: NDArray[np.int64], place: NDArray[np.intp]) -> NDArray[np.int64]:
    return np.stack([key[:, 0], place[key[:, 1]]], axis=1)


def _weighted_counts(chosen: WeightedCells, ids: Sequence[int]) -> tuple[Cells, tuple[Clusters, ...]]:
    codes = _codes(chosen.cell[:, :2], ids)
    cells = Cells(
        len(ids),
        codes[:, 0],
        codes[:, 1],
        chosen.cell[:, 2].astype(np.intp),
        chosen.weight,
        chosen.weight_squared,
    )
    return cells, (
        _clusters(chosen.rater_key, chosen.rater_sum),
        _clusters(chosen.prompt_key, chosen.prompt_sum),
    )


def _clusters(key: NDArray[np.int64], sums: NDArray[np.float64]) -> Clusters:
    names, cluster = np.unique(key[:, 0], return_inverse=True)
    return Clusters(len(names), cluster.astype(np.intp), key[:, 1].astype(np.intp), sums[:, 0], sums[:, 1])


def _standings(board: Board, tally: NDArray[np.int64], names: dict[int, str]) -> tuple[Standing, ...]:
    ids = list(names)
    left, right = _codes(tally[:, :2], ids).T
    outcomes = tally[:, 4:]

    def per_candidate(of_left: NDArray[np.int64], of_right: NDArray[np.int64]) -> NDArray[np.int64]:
        total = np.bincount(left, of_left, len(ids)) + np.bincount(right, of_right, len(ids))
        return np.asarray(total, dtype=np.int64)

    wins = per_candidate(outcomes[:, 0], outcomes[:, 1])
    losses = per_candidate(outcomes[:, 1], outcomes[:, 0])
    ties = per_candidate(outcomes[:, 2], outcomes[:, 2])
    both_bad = per_candidate(outcomes[:, 3], outcomes[:, 3])
    return tuple(
        Standing(
            candidate_id=ids[entry.candidate],
            candidate=names[ids[entry.candidate]],
            rating=entry.rating,
            lower=entry.lower,
            upper=entry.upper,
            rank=entry.rank,
            rank_lower=entry.rank_lower,
            rank_upper=entry.rank_upper,
            component=entry.component,
            votes=int((wins + losses + ties + both_bad)[entry.candidate]),
            wins=int(wins[entry.candidate]),
            losses=int(losses[entry.candidate]),
            ties=int(ties[entry.candidate]),
            both_bad=int(both_bad[entry.candidate]),
        )
        for entry in board.entries
    )
