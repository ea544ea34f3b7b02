"""The scale of a chart: from where to where its axis goes, linear or logarithmic, and the numbers beside it."""

import re
from collections.abc import Callable, Sequence

import numpy as np

_WIDE_RANGE = 8.0
_WIDEST = 4.0


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


def tick(write: Callable[[float], str], value: float) -> str:
    """A number of an axis: as it is written elsewhere, without zeros that say nothing."""
    found = re.fullmatch(r"(.*\d\.\d*?)0+(\D*)", write(value))
    return write(value) if found is None else f"{found[1].rstrip('.')}{found[2]}"


def ticks(least: float, most: float, *, is_log: bool) -> list[float]:
    """Three or so round values, which fit beside each other on a phone."""
    if is_log:
        powers = range(int(np.floor(np.log10(least))), int(np.ceil(np.log10(most))) + 1)
        tens = [10.0**power for power in powers if least <= 10.0**power <= most]
        between = [step * 10.0**power for power in powers for step in (1, 2, 5) if least <= step * 10.0**power <= most]
        found = tens if len(tens) > 2 else between
        return found[:: max(-(-len(found) // 3), 1)]
    rough = (most - max(least, 0.0)) / 2.5
    size = 10.0 ** np.floor(np.log10(rough))
    step = next(size * nice for nice in (1, 2, 2.5, 5, 10) if size * nice >= rough)
    return [
        float(number * step) for number in range(max(int(np.ceil(least / step)), 0), int(np.floor(most / step)) + 1)
    ]
