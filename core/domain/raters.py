"""How a rater works: do they agree with themselves, do they lean to a side, do they take the time to read."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scipy.special import ndtri

from core.domain.votes import Outcome


@dataclass(frozen=True)
class Share:
    """``hits`` of ``n`` with a Wilson 95 % interval."""

    value: float
    lower: float
    upper: float
    hits: int
    n: int


@dataclass(frozen=True)
class Pace:
    """Median time on a pair in ms, and the share of votes faster than reading allows."""

    median_ms: float
    too_fast: Share


def share(hits: int, n: int, *, confidence: float = 0.95) -> Share | None:
    """A share with its interval (Wilson 1927, the score interval); None of nothing."""
    if n == 0:
        return None
    z = float(ndtri(0.5 + confidence / 2))
    value = hits / n
    middle = (value + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(value * (1 - value) / n + z * z / (4 * n * n))
    lower, upper = min(max(0.0, middle - reach), value), max(min(1.0, middle + reach), value)
    return Share(value=value, lower=lower, upper=upper, hits=hits, n=n)


def self_consistency(first: Sequence[Outcome], repeat: Sequence[Outcome], *, mirrored: bool = True) -> Share | None:
    """How often a rater answered the return of a pair as they did the first time; None before any returned.

    ``first[n]`` and ``repeat[n]`` are answers to one question on one pair, as given on the screen. Returned pairs
    come with their sides exchanged, so "left" is consistent with "right".
    """
    agreed = (was is (again.mirrored if mirrored else again) for was, again in zip(first, repeat, strict=True))
    return share(sum(agreed), len(first))


def side_bias(n_left: int, n_right: int) -> Share | None:
    """The share of a rater's decided votes that went to the left; 0.5 is none. Ties and both-bad do not count.

    The sides are drawn, so an interval that misses 0.5 is the rater's doing. None before any decided vote.
    """
    return share(n_left, n_left + n_right)


def pace(times_ms: Iterable[float], n_too_fast: int) -> Pace | None:
    """How long pairs take the rater, and how many of them went by faster than they can be read; None without any."""
    times = list(times_ms)
    too_fast = share(n_too_fast, len(times))
    return None if too_fast is None else Pace(median_ms=statistics.median(times), too_fast=too_fast)
