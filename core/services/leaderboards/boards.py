"""Leaderboards: counts of votes in, ranked candidates with names out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session, select

from core import clock
from core.domain import ranking
from core.domain.ranking import Board, Cells, Clusters, RankingOptions
from core.errors import BadInput
from core.services.leaderboards import counts, weighted_sums, weighting
from core.services.leaderboards.counts import Basis, Counted, Filters
from core.services.leaderboards.narrowing import narrowed_basis
from core.services.leaderboards.weighting import WeightedCells
from core.storage.tables import Evaluator, PairTally, Question, metadata

__all__ = [
    "Filters",
    "Kinds",
    "Leaderboard",
    "Standing",
    "categories",
    "counted_up_to",
    "kinds",
    "kinds_of_study",
    "leaderboard",
    "questions_with_votes",
]

_pair_tally = metadata.tables["pair_tally"]
_vote = metadata.tables["vote"]
_weighted = metadata.tables["weighted_tally"]
_candidate = metadata.tables["candidate"]


@dataclass(frozen=True)
class Standing:
    """One candidate on a board. ``rating``, ``lower``, ``upper`` in Elo."""

    code: int
    """Its place in the arrays of Board."""
    candidate_id: int
    candidate: str
    position: int
    """What its colour is told by, see Candidate."""
    is_champion: bool
    rating: float
    lower: float
    upper: float
    rank: int
    rank_lower: int
    rank_upper: int
    component: int
    """See Board."""
    votes: int
    wins: int
    losses: int
    ties: int
    both_bad: int


@dataclass(frozen=True)
class Leaderboard:
    """A ranked list and what it rests on: ratings and counts are of one moment, ``as_of_vote_id``."""

    question: Question
    filters: Filters
    standings: tuple[Standing, ...]
    board: Board
    counted: Counted
    options: RankingOptions
    votes: int
    simulated_votes: int
    raters: int
    as_of_vote_id: int | None
    refreshed_at: datetime | None
    waiting: int
    """Votes cast since, not in it yet."""
    judge: Evaluator | None = None
    """The judge or other evaluator that was to narrow it."""

    @property
    def cells(self) -> Cells:
        """What the board was ranked from."""
        narrowed = self.board.narrowed
        return self.counted.cells if narrowed is None else narrowed.rectification.cells(self.counted.cells)

    @property
    def clusters(self) -> tuple[Clusters, ...]:
        """The same votes by rater and by prompt; none where they were counted plainly."""
        return self.counted.clusters


def leaderboard(
    session: Session,
    question: Question,
    filters: Filters,
    options: RankingOptions,
    judge: Evaluator | None = None,
    *,
    up_to: int | None = None,
) -> Leaderboard:
    """The board of one question. With ``options.plain`` from plain counts, else from the rater-weighted ones.

    ``judge``: the judge or evaluator whose preferences narrow it. Raises BadInput where one is named for a plain
    board, or for one without masked pairs: which of the pairs without votes would be masked is not known.
    ``up_to``: the board as it was when the vote of this id was the newest, counted anew from the votes.
    """
    if judge is None and up_to is not None:
        basis = _past_basis(session, question.id or 0, filters, up_to, plain=options.plain)
    elif judge is None:
        basis = _basis(session, question, filters, plain=options.plain)
    elif options.plain or not filters.masked:
        kind = "a plain board" if options.plain else "a board without masked pairs"
        raise BadInput(f"No judge can narrow {kind}. Leave out either.")
    else:
        basis = narrowed_basis(session, question.id or 0, filters, judge, up_to)
    board = ranking.rank(basis.counted.cells, basis.counted.clusters, options, basis.counted.judged)
    return Leaderboard(
        question=question,
        filters=filters,
        standings=_standings(board, basis.tally, _candidates(session, basis.ids)),
        board=board,
        counted=basis.counted,
        options=options,
        votes=int(basis.tally[:, 4:].sum()),
        simulated_votes=basis.simulated_votes,
        raters=basis.raters,
        as_of_vote_id=basis.as_of_vote_id,
        refreshed_at=basis.counted_at,
        waiting=_waiting(session, question.id or 0, basis.as_of_vote_id or 0),
        judge=judge,
    )


def _basis(session: Session, question: Question, filters: Filters, *, plain: bool) -> Basis:
    everything = filters.simulated and filters.masked
    weighted = weighting.load(session, question.id or 0, filters.category, merged=everything)
    cells = WeightedCells.unpacked(weighted.cells) if weighted else None
    same = None if plain else cells
    tally = counts.counts_of(same, filters) if same else counts.tally_counts(session, question, filters)
    chosen = counts.chosen(cells, filters) if cells else None
    ids = counts.candidate_ids(tally, chosen)
    return Basis(
        counted=counts.plain_counts(tally, ids) if plain or chosen is None else counts.weighted_counts(chosen, ids),
        tally=tally,
        ids=ids,
        raters=0 if chosen is None else len(chosen.raters),
        simulated_votes=_simulated_votes(tally, same if everything else None),
        as_of_vote_id=weighted.as_of_vote_id if weighted else None,
        counted_at=weighted.refreshed_at if weighted else None,
    )


def _past_basis(session: Session, question_id: int, filters: Filters, up_to: int, *, plain: bool) -> Basis:
    votes = weighted_sums.read(session, question_id, up_to)
    everything = filters.simulated and filters.masked
    here = filters.category is None or filters.category in votes.categories
    mine = votes.of(filters.category) if here else votes.kept(np.zeros(len(votes.left), dtype=bool))
    cells = WeightedCells.counted(mine, apart=not everything)
    tally, chosen = counts.counts_of(cells, filters), counts.chosen(cells, filters)
    ids = counts.candidate_ids(tally, chosen)
    return Basis(
        counted=counts.plain_counts(tally, ids) if plain else counts.weighted_counts(chosen, ids),
        tally=tally,
        ids=ids,
        raters=len(chosen.raters),
        simulated_votes=_simulated_votes(tally, cells if everything else None),
        as_of_vote_id=weighted_sums.newest(session, question_id, up_to),
        counted_at=clock.now(),
    )


def _simulated_votes(tally: NDArray[np.int64], merged: WeightedCells | None) -> int:
    """How many of the votes are simulated raters'; ``merged`` cells do not tell, but know their raters."""
    if merged is not None:
        return int(merged.raters[merged.raters[:, 2] == 1, 1].sum())
    return int(tally[tally[:, 3] == 1, 4:].sum())


def categories(session: Session, question_id: int) -> list[str]:
    """The categories the question has votes in, by the alphabet."""
    query = select(PairTally.category).where(PairTally.question_id == question_id).distinct()
    return list(session.exec(query.order_by(PairTally.category)))


def questions_with_votes(session: Session, study_id: int) -> set[int]:
    """The ids of the study's questions that somebody answered."""
    query = select(PairTally.question_id).where(PairTally.study_id == study_id).distinct()
    return set(session.exec(query))


@dataclass(frozen=True)
class Kinds:
    """Of which kinds a question has votes: by simulated raters, on pairs in which something was masked."""

    simulated: bool
    masked: bool


def kinds(session: Session, question_id: int) -> Kinds:
    """Which of the filters make a difference to the question's board."""
    return _kinds(session, _pair_tally.c.question_id == question_id)


def kinds_of_study(session: Session, study_id: int) -> Kinds:
    """Of which kinds a study has votes, whatever the question."""
    return _kinds(session, _pair_tally.c.study_id == study_id)


def _kinds(session: Session, where: sa.ColumnElement[bool]) -> Kinds:
    t = _pair_tally.c
    some = sa.select(t.question_id).where(where, t.n_left + t.n_right + t.n_tie + t.n_both_bad > 0).limit(1)
    found = [session.execute(some.where(flag.is_(True))).first() for flag in (t.simulated, t.masked)]
    return Kinds(simulated=found[0] is not None, masked=found[1] is not None)


def counted_up_to(session: Session, question_id: int) -> int:
    """The id of the last vote in the rater-weighted counts of all categories; 0 before the first count."""
    as_of = sa.select(sa.func.max(_weighted.c.as_of_vote_id)).where(_weighted.c.question_id == question_id)
    return int(session.execute(as_of).scalar_one() or 0)


def _waiting(session: Session, question_id: int, as_of: int) -> int:
    newer = sa.select(sa.func.count()).where(_vote.c.question_id == question_id, _vote.c.id > as_of)
    return int(session.execute(newer).scalar_one())


def _candidates(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, int, bool]]:
    """Id → name, position, champion, in the order of ``ids``."""
    c = _candidate.c
    query = sa.select(c.id, c.name, c.position, c.is_champion).where(c.id.in_(ids)).order_by(c.id)
    return {row.id: (row.name, row.position, row.is_champion) for row in session.execute(query)}


def _standings(
    board: Board, tally: NDArray[np.int64], candidates: dict[int, tuple[str, int, bool]]
) -> tuple[Standing, ...]:
    ids = list(candidates)
    left, right = counts.codes_of(tally[:, :2], ids).T
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
            code=entry.candidate,
            candidate_id=ids[entry.candidate],
            candidate=candidates[ids[entry.candidate]][0],
            position=candidates[ids[entry.candidate]][1],
            is_champion=candidates[ids[entry.candidate]][2],
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
