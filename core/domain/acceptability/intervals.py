"""Parts of intervals that more than one figure has."""

import math

from scipy.special import stdtrit

from core.domain.clustered import StandardError


def wilson(p: float, effective: float, t: float) -> tuple[float, float]:
    """Wilson's bounds of a share ``p`` of ``effective`` independent trials, ``t`` standard errors away."""
    middle = (p + t * t / (2 * effective)) / (1 + t * t / effective)
    reach = t / (1 + t * t / effective) * math.sqrt(p * (1 - p) / effective + t * t / (4 * effective**2))
    return min(max(0.0, middle - reach), p), max(min(1.0, middle + reach), p)


def wilson_around(p: float, voted: float, error: StandardError, independent: int, level: float) -> tuple[float, float]:
    """Wilson's bounds around ``p`` with the effective number q(1−q)/V of trials, q the share that was ``voted``.

    Where no vote disagrees there is no error to tell that number, and it is that of ``independent`` trials.
    """
    t, variance = float(stdtrit(error.degrees, 0.5 + level / 2)), error.value**2
    effective = voted * (1 - voted) / variance if variance and 0.0 < voted < 1.0 else float(independent)
    return wilson(p, effective, t)


def joint_reach(one: float, other: float, correlation: float) -> float:
    """How far the interval of a sum reaches to one side, from how far its parts' do (MOVER, Zou & Donner 2008)."""
    if math.isinf(one) or math.isinf(other):
        return math.inf
    return math.sqrt(max(0.0, one * one + other * other + 2 * correlation * one * other))


def correlation_of_parts(whole: float, one: float, other: float) -> float:
    """The correlation of two parts, told by their standard errors and that of their sum; 0 where a part has none."""
    if not one or not other:
        return 0.0
    return min(1.0, max(-1.0, (whole * whole - one * one - other * other) / (2 * one * other)))
