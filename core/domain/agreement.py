"""How far raters agree beyond chance: Krippendorff's α for preferences, Gwet's AC1 for rare flags.

Ratings come in long form: ``units[n]`` was given the value ``values[n]`` by some rater. A unit that only one
rater saw says nothing about agreement. None stands for "these votes cannot tell".
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from core.domain.votes import Outcome

Floats = NDArray[np.float64]
Level = Literal["nominal", "ordinal", "interval"]
Units = Sequence[Hashable] | NDArray[Any]

_PREFERENCE = {Outcome.LEFT: -1, Outcome.TIE: 0, Outcome.BOTH_BAD: 0, Outcome.RIGHT: 1}


@dataclass(frozen=True)
class Agreement:
    """A coefficient with its 95 % interval, and what it rests on: units with two ratings or more, and those ratings.

    ``lower`` and ``upper`` are None where a single unit carries it all.
    """

    value: float
    lower: float | None
    upper: float | None
    units: int
    ratings: int


def preference(outcome: Outcome, *, first_is_left: bool) -> int:
    """Where an outcome stands on the ordinal scale: −1 the pair's first response, 0 neither, +1 its second.

    Raters see the same pair with different sides, so what they are compared on is the response, not the side.
    Both-bad prefers neither, as a tie does; how often it is chosen is shown apart (see `flagged`).
    """
    place = _PREFERENCE[outcome]
    return place if first_is_left else -place


def flagged(outcome: Outcome) -> bool:
    """Whether an answer condemns both responses (both unsafe, both poor, neither to be sent)."""
    return outcome is Outcome.BOTH_BAD


def krippendorff(units: Units, values: ArrayLike, level: Level = "nominal") -> Agreement | None:
    """Krippendorff's α with an interval from leaving out one unit at a time (jackknife, t distribution).

    α = 1 − observed / expected disagreement; None where undefined: no unit with two ratings, or one and the same value
    throughout. The distances between ranks are held fixed while units are left out. Source: K. Krippendorff, "Computing
    Krippendorff's Alpha-Reliability" (2011).
    """
    counts, scale = _pairable(units, values)
    if not counts.size:
        return None
    distance = _distance(scale, counts.sum(axis=0), level)
    size = counts.sum(axis=1)
    disagreement = np.einsum("uc,ck,uk->u", counts, distance, counts) / (size - 1.0)
    alpha = _alpha(disagreement.sum(), counts.sum(axis=0), distance)
    if not np.isfinite(alpha):
        return None
    left_out = _alpha(disagreement.sum() - disagreement, counts.sum(axis=0) - counts, distance)
    return _with_interval(float(alpha), left_out, counts)


def gwet_ac1(units: Units, values: ArrayLike, *, categories: Sequence[float] | None = None) -> float | None:
    """Gwet's AC1: agreement beyond chance that does not collapse where nearly all is one value; None where undefined.

    ``categories``: the values that could have been given, where not all were. With a single one it is undefined.
    Source: K. L. Gwet, "Computing inter-rater reliability and its variance in the presence of high agreement"
    (2008), with missing ratings as in his Handbook of Inter-Rater Reliability (4th ed., 2014), chapter 5.
    """
    counts, scale = _counts(units, values)
    n_categories = len(set(scale.tolist()) | set(categories or ()))
    size = counts.sum(axis=1)
    rated_twice = size >= 2
    if n_categories < 2 or not rated_twice.any():
        return None
    several, n = counts[rated_twice], size[rated_twice]
    observed = float(((several * (several - 1)).sum(axis=1) / (n * (n - 1))).mean())
    share = (counts / size[:, None]).mean(axis=0)
    by_chance = float((share * (1 - share)).sum()) / (n_categories - 1)
    return (observed - by_chance) / (1 - by_chance)


def positive_agreement(units: Units, flags: ArrayLike) -> float | None:
    """Of those who share a unit with a rater who flagged it, the share that flagged it too; None without flags.

    For two raters 2a / (2a + b + c). Source: Cicchetti & Feinstein (1990), "High agreement but low kappa II";
    for any number of raters: Fleiss, Levin & Paik (2003), chapter 18.
    """
    _, unit = np.unique(np.asarray(units), return_inverse=True)
    flag = np.asarray(flags, dtype=np.float64)
    size = np.bincount(unit)
    positive = np.bincount(unit, weights=flag)
    kept = size >= 2
    asked = (positive[kept] * (size[kept] - 1) / (size[kept] - 1)).sum()
    if not asked:
        return None
    return float((positive[kept] * (positive[kept] - 1) / (size[kept] - 1)).sum() / asked)


def _counts(units: Units, values: ArrayLike) -> tuple[Floats, Floats]:
    """How often each unit got each value (units × values), and those values in order."""
    scale, value = np.unique(np.asarray(values, dtype=np.float64), return_inverse=True)
    names, unit = np.unique(np.asarray(units), return_inverse=True)
    cells = np.bincount(unit.ravel() * scale.size + value.ravel(), minlength=names.size * scale.size)
    return cells.reshape(names.size, scale.size).astype(np.float64), scale


def _pairable(units: Units, values: ArrayLike) -> tuple[Floats, Floats]:
    """The counts of the units with two ratings or more, and the values that occur in them."""
    counts, scale = _counts(units, values)
    counts = counts[counts.sum(axis=1) >= 2]
    used = counts.sum(axis=0) > 0
    return counts[:, used], scale[used]


def _distance(scale: Floats, totals: Floats, level: Level) -> Floats:
    """δ² between values (2011 paper, section E): 1, ranks between them, or the squared difference."""
    if level == "nominal":
        return 1.0 - np.eye(scale.size)
    place = np.cumsum(totals) - totals / 2 if level == "ordinal" else scale
    return np.asarray((place[:, None] - place[None, :]) ** 2, dtype=np.float64)


def _alpha(disagreement: Any, totals: Floats, distance: Floats) -> Any:
    """α from the observed disagreement and the totals of the values; one or many at once."""
    n = totals.sum(axis=-1)
    expected = np.einsum("...c,ck,...k->...", totals, distance, totals)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 1.0 - (n - 1.0) * disagreement / expected


def _with_interval(value: float, left_out: Floats, counts: Floats) -> Agreement:
    """The coefficient with its jackknife interval, never above 1."""
    n = len(left_out)
    lower = upper = None
    if n > 1 and np.isfinite(left_out).all():
        error = float(np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum()))
        reach = float(stdtrit(n - 1, 0.975)) * error
        lower, upper = value - reach, min(1.0, value + reach)
    return Agreement(value=value, lower=lower, upper=upper, units=n, ratings=int(counts.sum()))
