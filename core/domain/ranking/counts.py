"""Votes as counts: the only form in which the ranking sees them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.domain.votes import Outcome
from core.errors import BadInput

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

WIN_OF_OUTCOME: Floats = np.array([1.0, 0.0, 0.5, 0.5])
"""The left candidate's win by Outcome: a tie and a both-bad are half a win to each side."""

HEAVY_VOTER_SLOPE = 0.02


@dataclass(frozen=True)
class Cells:
    """Votes added up into cells; a cell is (left, right, length_bin). Candidates are codes 0 … k−1.

    ``left``, ``right``, ``length_bin``: [m]; ``length_bin`` is −2 … 2 as in core.domain.lengths. The same (left,
    right, length_bin) may occur in several rows.
    """

    candidates: int
    left: Codes
    right: Codes
    length_bin: Codes
    weight: Floats
    """[m, 4] sums of vote weights by Outcome."""
    weight_squared: Floats
    """[m, 4] sums of their squares."""
    shift: Floats | None = None
    """[m] added to the left's wins: what a judge's preferences take out of them, see Rectification."""

    @property
    def total(self) -> Floats:
        """[m] the sum of vote weights of each cell."""
        return self.weight[:, 0] + self.weight[:, 1] + self.weight[:, 2] + self.weight[:, 3]

    @property
    def wins(self) -> Floats:
        """[m] the left candidate's weighted wins of each cell, ties and both-bad as halves; with ``shift``."""
        wins = self.weight[:, 0] + 0.5 * (self.weight[:, 2] + self.weight[:, 3])
        return wins if self.shift is None else wins + self.shift


@dataclass(frozen=True)
class Clusters:
    """One way of clustering the votes of some Cells (by rater, or by prompt), as sums per (cluster, cell)."""

    size: int
    """The number of clusters G."""
    cluster: Codes
    """[e] 0 … G−1."""
    cell: Codes
    """[e] a row of the Cells."""
    weight: Floats
    """[e] sums of vote weights."""
    wins: Floats
    """[e] sums of weight · y, y = 1 left, ½ tie or both bad, 0 right."""

    @cached_property
    def used(self) -> int:
        """How many clusters have votes."""
        return int(np.count_nonzero(np.bincount(self.cluster, self.weight, self.size)))

    @cached_property
    def in_order(self) -> "Clusters":
        """The same with the entries of each cluster side by side."""
        if (np.diff(self.cluster) >= 0).all():
            return self
        order = np.argsort(self.cluster, kind="stable")
        return Clusters(self.size, self.cluster[order], self.cell[order], self.weight[order], self.wins[order])


def add_up(slot: Codes, amount: Floats, size: int) -> Floats:
    """[size] the sum of ``amount`` [n] in each ``slot`` [n] 0 … size−1."""
    return np.asarray(np.bincount(slot, amount, size), dtype=np.float64)


def rater_weight(votes: ArrayLike) -> Floats:
    """The weight of each vote of a rater with ``votes`` votes: 1 / (1 + 0.02 (n − 1)).

    It keeps a few heavy voters, who have tastes of their own, from deciding the board (DESIGN 5.4).
    """
    n = np.maximum(np.asarray(votes, dtype=np.float64), 1.0)
    return np.asarray(1.0 / (1.0 + HEAVY_VOTER_SLOPE * (n - 1.0)), dtype=np.float64)


def cells_from_votes(
    left: ArrayLike,
    right: ArrayLike,
    outcome: ArrayLike,
    length_bin: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    candidates: int | None = None,
) -> tuple[Cells, Codes]:
    """Add up votes given as rows; also [n] the cell of each vote, for clusters_from_votes.

    Raises BadInput where a candidate meets itself, a code, outcome or length bin is out of range, or a
    weight is negative or not finite.
    """
    left_codes, right_codes = np.asarray(left, dtype=np.intp), np.asarray(right, dtype=np.intp)
    outcomes = np.asarray(outcome, dtype=np.intp)
    bins = np.zeros(len(left_codes), dtype=np.intp) if length_bin is None else np.asarray(length_bin, dtype=np.intp)
    weights = np.ones(len(left_codes)) if weight is None else np.asarray(weight, dtype=np.float64)
    highest = int(max(left_codes.max(initial=-1), right_codes.max(initial=-1)))
    k = highest + 1 if candidates is None else candidates
    _check_votes((left_codes, right_codes), outcomes, bins, weights, k)
    keys = (left_codes * k + right_codes) * 5 + bins + 2
    cell_keys, cell_of_vote = np.unique(keys, return_inverse=True)
    m = len(cell_keys)
    slot = cell_of_vote * len(Outcome) + outcomes
    sums = add_up(slot, weights, m * len(Outcome)).reshape(m, len(Outcome))
    squares = add_up(slot, weights**2, m * len(Outcome)).reshape(m, len(Outcome))
    pair, bin_code = np.divmod(cell_keys, 5)
    cells = Cells(
        candidates=k,
        left=(pair // max(k, 1)).astype(np.intp),
        right=(pair % max(k, 1)).astype(np.intp),
        length_bin=(bin_code - 2).astype(np.intp),
        weight=sums,
        weight_squared=squares,
    )
    return cells, cell_of_vote.astype(np.intp)


def _check_votes(pair: tuple[Codes, Codes], outcome: Codes, bins: Codes, weight: Floats, k: int) -> None:
    left, right = pair
    columns: dict[str, Codes | Floats] = {"right": right, "outcome": outcome, "length_bin": bins, "weight": weight}
    for name, column in columns.items():
        if len(column) != len(left):
            raise BadInput(f"{name} has {len(column)} votes, left has {len(left)}.")
    if not len(left):
        return
    if min(left.min(), right.min()) < 0 or max(left.max(), right.max()) >= k:
        raise BadInput(f"A candidate's code is outside 0 … {k - 1}.")
    if (left == right).any():
        raise BadInput(f"Vote {int(np.argmax(left == right))} compares a candidate with itself.")
    if outcome.min() < 0 or outcome.max() >= len(Outcome):
        raise BadInput("An outcome is not one of left, right, tie, both bad (0 … 3).")
    if np.abs(bins).max() > 2:
        raise BadInput("A length bin is outside −2 … 2.")
    if not np.isfinite(weight).all() or weight.min() < 0:
        raise BadInput("A vote's weight is negative or not finite.")


def clusters_from_votes(
    cell_of_vote: ArrayLike, outcome: ArrayLike, weight: ArrayLike | None, cluster_codes: ArrayLike
) -> Clusters:
    """Add up votes given as rows by (cluster, cell); ``cluster_codes``: [n] 0 … G−1, the rater or prompt of each."""
    cell = np.asarray(cell_of_vote, dtype=np.intp)
    cluster = np.asarray(cluster_codes, dtype=np.intp)
    weights = np.ones(len(cell)) if weight is None else np.asarray(weight, dtype=np.float64)
    if not len(cell):
        nothing, zeros = np.zeros(0, dtype=np.intp), np.zeros(0)
        return Clusters(0, nothing, nothing, zeros, zeros)
    if cluster.min() < 0:
        raise BadInput("A cluster's code is negative.")
    m = int(cell.max()) + 1
    keys, entry = np.unique(cluster * m + cell, return_inverse=True)
    wins = weights * WIN_OF_OUTCOME[np.asarray(outcome, dtype=np.intp)]
    return Clusters(
        size=int(cluster.max()) + 1,
        cluster=(keys // m).astype(np.intp),
        cell=(keys % m).astype(np.intp),
        weight=add_up(entry, weights, len(keys)),
        wins=add_up(entry, wins, len(keys)),
    )
