"""One-sided bounds of a difference that hold at all looks together, from few prompts and from bounded data too."""

from dataclasses import dataclass
from functools import lru_cache
from math import hypot, sqrt

import numpy as np
from scipy.special import ndtri, stdtrit

from core.domain.deciding.verdicts import Difference, Source
from core.domain.ranking.intervals import peek_factor

POWER = 0.8
EARLY = 6.0
EARLY_SHARE = 0.1


@dataclass(frozen=True)
class Estimate:
    """A difference in favour of the challenger, with what its bounds need."""

    value: float
    se: float
    degrees: float
    """Of Student's t."""
    step: float
    """By how much one prompt can move the value: what was not seen once may come as often as one in as many."""
    margin: float
    """The difference that matters: bounds are narrowest where it can just be proven."""
    prompts: int
    source: Source
    most: float = 1.0
    """No truth lies farther from nothing."""
    skewness: float = 0.0
    """Of what the prompts contribute; 0 where they are bounded, as ``step`` speaks for these."""
    raters: int = 0
    holds_for_these_raters_only: bool = False

    def lower(self, level: float) -> float:
        """Below the truth at all looks but in a share ``level`` of the times."""
        return max(self.value - self.reach(level, -self.skewness), -self.most)

    def upper(self, level: float) -> float:
        """Above the truth at all looks but in a share ``level`` of the times."""
        return min(self.value + self.reach(level, self.skewness), self.most)

    def reach(self, level: float, skewness: float = 0.0) -> float:
        """How far a bound lies from the value; ``skewness`` towards the bound's side (Johnson 1978)."""
        error = hypot(self.se, self.step * unseen(level))
        factor = one_sided_factor(error, level, self.margin, self.degrees)
        tail = max(skewness, 0.0) * (2 * factor**2 + 1) / (6 * sqrt(self.prompts))
        return (factor + tail) * error

    def plain_upper(self, level: float) -> float:
        """Above the truth at one look but in a share ``level`` of the times."""
        return self.value + float(stdtrit(self.degrees, 1 - level)) * self.se

    def plain_lower(self, level: float) -> float:
        """Below the truth at one look but in a share ``level`` of the times."""
        return 2 * self.value - self.plain_upper(level)

    def difference(self, level: float) -> Difference:
        """The estimate with its bounds, to be shown."""
        return Difference(
            self.value,
            self.lower(level),
            self.upper(level),
            self.se,
            level,
            self.prompts,
            self.source,
            self.raters,
            self.holds_for_these_raters_only,
        )


def one_sided_factor(se: float, level: float, margin: float, degrees: float) -> float:
    """How many standard errors a bound reaches; right at all looks together with a one-sided error ``level``.

    Half of the two-sided mixture boundary of ``peek_factor`` at twice the level, widened by Student's t. Most of the
    level goes to a boundary tuned to the standard error at which the margin is proven of equals with a chance of POWER,
    the rest to one tuned to an error EARLY times as large: so that large differences show early. The nearer one counts.
    """
    target = margin / (best_factor(level) + float(ndtri(POWER)))
    late = _factor(se, (1 - EARLY_SHARE) * level, target, degrees)
    return min(late, _factor(se, EARLY_SHARE * level, EARLY * target, degrees))


def _factor(se: float, level: float, target: float, degrees: float) -> float:
    return float(peek_factor(np.array(se), 2 * level, target)) * float(stdtrit(degrees, 1 - level)) / _normal(level)


@lru_cache(maxsize=256)
def best_factor(level: float) -> float:
    """The factor where it is smallest, of many prompts."""
    return float(peek_factor(np.array(1.0), 2 * level, 1.0))


@lru_cache(maxsize=256)
def unseen(level: float) -> float:
    """Standard error, in steps, of what was never seen: with none of n seen, a share ln(1/level)/n is not excluded."""
    return float(-np.log(level)) / best_factor(level)


@lru_cache(maxsize=256)
def _normal(level: float) -> float:
    return float(-ndtri(level))
