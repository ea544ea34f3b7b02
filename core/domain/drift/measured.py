"""What drift is judged from: a candidate's metric on each prompt, run by run."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]


class Scale(StrEnum):
    """How a change of a metric is counted.

    SHARE: bounded in [0, 1], after less before. RATIO: positive amounts, after ÷ before, judged in logarithms.
    """

    SHARE = "share"
    RATIO = "ratio"


@dataclass(frozen=True)
class Metric:
    """What is watched of every candidate."""

    name: str
    """As scripts name it: "acceptable", "latency_ms", "score: contains"."""
    title: str
    """As people read it: "Share acceptable"."""
    scale: Scale
    minimum: float
    """The least change that matters: .05 of a share, .10 of a ratio."""
    better: int
    """+1: more is better; -1: less is; 0: neither."""
    has_shocks: bool = False
    """Whether a whole run may be slower or faster than another, all its prompts together."""
    watch_only: bool = False
    """Whether it never raises an alarm."""


@dataclass(frozen=True)
class Seen:
    """One candidate's metric in one run; [prompts] each."""

    mean: Floats
    """Over a prompt's repetitions; nan where not known."""
    n: Floats
    """How many repetitions the mean is of."""


@dataclass(frozen=True)
class Series:
    """One candidate's metric in the runs of the baseline and since."""

    candidate: int
    metric: Metric
    baseline: Sequence[Seen]
    """One a run, oldest first."""
    checks: Sequence[Seen]
    """One a run since, oldest first; the last is judged now."""


@dataclass(frozen=True)
class Prompts:
    """The prompts of all series, told apart by their content."""

    category: Ids
    """[prompts] places in ``names``."""
    names: tuple[str, ...]
