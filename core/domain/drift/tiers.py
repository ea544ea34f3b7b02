"""Which looks prove a change, and which are worth a note."""

from collections.abc import Sequence
from math import log

import numpy as np
from numpy.typing import NDArray

from core.domain.drift.levels import FALSE_WATCHES, largest_discovery, share_of
from core.domain.drift.looks import Looks
from core.domain.drift.measured import Floats, Metric, Scale
from core.domain.drift.paired import Scopes
from core.domain.drift.shocks import FEWEST_RUNS

NEWEST = 0
"""The place of the window of the newest check alone."""


def least(metric: Metric) -> float:
    """The least change that matters, on the scale on which the metric is judged."""
    return log(1 + metric.minimum) if metric.scale is Scale.RATIO else metric.minimum


def alarms(look: Looks, level: Floats, scopes: Scopes) -> NDArray[np.int64]:
    """[scopes] the place of the window that proves a change best, -1 where none does.

    ``level``: [scopes] of one window. A window's change has to be as large as matters, the newest check has to go at
    least half as far the same way, and both Student's t and the exchange of runs have to exclude chance.
    """
    metric = look.values.metric
    found = np.full(len(level), -1)
    if metric.watch_only or (metric.has_shocks and look.runs < FEWEST_RUNS):
        return found
    mean, newest = look.found.mean, look.found.mean[NEWEST]
    for up in (True, False):
        sign, allowed, p = (1 if up else -1), level * share_of(metric, up=up), look.p(up=up)
        with np.errstate(invalid="ignore"):
            may = (p <= allowed) & (sign * mean >= least(metric)) & (sign * newest >= least(metric) / 2)
        for scope in np.flatnonzero(may.any(axis=0)):
            for window in sorted(np.flatnonzero(may[:, scope]), key=lambda one: float(p[one, scope])):
                if look.exchanged(int(window), int(scope), scopes, up=up) <= allowed[scope]:
                    found[scope] = window
                    break
    return found


def watches(found: Sequence[Looks], scopes: Scopes) -> list[NDArray[np.bool_]]:
    """[scopes] one a series: whether the newest check's change is among the discoveries of this check.

    The exchange of runs is asked only where Student's t would call a discovery: a larger p elsewhere changes nothing.
    """
    p = np.array([2 * np.fmin(one.p(up=True)[NEWEST], one.p(up=False)[NEWEST]) for one in found])
    if not len(p):
        return []
    bound = largest_discovery(p, FALSE_WATCHES)
    for place, scope in np.argwhere(p <= bound):
        up = bool(found[place].found.mean[NEWEST, scope] > 0)
        exchanged = 2 * found[place].exchanged(NEWEST, int(scope), scopes, up=up)
        p[place, scope] = min(1.0, max(p[place, scope], exchanged))
    bound = largest_discovery(p, FALSE_WATCHES)
    matters = np.array([np.abs(one.found.mean[NEWEST]) >= least(one.values.metric) for one in found])
    return list((p <= bound) & matters)
