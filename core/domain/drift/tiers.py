"""Which looks prove a change, and which are worth a note."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from core.domain.drift.levels import largest_discovery, share_of
from core.domain.drift.looks import Looks
from core.domain.drift.measured import Floats, Metric, Scale
from core.domain.drift.paired import ROUNDING, Scopes
from core.domain.drift.shocks import FEWEST_RUNS

NEWEST = 0
"""The place of the window of the newest check alone."""


def least(metric: Metric) -> float:
    """The least change that matters, on the scale on which the metric is judged."""
    return (log(1 + metric.minimum) if metric.scale is Scale.RATIO else metric.minimum) - ROUNDING


@dataclass(frozen=True)
class Proof:
    """What proves a change: a window, and whether it takes the other candidates to tell."""

    window: int
    is_against_others: bool
    p: float
    """Two-sided."""


def alarms(look: Looks, level: Floats, scopes: Scopes) -> list[Proof | None]:
    """[scopes] what proves a change best.

    ``level``: [scopes] of one window. A window's change has to be as large as matters, the newest check has to go at
    least half as far the same way, and both Student's t and the exchange of runs have to exclude chance.
    """
    metric = look.values.metric
    found: list[Proof | None] = [None] * len(level)
    if metric.watch_only or (metric.has_shocks and look.runs < FEWEST_RUNS):
        return found
    for up in (True, False):
        allowed = level * share_of(metric, up=up)
        is_large = _is_large(look, up=up)
        for scope in np.flatnonzero(is_large.any(axis=0)):
            found[scope] = found[scope] or _proof(look, is_large[:, scope], int(scope), allowed[scope], scopes, up=up)
    return found


def _is_large(look: Looks, *, up: bool) -> NDArray[np.bool_]:
    """[windows, scopes] whether the change that way is as large as matters, and not over."""
    mean, sign, matters = look.found.mean, 1 if up else -1, least(look.values.metric)
    with np.errstate(invalid="ignore"):
        return np.asarray((sign * mean >= matters) & (sign * mean[NEWEST] >= matters / 2))


def _proof(
    look: Looks, is_large: NDArray[np.bool_], scope: int, allowed: float, scopes: Scopes, *, up: bool
) -> Proof | None:
    """The first window, most certain first, that passes both tests; seen by itself or against the other candidates."""
    ways = _ways(look)
    told: list[tuple[float, int, Looks]] = []
    for way in ways:
        p = way.p(up=up)[:, scope]
        may = is_large & _is_large(way, up=up)[:, scope] & (p <= allowed / len(ways))
        told += [(float(p[window]), int(window), way) for window in np.flatnonzero(may)]
    for of_prompts, window, way in sorted(told, key=lambda one: one[:1]):
        exchanged = way.exchanged(window, scope, scopes, up=up)
        if exchanged <= allowed / len(ways):
            return Proof(window, way is not look, min(1.0, 2 * len(ways) * max(of_prompts, exchanged)))
    return None


def _ways(look: Looks) -> list[Looks]:
    return [look] if look.against_others is None else [look, look.against_others]


def newest_p(look: Looks) -> Floats:
    """[scopes] two-sided, of the newest check alone."""
    ways = _ways(look)
    each = [np.fmin(way.p(up=True)[NEWEST], way.p(up=False)[NEWEST]) for way in ways]
    return np.asarray(np.minimum(1.0, 2 * len(ways) * np.fmin.reduce(each)), np.float64)


def watches(found: Sequence[Looks], scopes: Scopes) -> tuple[Floats, NDArray[np.bool_]]:
    """[series, scopes] p of the newest check alone, and whether its change is among this check's discoveries.

    The exchange of runs is asked only where Student's t would call a discovery: a larger p elsewhere changes nothing.
    """
    if not found:
        return np.zeros((0, 0)), np.zeros((0, 0), bool)
    p = np.array([newest_p(one) for one in found])
    matters = np.array([np.abs(one.found.mean[NEWEST]) >= least(one.values.metric) for one in found])
    bound = largest_discovery(p)
    for place, scope in np.argwhere(p <= bound):
        p[place, scope] = _exchanged_p(found[place], int(scope), scopes)
    return p, (p <= largest_discovery(p)) & matters


def newest_proof(look: Looks, scope: int, p: float) -> Proof:
    """Of a change that is only watched: the newest check alone."""
    both = [np.fmin(way.p(up=True)[NEWEST, scope], way.p(up=False)[NEWEST, scope]) for way in _ways(look)]
    return Proof(NEWEST, len(both) > 1 and bool(both[1] < both[0]), p)


def _exchanged_p(look: Looks, scope: int, scopes: Scopes) -> float:
    ways, least_p = _ways(look), 1.0
    for way in ways:
        up = bool(way.found.mean[NEWEST, scope] > 0)
        of_prompts = float(way.p(up=up)[NEWEST, scope])
        if of_prompts < least_p:
            least_p = min(least_p, max(of_prompts, way.exchanged(NEWEST, scope, scopes, up=up)))
    return min(1.0, 2 * len(ways) * least_p)
