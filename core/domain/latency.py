"""Latency quantiles with intervals: no distribution assumed, prompts asked several times counted as such, timeouts
taken for what they are, "at least so long".

The distribution is Kaplan and Meier's estimate (1958), which without timeouts is the plain share of values. Intervals
are order statistics: the ranks that a binomial count of values below the true quantile stays between. Where values
come in clusters (several responses to one prompt) the ranks are those of an effective sample size, as in Woodruff
(1952) with Korn and Graubard's (1998) degrees of freedom. In simulation (lognormal times, 16 to 400 prompts, up to 50
responses each, up to 0.9 of the variance between prompts, with and without timeouts) 95 % intervals cover .945 to .99;
at a high quantile of few values there is no upper limit to give.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, bdtrik, ndtri, stdtrit

Floats = NDArray[np.float64]
Clusters = Sequence[Hashable] | NDArray[Any]
QUANTILES = (0.5, 0.95, 0.99)
_ROUNDING = 1e-9
# Values on either side of a quantile below which the clustering at it cannot be measured.
_ENOUGH = 20


@dataclass(frozen=True)
class Quantile:
    """The value that a share ``q`` lies below, with its interval; in the unit of the values.

    ``value`` None with ``at_least``: it lies among the censored ones. ``lower`` or ``upper`` None: these values do not
    bound it on that side. ``n`` values, ``censored`` of them.
    """

    q: float
    value: float | None
    lower: float | None
    upper: float | None
    n: int
    censored: int = 0
    at_least: float | None = None


def quantiles(
    values: Sequence[float] | Floats,
    censored: Sequence[float] | Floats = (),
    q: Sequence[float] = QUANTILES,
    *,
    clusters: Clusters | None = None,
    confidence: float = 0.95,
) -> dict[float, Quantile]:
    """The quantiles ``q`` of ``values`` and of what would have come after each time in ``censored``.

    ``censored``: how long was waited in vain (timeouts). ``clusters``: for each of ``values`` and then of ``censored``
    the prompt (or whatever it shares with others) that it belongs to; None where all are independent. Raises
    ValueError where their numbers differ or a time is not finite.
    """
    times = np.concatenate([np.asarray(values, float), np.asarray(censored, float)])
    if clusters is not None and len(clusters) != len(times):
        raise ValueError(f"{len(clusters)} clusters for {len(times)} times")
    if not np.isfinite(times).all():
        raise ValueError("a time is not a finite number")
    if not len(times):
        return {share: Quantile(share, None, None, None, 0) for share in q}
    curve = _Curve(times, np.arange(len(times)) < len(values), clusters)
    return {share: curve.quantile(share, confidence) for share in q}


class _Curve:
    """The estimated distribution of some times."""

    def __init__(self, times: Floats, arrived: NDArray[np.bool_], clusters: Clusters | None) -> None:
        order = np.lexsort((~arrived, times))
        self.times, self.arrived = times[order], arrived[order]
        self.n, self.events = len(times), self.times[self.arrived]
        self.is_plain = bool(self.arrived[: len(self.events)].all())
        self.below, self.spread = self._estimate()
        self.members = None if clusters is None else _numbered(clusters)[order]

    def _estimate(self) -> tuple[Floats, Floats]:
        """The share below each event, and Greenwood's sum for it."""
        if self.is_plain:
            return np.arange(1.0, len(self.events) + 1) / self.n, np.zeros(len(self.events))
        at_risk = (self.n - np.arange(self.n))[self.arrived]
        with np.errstate(divide="ignore"):
            spread = np.cumsum(1 / (at_risk * (at_risk - 1.0)))
        return np.asarray(1 - np.cumprod(1 - 1 / at_risk), np.float64), spread

    def quantile(self, share: float, confidence: float) -> Quantile:
        value = self._value(share)
        lowest, highest = self._ranks(share, confidence)
        lower, upper = (None if level is None else self._at(level) for level in (lowest, highest))
        horizon = float(self.times[-1])
        if lower is None and lowest is not None:
            lower = horizon
        at_least = horizon if value is None else None
        if value is not None:  # between the last of few values it may lie outside of the ranks
            lower = None if lower is None else min(lower, value)
            upper = None if upper is None else max(upper, value)
        return Quantile(share, value, lower, upper, self.n, self.n - len(self.events), at_least)

    def _value(self, share: float) -> float | None:
        if not self.is_plain:
            return self._at(share)
        place = (self.n - 1) * share
        first, second = int(np.floor(place + _ROUNDING)), int(np.ceil(place - _ROUNDING))
        if second >= len(self.events):
            return None
        before, after = self.events[first], self.events[second]
        return float(before + (place - first) * (after - before)) if second > first else float(before)

    def _at(self, share: float) -> float | None:
        """The smallest event with at least this share below or at it."""
        place = int(np.searchsorted(self.below, share - _ROUNDING))
        return float(self.events[place]) if place < len(self.events) else None

    def _ranks(self, share: float, confidence: float) -> tuple[float | None, float | None]:
        """The shares between which the binomial count stays; None where it may leave the sample on that side."""
        count, tail = int(self._effective_n(share)), (1 - confidence) / 2
        lower = _binomial_quantile(tail, count, share)
        upper = _binomial_quantile(1 - tail, count, share) + 1
        return (lower / count if lower >= 1 else None), (upper / count if upper <= count else None)

    def _effective_n(self, share: float) -> float:
        """How many independent values would know as much about this quantile."""
        n = float(self.n)
        place = min(int(np.searchsorted(self.below, share - _ROUNDING)), len(self.events) - 1)
        if place >= 0 and not self.is_plain and 0 < self.below[place] < 1:
            variance = (1 - self.below[place]) ** 2 * self.spread[place]
            n = min(n, self.below[place] * (1 - self.below[place]) / variance)
        if self.members is None:
            return max(n, 1.0)
        groups = int(self.members.max()) + 1
        if groups < 2:
            return 1.0
        widening = (stdtrit(groups - 1, 0.975) / ndtri(0.975)) ** 2
        return float(max(1.0, n / (self._design_effect(share) * widening)))

    def _design_effect(self, share: float) -> float:
        """By how much clusters widen the variance of the share below this quantile; at least 1.

        Measured at the quantile, or as near to it as leaves enough values on both sides to measure anything.
        """
        if self.members is None:
            return 1.0
        margin = min(_ENOUGH / self.n, 0.5)
        above = np.zeros(self.n)
        above[round(min(max(share, margin), 1 - margin) * self.n) :] = 1.0
        mean, sizes = above.mean(), np.bincount(self.members)
        if not 0 < mean < 1:
            return float(sizes.max())
        sums = np.bincount(self.members, weights=above - mean)
        variance = len(sizes) / (len(sizes) - 1) * (sums**2).sum() / self.n**2
        return max(1.0, float(variance / (mean * (1 - mean) / self.n)))


def _numbered(clusters: Clusters) -> NDArray[np.int64]:
    if isinstance(clusters, np.ndarray):
        return np.asarray(np.unique(clusters, return_inverse=True)[1], dtype=np.int64)
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(cluster, len(numbers)) for cluster in clusters], dtype=np.int64)


def _binomial_quantile(share: float, trials: int, chance: float) -> int:
    """The smallest count that at least this share of binomial draws does not exceed."""
    count = max(int(np.ceil(bdtrik(share, trials, chance))), 0)
    below = max(count - 1, 0)
    return below if bdtr(below, trials, chance) >= share else count
