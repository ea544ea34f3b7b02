"""Votes weighed so that every opponent counts alike, however unevenly the sampler drew them (post-stratification).

A response looks better beside a poor one. The mean is therefore taken per opponent and then over opponents
(Holt & Smith 1979), which wastes fewer votes than weighing each by 1 ÷ the probability of its pair.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain.clustered import Codes, Floats, dense

FEWEST_BESIDE = 30


@dataclass(frozen=True)
class PostStrata:
    """What each vote counts in a mean over opponents."""

    stratum: Codes
    """[n] of each vote: its opponent's, which opponents with few rated responses share."""
    weight: Floats
    """[n] adds up to 1."""

    def around_means(self, of: Floats) -> Floats:
        """[n] ``of`` [n] less its mean in the vote's stratum."""
        means = np.bincount(self.stratum, self.weight * of) / np.bincount(self.stratum, self.weight)
        return np.asarray(of - means[self.stratum], dtype=np.float64)


def post_strata(response: Codes, opponent: Codes, weight: Floats) -> PostStrata:
    """Every opponent counts alike, and beside an opponent every response as much as its weightiest vote.

    The raters of one response beside one opponent share its weight by their own. Opponents with fewer than
    FEWEST_BESIDE rated responses are pooled with the next larger ones, until a pool has that many; a pool counts for
    all its opponents, and in it every response alike.
    """
    opponents, beside = dense(opponent)
    cells, of_vote = dense(response * opponents + beside)
    most, whole, opponent_of = np.zeros(cells), np.bincount(of_vote, weight), np.zeros(cells, dtype=np.intp)
    np.maximum.at(most, of_vote, weight)
    opponent_of[of_vote] = beside
    pool = _pools(np.bincount(opponent_of, minlength=opponents))
    stratum = pool[beside]
    counted = weight / whole[of_vote] * most[of_vote]
    share = np.bincount(pool) / opponents
    return PostStrata(stratum, counted * (share / np.bincount(stratum, counted))[stratum])


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
