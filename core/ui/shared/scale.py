"""The scale of a chart: from where to where its axis goes, linear or logarithmic, and the numbers beside it."""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from core.domain.words import percent

_WIDE_RANGE = 8.0
_WIDEST = 4.0
_FEWEST = 3
_ROUNDING = 1e-9
_OUTSIDE = 5.0
"""No part of a logarithmic axis that spans so many times its beginning is without a number."""
_DIMES = r"\D*\$[\d,]*\.\d"
_STEPS_OF_TEN = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0))


class Scale:
    """From where to where an axis goes, and whether it is logarithmic: where values differ by more than 20 times."""

    def __init__(
        self, reach: Sequence[float | None], values: Sequence[float | None], bounds: tuple[float, float] | None
    ) -> None:
        """``values`` and all that they ``reach`` with their intervals; without ``values`` all count alike."""
        known = np.array([value for value in reach if value is not None])
        centres = np.array([value for value in values if value is not None]) if values else known
        self.is_log = bool(
            bounds is None and len(centres) and centres.min() > 0 and centres.max() > _WIDE_RANGE * centres.min()
        )
        self.is_empty = not len(centres)
        if bounds is not None or self.is_empty:
            self.low, self.high = bounds or (0.0, 1.0)
            return
        drawn = np.log10 if self.is_log else np.asarray
        low, high = (float(each) for each in (drawn(centres.min()), drawn(centres.max())))
        # Where every value is 0, what its interval reaches to says how wide the axis is.
        span = max(high - low, 0.3 if self.is_log else 0.3 * abs(high)) or float(known.max()) or 1.0
        ends = drawn(known[known > 0] if self.is_log else known)
        self.low = max(float(ends.min()), low - _WIDEST / 4 * span)
        self.high = min(float(ends.max()), high + _WIDEST / 4 * span)
        if not self.is_log and self.low < 0.35 * self.high:
            self.low = min(0.0, self.low)
        if self.high <= self.low:
            self.high = self.low + span
        margin = 0.04 * max(self.high - self.low, 1e-12)
        self.low, self.high = self.low - margin, self.high + margin

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest value that can be seen."""
        return (10**self.low, 10**self.high) if self.is_log else (self.low, self.high)


def labels(write: Callable[[float], str], at: Sequence[float]) -> list[str]:
    """The numbers beside the axis: as they are written elsewhere, unless that made two of them alike."""
    written = _as_long([_tick(write, value) for value in at], at)
    if len(set(written)) == len(written):
        return written
    if write is percent:
        return [f"{100 * value:.4g} %" for value in at]
    return [f"{value:.4g}" for value in at]


def _as_long(written: list[str], at: Sequence[float]) -> list[str]:
    """In equal steps numbers have as many decimals as the longest: $0.09, $0.10, $0.11."""
    found = [re.fullmatch(r"(\D*[\d,]+)(?:\.(\d+))?(\D*)", each) for each in written]
    steps = [b - a for a, b in pairwise(at)]
    if not all(found) or not steps or max(steps) - min(steps) > _ROUNDING * max(map(abs, steps)):
        return written
    parts = [one.groups("") for one in found if one is not None]
    longest = max(len(decimals) for _, decimals, _ in parts)
    return [f"{whole}{f'.{decimals:0<{longest}}' if longest else ''}{unit}" for whole, decimals, unit in parts]


def _tick(write: Callable[[float], str], value: float) -> str:
    """Without zeros that say nothing; cents have two digits."""
    found = re.fullmatch(r"(.*\d\.\d*?)0+(\D*)", write(value))
    if found is None:
        return write(value)
    plain = found[1].rstrip(".")
    return f"{plain}{'0' if re.fullmatch(_DIMES, plain) else ''}{found[2]}"


def ticks(least: float, most: float, *, is_log: bool) -> list[float]:
    """Round values within the axis, three at least and few enough for a phone. ``most`` > ``least``, > 0 where log."""
    if is_log:
        tried = [at for steps in _STEPS_OF_TEN if len(at := _of_tens(least, most, steps)) >= _FEWEST]
        found = next((at for at in tried if at[0] <= _OUTSIDE * least and most <= _OUTSIDE * at[-1]), [*tried, []][0])
        return found[:: max(len(found) // _FEWEST, 1)] if found else ticks(least, most, is_log=False)
    size = 10.0 ** np.ceil(np.log10(most - least))
    while True:
        for nice in (1.0, 0.5, 0.25, 0.2):
            step = nice * size
            first, last = int(np.ceil(least / step - _ROUNDING)), int(np.floor(most / step + _ROUNDING))
            if last - first + 1 >= _FEWEST:
                return [float(f"{number * step:.12g}") for number in range(first, last + 1)]
        size /= 10.0


def _of_tens(least: float, most: float, steps: Sequence[float]) -> list[float]:
    powers = range(int(np.floor(np.log10(least))), int(np.ceil(np.log10(most))) + 1)
    found = [step * 10.0**power for power in powers for step in steps]
    return [value for value in found if least <= value <= most]
