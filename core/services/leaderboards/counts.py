"""The counts that a board is ranked from: of the votes that a filter keeps, plain or weighted by rater."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session

from core.domain.ranking import Cells, Clusters, Judged
from core.services.leaderboards.weighting import WeightedCells
from core.storage.tables import Question, metadata

_pair_tally = metadata.tables["pair_tally"]


@dataclass(frozen=True)
class Filters:
    """Which votes count: of one category or all, with simulated raters or not, with masked pairs or not."""

    category: str | None = None
    simulated: bool = True
    masked: bool = True


@dataclass(frozen=True)
class Counted:
    """What a board is ranked from: the cells, and the same votes clustered by rater and by prompt.

    ``rater_keys``: per cluster of ``clusters[0]`` the rater's id, or, where ``shares_buckets``, the number of a
    bucket that several raters share.
    """

    cells: Cells
    clusters: tuple[Clusters, ...] = ()
    rater_keys: tuple[int, ...] = ()
    shares_buckets: bool = False
    judged: Judged | None = None
    """What a judge prefers on their pairs and on others, where one is to narrow the board."""


@dataclass(frozen=True)
class Basis:
    """What a board rests on, all of one moment.

    ``tally``: as ``tally_counts``; ``ids``: of the candidates, in the order of their codes.
    """

    counted: Counted
    tally: NDArray[np.int64]
    ids: tuple[int, ...]
    raters: int
    simulated_votes: int
    as_of_vote_id: int | None
    """None before the first weighing, as ``counted_at``."""
    counted_at: datetime | None


def tally_counts(session: Session, question: Question, filters: Filters) -> NDArray[np.int64]:
    """The votes as they stand now, [m, 8]: left id, right id, length bin, simulated, then votes by Outcome."""
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


def candidate_ids(tally: NDArray[np.int64], chosen: WeightedCells | None) -> tuple[int, ...]:
    """Of those with votes; their order is the ranking's code.

    The weighted counts may be a few seconds behind, so they may know a candidate whose votes were just withdrawn.
    """
    behind = [] if chosen is None else np.unique(chosen.cell[:, :2]).tolist()
    return tuple(sorted({*np.unique(tally[:, :2]).tolist(), *behind}))


def plain_counts(tally: NDArray[np.int64], ids: Sequence[int]) -> Counted:
    """Every vote with weight 1; ``tally`` as of `tally_counts`."""
    codes = codes_of(tally[:, :2], ids)
    weight = tally[:, 4:].astype(np.float64)
    return Counted(Cells(len(ids), codes[:, 0], codes[:, 1], tally[:, 2].astype(np.intp), weight, weight))


def codes_of(candidate_ids: NDArray[np.int64], ids: Sequence[int]) -> NDArray[np.intp]:
    """The place of each candidate id in ``ids``, which are in order."""
    return np.searchsorted(np.asarray(ids, dtype=np.int64), candidate_ids).astype(np.intp)


def chosen(cells: WeightedCells, filters: Filters) -> WeightedCells:
    """The part of ``cells`` that ``filters`` keep (their category was chosen before)."""
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


def counts_of(cells: WeightedCells, filters: Filters) -> NDArray[np.int64]:
    """As `tally_counts`, but of the votes that the weighted counts rest on: one read, at any number of votes."""
    keep = (filters.masked | (cells.cell[:, 3] == 0)) & (filters.simulated | (cells.cell[:, 4] == 0))
    return np.concatenate([cells.cell[keep][:, [0, 1, 2, 4]], cells.votes[keep]], axis=1)


def weighted_counts(kept: WeightedCells, ids: Sequence[int]) -> Counted:
    """The weighted counts of candidates ``ids``, in that order."""
    codes = codes_of(kept.cell[:, :2], ids)
    cells = Cells(
        len(ids),
        codes[:, 0],
        codes[:, 1],
        kept.cell[:, 2].astype(np.intp),
        kept.weight,
        kept.weight_squared,
    )
    by_rater, keys = _clusters(kept.rater_key, kept.rater_sum)
    by_prompt, _ = _clusters(kept.prompt_key, kept.prompt_sum)
    return Counted(cells, (by_rater, by_prompt), tuple(keys), set(keys) != set(kept.raters[:, 0].tolist()))


def _clusters(key: NDArray[np.int64], sums: NDArray[np.float64]) -> tuple[Clusters, list[int]]:
    """The clusters and their keys. Keys come in order, so a cluster begins where one differs from that before."""
    differs = np.concatenate([[len(key) > 0], key[1:, 0] != key[:-1, 0]]) if len(key) else np.zeros(0, dtype=bool)
    names = key[differs, 0].tolist()
    cluster = np.cumsum(differs) - 1
    return Clusters(len(names), cluster, key[:, 1].astype(np.intp), sums[:, 0], sums[:, 1]), names
