"""A question's votes as columns, and the sums over them that the rater-weighted counts are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session

from core.domain.ranking import rater_weight
from core.domain.ranking.counts import WIN_OF_OUTCOME
from core.domain.votes import TOO_FAST_WEIGHT, Outcome
from core.services.leaderboards.tallies import is_current
from core.storage.tables import metadata

MOST_CLUSTERS = 64
FEW_CLUSTERS = 16
MOST_SUMS = 50_000
_AT_ONCE = 20_000

_vote = metadata.tables["vote"]
_prompt = metadata.tables["prompt"]
_person = metadata.tables["person"]
_assignment = metadata.tables["assignment"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class VoteColumns:
    """The votes of one question that stand, as arrays [n] of equal length.

    ``category``: codes into ``categories``, which are in order of the alphabet.
    """

    categories: tuple[str, ...]
    category: Ints
    prompt: Ints
    rater: Ints
    left: Ints
    right: Ints
    length_bin: Ints
    masked: Ints
    simulated: Ints
    outcome: Ints
    weight: Floats
    """1/(1 + 0.02 (n − 1)) for a rater of n votes, less where cast faster than reading allows."""

    def of(self, category: str | None) -> "VoteColumns":
        """The votes on prompts of one category; all of them without one."""
        return self if category is None else self.kept(self.category == self.categories.index(category))

    def kept(self, mine: NDArray[np.bool_]) -> "VoteColumns":
        """Some of the votes, by a mask [n]."""
        columns = {name: column[mine] for name, column in vars(self).items() if name != "categories"}
        return VoteColumns(categories=self.categories, **columns)

    @property
    def present(self) -> list[str]:
        """The categories that have votes."""
        return [self.categories[code] for code in np.unique(self.category)]


def read(session: Session, question_id: int, up_to: int | None = None) -> VoteColumns:
    """The question's standing votes; streamed, so that they are never all here as Python objects.

    ``up_to``: those that stood when the vote of this id was the newest.
    """
    return _columns(session, _read(session, question_id, [], _vote, up_to))


def newest(session: Session, question_id: int, up_to: int | None = None) -> int | None:
    """The id of the question's newest vote, or of its newest up to one; None without votes."""
    mine = _vote.c.question_id == question_id
    here = mine if up_to is None else mine & (_vote.c.id <= up_to)
    found: int | None = session.execute(sa.select(sa.func.max(_vote.c.id)).where(here)).scalar()
    return found


def read_with_responses(session: Session, question_id: int, up_to: int | None = None) -> tuple[VoteColumns, Ints, Ints]:
    """As ``read``, and [n] the ids of the responses shown left and right; 0 where a vote does not say (imported)."""
    sides = [sa.func.coalesce(side, 0) for side in (_assignment.c.left_response_id, _assignment.c.right_response_id)]
    given = _vote.outerjoin(_assignment, _assignment.c.id == _vote.c.assignment_id)
    table = _read(session, question_id, sides, given, up_to)
    return _columns(session, table[:-2]), table[-2], table[-1]


def _read(
    session: Session,
    question_id: int,
    more: Sequence[sa.ColumnElement[Any]],
    source: sa.FromClause,
    up_to: int | None,
) -> Ints:
    """[columns, n]."""
    flags = (_vote.c.masked, _vote.c.too_fast)
    plain = (_vote.c.prompt_id, _vote.c.rater_id, _vote.c.left_candidate_id, _vote.c.right_candidate_id)
    columns = [*plain, _vote.c.length_bin, _vote.c.outcome, *(sa.case((flag, 1), else_=0) for flag in flags), *more]
    query = sa.select(*columns).select_from(source).where(_vote.c.question_id == question_id, is_current(up_to))
    rows = session.connection().execute(query, execution_options={"yield_per": _AT_ONCE})
    parts = [np.fromiter(chain.from_iterable(part), dtype=np.int64) for part in rows.partitions()]
    table = np.concatenate([np.zeros(0, np.int64), *parts]).reshape(-1, len(columns))
    return np.ascontiguousarray(table.T)


def _columns(session: Session, table: Ints) -> VoteColumns:
    prompt, rater, left, right, length_bin, outcome, masked, too_fast = table
    categories, category = categories_of(session, prompt)
    _, who, votes = np.unique(rater, return_inverse=True, return_counts=True)
    simulated = sa.select(_person.c.id).where(_person.c.kind == "simulated")
    return VoteColumns(
        categories=categories,
        category=category,
        prompt=prompt,
        rater=rater,
        left=left,
        right=right,
        length_bin=length_bin,
        masked=masked,
        simulated=np.isin(rater, session.execute(simulated).scalars().all()).astype(np.int64),
        outcome=outcome,
        weight=rater_weight(votes)[who] * np.where(too_fast == 1, TOO_FAST_WEIGHT, 1.0),
    )


def categories_of(session: Session, prompt: Ints) -> tuple[tuple[str, ...], Ints]:
    """The names of all categories, by the alphabet, and the code of each ``prompt`` [n]."""
    known: Any = session.execute(sa.select(_prompt.c.id, _prompt.c.category).order_by(_prompt.c.id)).all()
    names = tuple(sorted({row.category for row in known}))
    code = {name: number for number, name in enumerate(names)}
    of_known = np.array([code[row.category] for row in known], dtype=np.int64)
    return names, of_known[np.searchsorted([row.id for row in known], prompt)]


def cells(votes: VoteColumns, *, apart: bool) -> tuple[Ints, Ints]:
    """[m, 5] the cells that occur (left id, right id, length bin, masked, simulated), and the cell of each vote.

    The last two are 0 for all votes unless these are to be told ``apart``.
    """
    candidates, sides = np.unique(np.concatenate([votes.left, votes.right]), return_inverse=True)
    left, right = sides.reshape(2, -1)
    sizes = (max(len(candidates), 1), max(len(candidates), 1), 5, 2, 2)
    keys = np.ravel_multi_index(
        (left, right, votes.length_bin + 2, votes.masked * apart, votes.simulated * apart), sizes
    )
    found, cell_of_vote = np.unique(keys, return_inverse=True)
    i, j, length_bin, masked, simulated = np.unravel_index(found, sizes)
    named = (candidates[i], candidates[j], length_bin - 2, masked, simulated)
    return np.stack(named, axis=1).astype(np.int64).reshape(-1, 5), cell_of_vote.astype(np.int64)


def by_outcome(votes: VoteColumns, cell_of_vote: Ints, m: int) -> tuple[Ints, Floats, Floats]:
    """[m, 4] each, by Outcome: votes, sums of weights, and of their squares."""
    slot, size = cell_of_vote * len(Outcome) + votes.outcome, m * len(Outcome)
    counts = np.bincount(slot, minlength=size).reshape(m, len(Outcome)).astype(np.int64)
    sums = [np.bincount(slot, w, size).reshape(m, len(Outcome)) for w in (votes.weight, votes.weight**2)]
    return counts, sums[0].astype(np.float64), sums[1].astype(np.float64)


def by_cluster(votes: VoteColumns, cluster: Ints, cell_of_vote: Ints, m: int) -> tuple[Ints, Floats]:
    """Keys [e, 2] (cluster, cell) in order, and sums [e, 2] of weight and of weight × left's win.

    ``cluster``: [n] ids. More than MOST_CLUSTERS of them share that many buckets, and FEW_CLUSTERS where there would
    be more than MOST_SUMS sums: what a board costs must not grow with the votes it rests on. Fewer clusters are as
    right and a little less sure: Student's t on 15 degrees makes intervals 7 % wider than on 63.
    """
    ids = cluster
    if len(np.unique(ids)) > MOST_CLUSTERS:
        cluster = ids % MOST_CLUSTERS
        if len(np.unique(cluster * m + cell_of_vote)) > MOST_SUMS:
            cluster = ids % FEW_CLUSTERS
    keys, spot = np.unique(cluster * m + cell_of_vote, return_inverse=True)
    wins = votes.weight * WIN_OF_OUTCOME[votes.outcome]
    sums = [np.bincount(spot, amount, len(keys)) for amount in (votes.weight, wins)]
    return np.stack(np.divmod(keys, max(m, 1)), axis=1), np.stack(sums, axis=1).astype(np.float64)


def by_rater(votes: VoteColumns) -> Ints:
    """[r, 3] rater id, votes, simulated."""
    ids, at, counts = np.unique(votes.rater, return_index=True, return_counts=True)
    return np.stack([ids, counts, votes.simulated[at]], axis=1).astype(np.int64)
