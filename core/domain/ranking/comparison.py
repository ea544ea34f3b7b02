"""Who is clearly better than whom, and who probably leads, from Gaussian draws of the ratings' covariance."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from core.domain.ranking.counts import Codes, Floats
from core.domain.ranking.intervals import Band, fixed_factor, peek_factor

Draws = NDArray[np.float32]
Flags = NDArray[np.bool_]
FEWEST_DRAWS = 500
MOST_COMPARISONS = 100_000_000


@lru_cache(maxsize=4)
def _standard_draws(seed: int, draws: int, k: int) -> Draws:
    return np.random.default_rng(seed).standard_normal((k, draws), dtype=np.float32)


def error_draws(factor: Floats, draws: int, seed: int) -> Draws:
    """[k, draws] errors of the ratings, ``factor`` [k, r] with factor · factorᵀ their covariance.

    Fewer than ``draws``, though at least 500, where the pairs of candidates are very many.
    """
    pairs = max(len(factor) * (len(factor) - 1) // 2, 1)
    count = max(min(draws, MOST_COMPARISONS // pairs), min(draws, FEWEST_DRAWS))
    return factor.astype(np.float32) @ _standard_draws(seed, count, factor.shape[1])


def difference_se(covariance: Floats) -> Floats:
    """[k, k] the standard error of each difference of two ratings."""
    variance = np.diag(covariance)
    squares = variance[:, None] + variance[None, :] - 2.0 * covariance
    return np.sqrt(np.maximum(squares, 0.0))


def simultaneous_critical(errors: Draws, se: Floats, level: float) -> float:
    """The max-t critical value: with probability ``level`` no difference errs by more of its standard errors.

    ``errors``: [k, draws]; ``se``: [k, k] of the differences (Hothorn, Bretz & Westfall 2008).
    """
    k = len(errors)
    if k <= 2:
        return fixed_factor(1.0 - level, None)
    with np.errstate(divide="ignore"):
        precision = np.where(se > 0, 1.0 / se, 0.0).astype(np.float32)
    largest = np.zeros(errors.shape[1], dtype=np.float32)
    for i in range(k - 1):
        difference = errors[i + 1 :] - errors[i]
        difference *= precision[i, i + 1 :, None]
        np.abs(difference, out=difference)
        np.maximum(largest, difference.max(axis=0), out=largest)
    return max(float(np.quantile(largest, level)), fixed_factor(1.0 - level, None))


def margin_factor(se: Floats, alpha: float, band: Band, se_target: float, degrees: float | None) -> Floats:
    """How many standard errors ``se`` (any shape) a difference must exceed, two-sided ``alpha`` for each.

    ``se_target``: of one rating; a difference of two independent ones has √2 times that.
    """
    if band is Band.PEEK:
        return peek_factor(se, alpha, np.sqrt(2.0) * se_target, degrees)
    return np.full_like(se, fixed_factor(alpha, degrees))


def clearly_better(ratings: Floats, margin: Floats) -> Flags:
    """[k, k] entry (i, j): i's rating exceeds j's by more than ``margin`` [k, k] > 0."""
    return np.asarray((ratings[:, None] - ratings[None, :] > margin) & (margin > 0))


def leader_probability(ratings: Floats, errors: Draws) -> Floats:
    """[k] how often each is the best, ratings drawn around their estimates; equals share a draw."""
    drawn = ratings[:, None].astype(np.float32) + errors
    best = drawn == drawn.max(axis=0)
    return np.asarray((best / best.sum(axis=0)).mean(axis=1))


def component_members(component: Codes) -> list[Codes]:
    """The candidates of each component, in order of the components."""
    return [np.flatnonzero(component == c) for c in range(int(component.max(initial=-1)) + 1)]
