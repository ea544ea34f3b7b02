"""How slow this machine is, measured once, so that bounds on time mean the same on a slow day."""

import os
import statistics
from time import perf_counter

_ROUNDS = 200_000
_QUICK_S = 0.012
"""What one measurement takes on a quick machine with nothing beside it."""


def _measured_s() -> float:
    began = perf_counter()
    found = 0
    for number in range(_ROUNDS):
        found += number * number
    return perf_counter() - began


def _slowness() -> float:
    """Times as slow as a quick machine, and more where others wait for a core already; at least 2.

    It is measured before the processes are there that share the cores.
    """
    alone = statistics.median(_measured_s() for _ in range(5)) / _QUICK_S
    waiting = os.getloadavg()[0] / (os.cpu_count() or 1)
    return max(1.0, alone) * max(2.0, waiting)


SLOWNESS = min(_slowness(), 10.0)


def patience_s(quick_s: float) -> float:
    """How long to wait here for what comes within ``quick_s`` seconds on a quick machine."""
    return quick_s * SLOWNESS
