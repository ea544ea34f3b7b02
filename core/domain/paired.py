"""Two measurements of the same subjects: what changed, with an interval that rests on the subjects being paired."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]
FEWEST = 3
FEWEST_FOR_MEDIANS = 6
_RESAMPLES = 1999
_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Change:
    """From ``before`` to ``after`` over ``n`` subjects. ``value``: after − before, or after ÷ before.

    ``lower``, ``upper``: its interval, None where ``n`` is too small to tell one.
    """

    n: int
    before: float | None
    after: float | None
    value: float | None
    lower: float | None
    upper: float | None
    nothing: float = 0.0

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves no change out."""
        if self.lower is None or self.upper is None:
            return False
        return self.lower > self.nothing or self.upper < self.nothing


def mean_change(before: ArrayLike, after: ArrayLike, *, level: float = 0.95) -> Change:
    """The mean difference after − before over subjects, with Student's paired t interval.

    ``before[g]`` and ``after[g]`` are subject g's; where one is nan the subject is left out. Fewer than three subjects
    give no interval.
    """
    first, second = _complete(before, after)
    n = len(first)
    if not n:
        return Change(0, None, None, None, None, None)
    differences = second - first
    value, ends = float(differences.mean()), (float(first.mean()), float(second.mean()))
    if n < FEWEST:
        return Change(n, *ends, value, None, None)
    reach = float(stdtrit(n - 1, 0.5 + level / 2) * differences.std(ddof=1) / np.sqrt(n))
    return Change(n, *ends, value, value - reach, value + reach)


def median_ratio(
    before: ArrayLike, after: ArrayLike, *, rng: np.random.Generator, level: float = 0.95, resamples: int = _RESAMPLES
) -> Change:
    """The ratio of medians, after ÷ before, with a percentile bootstrap interval over subjects (Efron 1979).

    A subject's two values are drawn together. Values that are not above 0, or nan, leave their subject out. Fewer than
    six subjects give no interval: their medians take too few values.
    """
    first, second = _complete(before, after)
    positive = (first > 0) & (second > 0)
    first, second = first[positive], second[positive]
    n = len(first)
    if not n:
        return Change(0, None, None, None, None, None, nothing=1.0)
    ends = (float(np.median(first)), float(np.median(second)))
    value = ends[1] / ends[0]
    if n < FEWEST_FOR_MEDIANS:
        return Change(n, *ends, value, None, None, nothing=1.0)
    ratios = np.concatenate([_ratios(first, second, size, rng) for size in _sizes(n, resamples)])
    lower, upper = np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2])
    return Change(n, *ends, value, float(lower), float(upper), nothing=1.0)


def _complete(before: ArrayLike, after: ArrayLike) -> tuple[Floats, Floats]:
    first, second = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    known = ~(np.isnan(first) | np.isnan(second))
    return first[known], second[known]


def _ratios(first: Floats, second: Floats, size: int, rng: np.random.Generator) -> Floats:
    drawn = rng.integers(0, len(first), (size, len(first)))
    found: Floats = np.median(second[drawn], axis=1) / np.median(first[drawn], axis=1)
    return found


def _sizes(n: int, resamples: int) -> list[int]:
    """So many resamples, in portions that fit into little memory."""
    step = max(1, _AT_ONCE // n)
    return [min(step, resamples - done) for done in range(0, resamples, step)]
