"""Votes weighed so that every opponent counts alike, however unevenly the sampler drew them (post-stratification).

A response looks better beside a poor one. The mean is therefore taken per opponent and then over opponents
(Holt & Smith 1979), which wastes fewer votes than weighing each by 1 ÷ the probability of its pair.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain.clustered import Codes, Floats

FEWEST_BESIDE = 30


@dataclass(frozen=True)
class PostStrata:
    """What each vote counts in a mean over opponents."""

    stratum: Codes
    """[n] of each vote: its opponent's, which opponents with few rated responses share."""
    weight: Floats
    """[n] adds up to 1."""

    def means(self, of: Floats, only: NDArray[np.bool_] | None = None) -> Floats:
        """[strata] the mean of ``of`` [n] in each stratum, of ``only`` some votes; 0 where there is none."""
        weight = self.weight if only is None else self.weight * only
        whole = np.bincount(self.stratum, weight)
        summed = np.bincount(self.stratum, weight * of, minlength=len(whole))
        return np.asarray(np.divide(summed, whole, out=np.zeros(len(whole)), where=whole > 0), dtype=np.float64)


def post_strata(response: Codes, opponent: Codes, weight: Floats) -> PostStrata:
    """Every opponent counts alike, and beside an opponent every response as much as its weightiest vote.

    The raters of one response beside one opponent share its weight by their own. Opponents with fewer than
    FEWEST_BESIDE rated responses are pooled with the next larger ones, until a pool has that many; a pool counts for
    all its opponents, and in it every response alike.
    """
    _, beside, per_opponent = np.unique(opponent, return_inverse=True, return_counts=True)
    cell = response * len(per_opponent) + beside
    cells, of_vote = np.unique(cell, return_inverse=True)
    most, whole = np.zeros(len(cells)), np.bincount(of_vote, weight)
    np.maximum.at(most, of_vote, weight)
    rated = np.bincount(cells % len(per_opponent), minlength=len(per_opponent))
    pool = _pools(rated)
    stratum = pool[beside]
    counted = weight / whole[of_vote] * most[of_vote]
    opponents = np.bincount(pool) / len(pool)
    return PostStrata(stratum, counted * (opponents / np.bincount(stratum, counted))[stratum])


def _pools(rated: NDArray[np.intp]) -> Codes:
    """[opponents] the pool of each, the smallest opponents first; what is left over joins the last pool."""
    pool, current, gathered = np.zeros(len(rated), dtype=np.intp), 0, 0
    order = np.argsort(rated, kind="stable")
    for place, opponent in enumerate(order):
        pool[opponent] = current
        gathered += int(rated[opponent])
        left = int(rated[order[place + 1 :]].sum())
        if gathered >= FEWEST_BESIDE and left >= FEWEST_BESIDE:
            current, gathered = current + 1, 0
    return pool
