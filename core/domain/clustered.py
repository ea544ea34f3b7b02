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
_HEAVIEST = 0.9
_SPARSE = 16


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
    weight: Floats | None = None
    """[e] the part of the estimate that rests on each vote: adds up to 1, or to what the estimate was scaled by.

    0 where no rater is behind it. None: on each vote alike.
    """

    def scaled(self, factor: float) -> "Clustered":
        """The estimate times a constant."""
        return self.mapped(self.value * factor, factor)

    def plus(self, other: "Clustered", *, sign: float = 1.0) -> "Clustered":
        """The sum of both, or with ``sign`` −1 their difference."""
        return Clustered(
            self.value + sign * other.value,
            np.concatenate([self.prompt, other.prompt]),
            np.concatenate([self.rater, other.rater]),
            np.concatenate([self.influence, sign * other.influence]),
            np.concatenate([_weights(self), _weights(other)]),
        )

    def mapped(self, value: float, slope: float) -> "Clustered":
        """A function of the estimate, by the delta method: its ``value`` and its derivative there."""
        return Clustered(value, self.prompt, self.rater, self.influence * slope, _weights(self) * abs(slope))

    def summed(self) -> "Clustered":
        """The same estimate with one influence for each prompt and rater: shorter, and with the same errors."""
        raters = int(self.rater.max(initial=NO_RATER)) + 2
        both = self.prompt * raters + self.rater - NO_RATER
        cells, place = dense(both)
        found = np.zeros(cells, dtype=np.intp)
        found[place] = both
        prompt, rater = np.divmod(found, raters)
        influence, weight = (
            np.asarray(np.bincount(place, amounts, cells), dtype=np.float64)
            for amounts in (self.influence, _weights(self))
        )
        return Clustered(self.value, prompt.astype(np.intp), (rater + NO_RATER).astype(np.intp), influence, weight)


@dataclass(frozen=True)
class StandardError:
    """A standard error with the degrees of freedom of Student's t that belong to it."""

    value: float
    degrees: float
    raters: int
    """How many raters are behind it; 0: it rests on no votes."""
    holds_for_these_raters_only: bool
    """So few raters that what other raters would have said is not in it."""
    for_these_raters: float
    """The standard error if there were no other raters: what clustering by prompt alone tells."""

    def half_width(self, level: float = 0.95) -> float:
        """Of the two-sided interval."""
        return float(stdtrit(self.degrees, 0.5 + level / 2)) * self.value


def standard_error(found: Clustered) -> StandardError | None:
    """The two-way clustered standard error, V = V_prompt + V_rater − V_both; None with fewer than two prompts.

    V_prompt and V_rater are jackknives (CR3): each cluster's sum over one minus its part of the votes, so that a heavy
    rater counts as what leaving them out would change. Where V_both is the larger, V is no less than either part. Each
    part has the degrees of freedom that its clusters' parts of the votes allow (Bell & McCaffrey 2002), V those that
    Satterthwaite (1946) adds up from them. Below FEWEST_RATERS raters, their part is left out.
    """
    weight, voted = _weights(found), found.rater != NO_RATER
    if dense(found.prompt)[0] < 2:
        return None
    of_prompts, of_prompts_degrees = _jackknife(found.prompt, found.influence, weight)
    raters = dense(found.rater[voted])[0]
    if raters < FEWEST_RATERS:
        alone = float(np.sqrt(of_prompts))
        return StandardError(alone, of_prompts_degrees, raters, raters > 0, alone)
    of_raters, of_raters_degrees = _jackknife(found.rater[voted], found.influence[voted], weight[voted])
    both = found.prompt[voted].astype(np.int64) * (int(found.rater.max()) + 1) + found.rater[voted]
    of_both = float((_sums(both, found.influence[voted]) ** 2).sum())
    whole = max(of_prompts + of_raters - of_both, of_prompts, of_raters)
    parts = of_prompts**2 / of_prompts_degrees + of_raters**2 / of_raters_degrees
    degrees = whole**2 / parts if parts > 0 else of_raters_degrees
    degrees = max(1.0, min(degrees, of_prompts_degrees))
    return StandardError(float(np.sqrt(whole)), degrees, raters, False, float(np.sqrt(of_prompts)))


def _weights(found: Clustered) -> Floats:
    if found.weight is not None:
        return found.weight
    voted = found.rater != NO_RATER
    return np.asarray(voted / max(voted.sum(), 1), dtype=np.float64)


def _jackknife(code: Codes, influence: Floats, weight: Floats) -> tuple[float, float]:
    """The variance that clusters bring, and its degrees of freedom.

    A cluster with the part h of the votes moves the estimate by its sum of influences ÷ (1 − h) when it is left out.
    """
    sums, votes = _sums(code, influence), _sums(code, weight)
    part = votes / votes.sum() if votes.sum() > 0 else np.full(len(sums), 1 / len(sums))
    part = np.minimum(part, _HEAVIEST)
    lever, evenness = 1 / (1 - part), 1 - float((part**2).sum())
    variance = max(evenness, 1 - _HEAVIEST) * float(((sums * lever) ** 2).sum())
    return variance, _degrees(part)


def _degrees(part: Floats) -> float:
    """(tr Q)² ÷ tr Q² of the jackknife's quadratic form Q in effects of clusters that are alike but for their parts.

    Row r of the form is k_r (e_r − h), k_r = h_r/(1 − h_r).
    """
    k, s = (part / (1 - part)) ** 2, float((part**2).sum())
    own = 1 - 2 * part + s
    trace = float((k * own).sum())
    moments = [float((k * part**j).sum()) for j in range(3)]
    apart = (
        s * s * moments[0] ** 2 + 2 * moments[2] * moments[0] - 4 * s * moments[1] * moments[0] + 2 * moments[1] ** 2
    )
    squared = apart + float((k**2 * (own**2 - (own - 1) ** 2)).sum())
    return max(1.0, trace**2 / squared) if squared > 0 else 1.0


def dense(code: Codes) -> tuple[int, Codes]:
    """How many different codes there are, and the place of each among them in their order. Codes are 0 or more."""
    if not len(code):
        return 0, code
    if int(code.max()) > _SPARSE * len(code):
        found, place = np.unique(code, return_inverse=True)
        return len(found), place
    there = np.bincount(code) > 0
    return int(there.sum()), (np.cumsum(there) - 1)[code]


def _sums(code: Codes, amount: Floats) -> Floats:
    """The sum of each code that there is."""
    count, place = dense(code)
    return np.asarray(np.bincount(place, amount, minlength=count), dtype=np.float64)
