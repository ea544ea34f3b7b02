"""How much error each look may make, so that all looks of a year hold together what is promised of the year."""

from dataclasses import dataclass

import numpy as np

from core.domain.drift.measured import Floats, Metric
from core.domain.drift.paired import WINDOWS

FALSE_ALARM_YEARS = 0.05
FALSE_WATCHES = 0.1
OVER_ALL = 0.5
FOR_WORSE = 0.8


@dataclass(frozen=True)
class Levels:
    """Of one window in one check of one cell, before it is shared between better and worse."""

    over_all: float
    in_category: float

    def of(self, scopes: int) -> Floats:
        """[scopes] over all first."""
        return np.array([self.over_all] + [self.in_category] * (scopes - 1))


def levels(series: int, categories: int, checks_a_year: float) -> Levels:
    """For so many series that may raise alarms; the shares of a year's looks add up (Bonferroni), however they depend.

    All checks are against one baseline, whose noise is in all of them; a sum of shares holds for that too.
    """
    looks = max(series * checks_a_year * len(WINDOWS), 1.0)
    if not categories:
        return Levels(FALSE_ALARM_YEARS / looks, 0.0)
    return Levels(
        OVER_ALL * FALSE_ALARM_YEARS / looks,
        (1 - OVER_ALL) * FALSE_ALARM_YEARS / (looks * categories),
    )


def share_of(metric: Metric, *, up: bool) -> float:
    """Of a level, the part that a rise of the metric has, or a fall: more where that is worse."""
    if not metric.better:
        return 0.5
    is_worse = up == (metric.better < 0)
    return FOR_WORSE if is_worse else 1 - FOR_WORSE


def largest_discovery(p: Floats, rate: float = FALSE_WATCHES) -> float:
    """The p up to which discoveries are called, of which at most a share ``rate`` is chance; -1 where none is.

    Benjamini & Hochberg (1995): of m sorted p-values, the last with p_k ≤ rate · k / m. nan: not tested.
    """
    tested = np.sort(p[~np.isnan(p)])
    small = np.flatnonzero(tested <= rate * np.arange(1, len(tested) + 1) / max(len(tested), 1))
    return float(tested[small[-1]]) if len(small) else -1.0
