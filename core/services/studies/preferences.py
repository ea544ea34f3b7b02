"""Which candidate pair a study wants votes on next, from what its first question's votes have shown so far.

Kept in memory. Where a scheduler refreshes it beside the pages (``refresh``), no key press computes a board; without
one, whoever draws a pair does it, when the votes have grown enough to tell something new.
"""

import math
import time
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import sqlalchemy as sa
from cachetools import LRUCache
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlmodel import Session

from core.domain import sampling
from core.domain.ranking import Band, RankingOptions
from core.domain.ranking.estimate import MEAN_RATING
from core.services.leaderboards import boards
from core.services.studies import studies
from core.services.studies.pool import Pool, pool_of
from core.services.workspace import counts_simulated
from core.storage.engine import reading
from core.storage.tables import Question, Study, metadata

_LOGITS_PER_ELO = math.log(10) / 400
_MOST_KEPT = 64
_REFRESHED_WITHIN_S = 60.0
_pair_tally = metadata.tables["pair_tally"]
_kept: LRUCache[tuple[object, ...], "_Kept"] = LRUCache(_MOST_KEPT)
_refreshed_at: dict[str, float] = {}
_lock = Lock()


@dataclass(frozen=True)
class Preference:
    """What sampling needs, in the order of the pool's candidates; see domain.sampling.pair_probabilities."""

    covariance: NDArray[np.float64] | None
    weights: NDArray[np.float64]
    votes: NDArray[np.int64]

    def probabilities(self, eligible: NDArray[np.bool_]) -> NDArray[np.float64]:
        """[k, k] upper triangle: with which probability each eligible pair is drawn next."""
        return sampling.pair_probabilities(self.covariance, self.weights, self.votes, eligible=eligible)


@dataclass(frozen=True)
class _Kept:
    """``step``: how far the votes were when the preference was computed, in steps that each tell something new."""

    candidates: tuple[int, ...]
    step: object
    preference: Preference


def of(session: Session, study: Study, pool: Pool) -> Preference:
    """The study's preference, in the order of the pool's candidates; computed here only where nobody else does it."""
    database = str(session.get_bind().engine.url)
    with _lock:
        kept = _kept.get((database, study.id))
    is_refreshed = time.monotonic() - _refreshed_at.get(database, -math.inf) < _REFRESHED_WITHIN_S
    if kept is None or not is_refreshed:
        kept = _up_to_date(session, study, pool)
    return _reordered(kept, pool.candidates)


def refresh(engine: Engine) -> None:
    """Bring the pool and the preference of every open study up to date: what a key press then finds in memory."""
    with reading(engine) as session:
        for study in studies.listed(session):
            if study.state == "open" and (pool := pool_of(session, study)).pairs:
                _up_to_date(session, study, pool)
    _refreshed_at[str(engine.url)] = time.monotonic()


def _up_to_date(session: Session, study: Study, pool: Pool) -> _Kept:
    """Kept until the votes grow by a fifth or the least known candidate's double."""
    assert study.id is not None
    asked = studies.questions(session, study.id, asked_only=True)
    question = asked[0] if asked else None
    simulated = counts_simulated(session)
    votes = _votes(session, study.id, question.id if question else None, pool, simulated=simulated)
    total = int(votes.sum()) // 2
    fewest = int(votes.sum(axis=1).min()) if votes.size else 0
    step = (int(math.log1p(total / 10) / math.log(1.2)), fewest.bit_length(), question and question.id, simulated)
    key = (str(session.get_bind().engine.url), study.id)
    with _lock:
        kept = _kept.get(key)
    if kept is None or kept.candidates != pool.candidates or kept.step != step:
        preference = _computed(session, question, pool, votes, boards.Filters(simulated=simulated))
        kept = _Kept(pool.candidates, step, preference)
        with _lock:
            _kept[key] = kept
    return kept


def _reordered(kept: _Kept, candidates: tuple[int, ...]) -> Preference:
    """The preference for these candidates: one that is new has no votes yet, so it is linked to the others first."""
    if kept.candidates == candidates:
        return kept.preference
    place = {candidate: number for number, candidate in enumerate(kept.candidates)}
    old = [place[candidate] for candidate in candidates if candidate in place]
    new = [number for number, candidate in enumerate(candidates) if candidate in place]
    k, before = len(candidates), kept.preference

    def taken(whole: NDArray[Any], otherwise: float) -> NDArray[Any]:
        found = np.full((k, k), otherwise, dtype=whole.dtype)
        found[np.ix_(new, new)] = whole[np.ix_(old, old)]
        return found

    covariance = None if before.covariance is None else taken(before.covariance, 0.0)
    return Preference(covariance, taken(before.weights, 0.25), taken(before.votes, 0))


def _computed(
    session: Session, question: Question | None, pool: Pool, votes: NDArray[np.int64], filters: boards.Filters
) -> Preference:
    k = len(pool.candidates)
    if question is None or not votes.any():
        return Preference(None, np.full((k, k), 0.25), votes)
    board = boards.leaderboard(session, question, filters, RankingOptions(band=Band.FIXED))
    rating = {standing.candidate_id: standing.rating for standing in board.standings}
    strength = np.array([rating.get(candidate, MEAN_RATING) for candidate in pool.candidates]) * _LOGITS_PER_ELO
    p = 1 / (1 + np.exp(strength[None, :] - strength[:, None]))
    weights = p * (1 - p)
    return Preference(_covariance(votes * weights), weights, votes)


def _covariance(information: NDArray[np.float64]) -> NDArray[np.float64]:
    """The pseudo-inverse of the Bradley-Terry information, in logits², from its sum per pair [k, k]."""
    return np.asarray(np.linalg.pinv(np.diag(information.sum(axis=1)) - information, hermitian=True))


def _votes(
    session: Session, study_id: int, question_id: int | None, pool: Pool, *, simulated: bool
) -> NDArray[np.int64]:
    t = _pair_tally.c
    total = sa.func.sum(t.n_left + t.n_right + t.n_tie + t.n_both_bad)
    query = (
        sa.select(t.left_id, t.right_id, total)
        .where(t.study_id == study_id, t.question_id == question_id)
        .group_by(t.left_id, t.right_id)
    )
    if not simulated:
        query = query.where(t.simulated.is_(False))
    place = {candidate: number for number, candidate in enumerate(pool.candidates)}
    votes = np.zeros((len(place), len(place)), dtype=np.int64)
    for left, right, n in session.execute(query):
        if left in place and right in place:
            votes[place[left], place[right]] += n
    return votes + votes.T
