"""Which candidate pair a study wants votes on next, from what its first question's votes have shown so far."""

import math
from dataclasses import dataclass
from threading import Lock

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session

from core.domain import sampling
from core.domain.ranking import Band, RankingOptions
from core.domain.ranking.estimate import MEAN_RATING
from core.services import boards, studies
from core.services.pools import Pool
from core.services.workspace_settings import counts_simulated
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
    """The study's preference, kept until its votes grow by a fifth or the least known candidate's double."""
    assert study.id is not None
    asked = studies.questions(session, study.id, asked_only=True)
    simulated = counts_simulated(session)
    votes = _votes(session, study.id, asked[0].id if asked else None, pool, simulated=simulated)
    total = int(votes.sum()) // 2
    fewest = int(votes.sum(axis=1).min()) if votes.size else 0
    step = (int(math.log1p(total / 10) / math.log(1.2)), fewest.bit_length())
    key = (str(session.get_bind().engine.url), study.id, pool.candidates, step, simulated)
    kept = _kept.get(key)
    if kept is None:
        kept = _computed(session, study, pool, votes, boards.Filters(simulated=simulated))
        with _lock:
            while len(_kept) >= _MOST_KEPT:
                _kept.pop(next(iter(_kept)))
            _kept[key] = kept
    return kept


def _computed(
    session: Session, study: Study, pool: Pool, votes: NDArray[np.int64], filters: boards.Filters
) -> Preference:
    k = len(pool.candidates)
    if not votes.any():
        return Preference(None, np.full((k, k), 0.25), votes)
    assert study.id is not None
    question = studies.questions(session, study.id, asked_only=True)[0]
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
