"""The votes of a study as arrays: what is told of its raters is computed from these."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session

from core.domain.agreement import flagged, preference
from core.domain.votes import Outcome
from core.services.leaderboards.tallies import is_current, is_simulated
from core.storage.tables import metadata

MOST_VOTES = 50_000
NOT_TIMED = -1

_vote = metadata.tables["vote"]
_person = metadata.tables["person"]
_PREFERENCE = np.array([preference(outcome, first_is_left=True) for outcome in Outcome])
_FLAGGED = np.array([flagged(outcome) for outcome in Outcome])

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class RaterVotes:
    """Standing votes as columns, one entry a vote, oldest first."""

    question: Ints
    rater: Ints
    pair: Ints
    """A code of prompt and candidates, whatever the sides."""
    outcome: Ints
    preferred: Ints
    """−1 the candidate with the smaller id, 0 neither, +1 the other."""
    condemned: Flags
    """Both were called bad."""
    too_fast: Flags
    time_ms: Ints
    """NOT_TIMED where it is not known."""
    is_capped: bool

    def __len__(self) -> int:
        return len(self.question)

    def kept(self, keep: Flags | Ints) -> "RaterVotes":
        """Some of them: a mask or places."""
        columns = {name: column[keep] for name, column in vars(self).items() if name != "is_capped"}
        return RaterVotes(**columns, is_capped=self.is_capped)

    def once_each(self) -> "RaterVotes":
        """Each rater's last vote on each question of each pair."""
        _, last = np.unique(joint_code(self.question, self.rater, self.pair)[::-1], return_index=True)
        return self.kept(np.sort(len(self) - 1 - last))


def joint_code(*columns: Ints) -> Ints:
    """[n] one code 0, 1, … for each combination of values that the columns [n] have together."""
    code = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        names, place = np.unique(column, return_inverse=True)
        _, code = np.unique(code * max(len(names), 1) + place, return_inverse=True)
    return code.astype(np.int64)


def read(session: Session, question_ids: Sequence[int], *, simulated: bool) -> RaterVotes:
    """The newest votes of each question, at most MOST_VOTES of each; without ``simulated``, of people only."""
    rows: list[tuple[int, ...]] = []
    capped = False
    for question_id in question_ids:
        oldest = _cut(session, question_id)
        capped = capped or oldest > 0
        rows += [tuple(row) for row in session.execute(_query(question_id, oldest, simulated=simulated))]
    table = np.array(rows, dtype=np.int64).reshape(-1, 9)
    table = table[np.argsort(table[:, 0], kind="stable")]
    left, right, outcome = table[:, 4], table[:, 5], table[:, 6]
    return RaterVotes(
        question=table[:, 1],
        rater=table[:, 2],
        pair=joint_code(table[:, 3], np.minimum(left, right), np.maximum(left, right)),
        outcome=outcome,
        preferred=np.where(left < right, _PREFERENCE[outcome], -_PREFERENCE[outcome]),
        condemned=_FLAGGED[outcome],
        too_fast=table[:, 7] == 1,
        time_ms=table[:, 8],
        is_capped=capped,
    )


def _cut(session: Session, question_id: int) -> int:
    """The id up to which votes are left out; 0 where all are read."""
    ids = sa.select(_vote.c.id).where(_vote.c.question_id == question_id).order_by(_vote.c.id.desc())
    return int(session.execute(ids.offset(MOST_VOTES).limit(1)).scalar() or 0)


def _query(question_id: int, oldest: int, *, simulated: bool) -> sa.Select[tuple[int, ...]]:
    v = _vote.c
    sides = [v.left_candidate_id, v.right_candidate_id]
    fast, time = sa.case((v.too_fast, 1), else_=0), sa.func.coalesce(v.time_on_pair_ms, NOT_TIMED)
    query = (
        sa.select(v.id, v.question_id, v.rater_id, v.prompt_id, *sides, v.outcome, fast, time)
        .select_from(_vote.join(_person, _person.c.id == v.rater_id))
        .where(v.question_id == question_id, v.id > oldest, is_current())
    )
    return query if simulated else query.where(~is_simulated())
