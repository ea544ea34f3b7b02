"""An estimate with what every prompt and every rater contributes to its error: differences and ratios keep both.

The error of a mean, of a corrected mean or of a ratio is, to first order, a sum of influences (Hampel 1974), one for
each response and vote. Kept by prompt and rater, they tell the error of any combination of estimates that share prompts
or raters, as a champion's and a challenger's do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
NO_RATER = -1
FEWEST_RATERS = 6


@dataclass(frozen=True)
class Clustered:
    """An estimate and the influences that add up to its error.

    Prompts and raters are codes that are the same in all estimates which are combined.
    """

    value: float
    prompt: Codes
    """[e] the prompt of each influence."""
    rater: Codes
    """[e] the rater of each influence; NO_RATER where no rater is behind it."""
    influence: Floats
    """[e] in the unit of ``value``."""

    def scaled(self, factor: float) -> "Clustered":
        """The estimate times a constant."""
        return Clustered(self.value * factor, self.prompt, self.rater, self.influence * factor)

    def plus(self, other: "Clustered", *, sign: float = 1.0) -> "Clustered":
        """The sum of both, or with ``sign`` −1 their difference."""
        return Clustered(
            self.value + sign * other.value,
            np.concatenate([self.prompt, other.prompt]),
            np.concatenate([self.rater, other.rater]),
            np.concatenate([self.influence, sign * other.influence]),
        )

    def mapped(self, value: float, slope: float) -> "Clustered":
        """A function of the estimate, by the delta method: its ``value`` and its derivative there."""
        return Clustered(value, self.prompt, self.rater, self.influence * slope)


@dataclass(frozen=True)
class StandardError:
    """A standard error with the degrees of freedom of Student's t that belong to it."""

    value: float
    degrees: float
    raters: int
    """How many raters are behind it; 0: it rests on no votes."""
    holds_for_these_raters_only: bool
    """So few raters that what other raters would have said is not in it."""

    def half_width(self, level: float = 0.95) -> float:
        """Of the two-sided interval."""
        return float(stdtrit(self.degrees, 0.5 + level / 2)) * self.value


def standard_error(found: Clustered) -> StandardError | None:
    """The two-way clustered standard error, V = V_prompt + V_rater − V_both; None with fewer than two prompts.

    Each part has the factor G/(G−1) of its number of clusters; degrees of freedom as Satterthwaite (1946) adds them.
    Where V_both is the larger, V is no less than either part. Below FEWEST_RATERS raters, their part is left out.
    """
    prompts, by_prompt = _summed(found.prompt, found.influence)
    if prompts < 2:
        return None
    voted = found.rater != NO_RATER
    raters, by_rater = _summed(found.rater[voted], found.influence[voted])
    of_prompts = _variance(prompts, by_prompt)
    if raters < FEWEST_RATERS:
        return StandardError(float(np.sqrt(of_prompts)), prompts - 1, raters, raters > 0)
    of_raters = _variance(raters, by_rater)
    both = found.prompt[voted].astype(np.int64) * (int(found.rater.max()) + 1) + found.rater[voted]
    cells, by_both = _summed(both, found.influence[voted])
    whole = max(of_prompts + of_raters - _variance(cells, by_both), of_prompts, of_raters)
    parts = of_prompts**2 / (prompts - 1) + of_raters**2 / (raters - 1)
    degrees = whole**2 / parts if parts > 0 else prompts - 1.0
    return StandardError(float(np.sqrt(whole)), max(1.0, min(degrees, prompts - 1.0)), raters, False)


def _summed(code: NDArray[np.int64] | Codes, amount: Floats) -> tuple[int, Floats]:
    """How many codes there are, and the sum of each."""
    if not len(code):
        return 0, np.zeros(0)
    found, place = np.unique(code, return_inverse=True)
    return len(found), np.asarray(np.bincount(place, amount), dtype=np.float64)


def _variance(clusters: int, sums: Floats) -> float:
    return clusters / max(clusters - 1, 1) * float((sums**2).sum())
