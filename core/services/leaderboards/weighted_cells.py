"""The rater-weighted counts of one question, and the bytes that the database keeps of them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.services.leaderboards import weighted_sums
from core.services.leaderboards.weighted_sums import Floats, Ints, VoteColumns

_STORED = {
    "cell": ("<i8", 5),
    "weight": ("<f8", 4),
    "weight_squared": ("<f8", 4),
    "rater_key": ("<i4", 2),
    "rater_sum": ("<f4", 2),
    "prompt_key": ("<i4", 2),
    "prompt_sum": ("<f4", 2),
    "raters": ("<i8", 3),
    "votes": ("<i8", 4),
}
"""Array → type and columns. Cluster sums, which only intervals rest on, keep seven digits."""


def _no_votes() -> Ints:
    return np.zeros((0, 4), dtype=np.int64)


@dataclass(frozen=True)
class WeightedCells:
    """Sums over the votes of one question in one category (or all).

    By Outcome, [m, 4]: ``weight``, ``weight_squared``, and ``votes``, their plain number. Per way of clustering, in
    order, ``*_key``: [e, 2] cluster key and index into ``cell``; ``*_sum``: [e, 2] sums of weight and of weight ×
    left's win.
    """

    cell: Ints
    """[m, 5] left id, right id, length bin, masked, simulated (the last two 0 unless told apart), in order."""
    weight: Floats
    weight_squared: Floats
    rater_key: Ints
    rater_sum: Floats
    prompt_key: Ints
    prompt_sum: Floats
    raters: Ints
    """[r, 3] rater id, votes, simulated."""
    votes: Ints = field(default_factory=_no_votes)

    @classmethod
    def counted(cls, votes: VoteColumns, *, apart: bool) -> "WeightedCells":
        """The sums over these votes; unless ``apart``, masked and simulated ones share cells with the others."""
        cell, cell_of_vote = weighted_sums.cells(votes, apart=apart)
        counts, weight, weight_squared = weighted_sums.by_outcome(votes, cell_of_vote, len(cell))
        by_rater = weighted_sums.by_cluster(votes, votes.rater, cell_of_vote, len(cell))
        by_prompt = weighted_sums.by_cluster(votes, votes.prompt, cell_of_vote, len(cell))
        raters = weighted_sums.by_rater(votes)
        return cls(cell, weight, weight_squared, *by_rater, *by_prompt, raters, counts)

    def packed(self) -> bytes:
        """As the bytes that ``weighted_tally.cells`` keeps: how long each array is, then their columns."""
        rows = np.array([len(getattr(self, name)) for name in _STORED], dtype="<i8")
        return rows.tobytes() + b"".join(
            getattr(self, name).T.astype(kind).tobytes() for name, (kind, _) in _STORED.items()
        )

    @classmethod
    def unpacked(cls, packed: bytes) -> "WeightedCells":
        """The reverse of ``packed``: nothing is copied, so cluster keys and sums come in the width they are kept in."""
        rows = np.frombuffer(packed, "<i8", len(_STORED)).tolist()
        at = 8 * len(rows)
        arrays: dict[str, Any] = {}
        for (name, (kind, columns)), n in zip(_STORED.items(), rows, strict=True):
            arrays[name] = np.frombuffer(packed, kind, n * columns, at).reshape(columns, n).T
            at += arrays[name].nbytes
        return cls(**arrays)
