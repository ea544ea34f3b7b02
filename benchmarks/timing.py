"""Timing actions side by side, for the benchmarks."""

import time
from collections.abc import Callable

import numpy as np


def medians(rounds: int, *actions: Callable[[], object]) -> list[float]:
    """The median time of each action in seconds, taken in turns so that a noisy machine hits all."""
    taken: list[list[float]] = [[] for _ in actions]
    for action in actions:
        action()
    for _ in range(rounds):
        for action, times in zip(actions, taken, strict=True):
            began = time.perf_counter()
            action()
            times.append(time.perf_counter() - began)
    return [float(np.median(times)) for times in taken]
