"""Which candidate pair a study wants votes on next, from what its first question's votes have shown so far."""

import math
from dataclasses import dataclass
from threading import Lock

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session

from core.domain import sampling
from core.domain.ranking import RankingOptions
from core.services import boards, studies
from core.services.pools import Pool
from core.storage.tables import Study, metadata

_LOGITS_PER_ELO = math.log(10) / 400
_MOST_KEPT = 64
_pair_tally = metadata.tables["pair_tally"]
_kept: dict[tuple[object, ...], "Preference"] = {}
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


def of(session: Session, study: Study, pool: Pool) -> Preference:
    """The study's preference; computed anew when its votes have grown by a fifth."""
    assert study.id is not None
    asked = studies.questions(session, study.id, asked_only=True)
    votes = _votes(session, study.id, asked[0].id if asked else None, pool)
    total = int(votes.sum()) // 2
    step = int(math.log1p(total / 10) / math.log(1.2))
    key = (str(session.get_bind().engine.url), study.id, pool.candidates, step)
    kept = _kept.get(key)
    if kept is None:
        kept = _computed(session, study, pool, votes)
        with _lock:
            while len(_kept) >= _MOST_KEPT:
                _kept.pop(next(iter(_kept)))
            _kept[key] = kept
    return kept


def _computed(session: Session, study: Study, pool: Pool, votes: NDArray[np.int64]) -> Preference:
    k = len(pool.candidates)
    even = np.full((k, k), 0.25)
    if not votes.any():
        return Preference(None, even, votes)
    assert study.id is not None
    question = studies.questions(session, study.id, asked_only=True)[0]
    board = boards.leaderboard(session, question, boards.Filters(), RankingOptions(plain=False)).board
    place = {candidate: number for number, candidate in enumerate(pool.candidates)}
    ids = boards.candidate_ids(session, question, boards.Filters())
    chosen = [number for number, candidate in enumerate(ids) if candidate in place]
    where = np.array([place[ids[number]] for number in chosen], dtype=np.intp)
    if len(where) < k:
        return Preference(None, even, votes)
    covariance = np.zeros((k, k))
    covariance[np.ix_(where, where)] = board.covariance[np.ix_(chosen, chosen)] * _LOGITS_PER_ELO**2
    strength = np.zeros(k)
    rating = {entry.candidate: entry.rating for entry in board.entries}
    strength[where] = [rating[number] * _LOGITS_PER_ELO for number in chosen]
    p = 1 / (1 + np.exp(strength[None, :] - strength[:, None]))
    return Preference(covariance, p * (1 - p), votes)


def _votes(session: Session, study_id: int, question_id: int | None, pool: Pool) -> NDArray[np.int64]:
    t = _pair_tally.c
    total = sa.func.sum(t.n_left + t.n_right + t.n_tie + t.n_both_bad)
    query = (
        sa.select(t.left_id, t.right_id, total)
        .where(t.study_id == study_id, t.question_id == question_id)
        .group_by(t.left_id, t.right_id)
    )
    place = {candidate: number for number, candidate in enumerate(pool.candidates)}
    votes = np.zeros((len(place), len(place)), dtype=np.int64)
    for left, right, n in session.execute(query):
        if left in place and right in place:
            votes[place[left], place[right]] += n
    return votes + votes.T
