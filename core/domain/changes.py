"""What changed between two runs of the same prompts: paired by prompt, and *clear* only as far as many looks allow.

Each prompt is one observation: its repetitions are averaged in each run first, for answers to one prompt resemble
each other. Many measures of many candidates are looked at together, so a change is called clear only where the false
discovery rate over all of them is held (Benjamini & Hochberg 1995; valid too where measures rise and fall together,
Benjamini & Yekutieli 2001).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

Floats = NDArray[np.float64]
FEWEST_PROMPTS = 5
FALSE_DISCOVERIES = 0.05
_LEVEL = 0.95
_ROUNDING = 1e-9


class State(StrEnum):
    """How much is known of a change.

    POSSIBLE: its interval leaves *no change* out, but among so many comparisons, or so few prompts that moved, that may
    be chance.
    """

    CLEAR = "clear"
    POSSIBLE = "may be chance"
    NONE = "no clear change"
    NOT_ENOUGH = "not enough"


@dataclass(frozen=True)
class Change:
    """From ``before`` to ``after``, means over ``n`` prompts: their difference, or (``is_ratio``) after ÷ before.

    Of a ratio the means are geometric, so that they and ``value`` agree. ``lower``, ``upper``: the 95 % interval; None
    below five prompts, and where all prompts changed by the same so that none can be told. ``unknown``, ``zeros``:
    prompts left out because a value is not known, or because it is 0 and has no ratio.
    """

    is_ratio: bool
    state: State
    n: int
    before: float | None = None
    after: float | None = None
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    p: float | None = None
    """How likely so large a change is by chance; None below five prompts."""
    unknown: int = 0
    zeros: int = 0

    @property
    def is_uniform(self) -> bool:
        """Whether enough prompts are there and all of them changed by the same, be it not at all."""
        return self.p is not None and self.lower is None

    @property
    def is_unchanged(self) -> bool:
        """Whether every prompt has in both runs the same value."""
        return self.is_uniform and self.value == (1.0 if self.is_ratio else 0.0)


def per_prompt(prompt: ArrayLike, value: ArrayLike, prompts: int) -> Floats:
    """[prompts] the mean of ``value`` over what each prompt has of it, nan where nothing is known.

    ``prompt[i]``: the place of observation i's prompt; ``value[i]``: nan where not known.
    """
    place, found = np.asarray(prompt, dtype=np.int64), np.asarray(value, dtype=float)
    known = ~np.isnan(found)
    total = np.bincount(place[known], found[known], prompts)
    n = np.bincount(place[known], minlength=prompts)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)


def difference(before: ArrayLike, after: ArrayLike) -> Change:
    """The mean difference of shares or scores within [0, 1], with Student's paired t interval over prompts.

    ``before[g]``, ``after[g]``: prompt g's means; where one is nan the prompt is left out.
    """
    first, second, unknown = _both_known(before, after)
    change = _told(second - first, is_ratio=False, unknown=unknown)
    if not change.n:
        return change
    return replace(
        change,
        before=float(first.mean()),
        after=float(second.mean()),
        lower=None if change.lower is None else max(-1.0, change.lower),
        upper=None if change.upper is None else min(1.0, change.upper),
    )


def ratio(before: ArrayLike, after: ArrayLike) -> Change:
    """The geometric mean of after ÷ before over prompts: Student's paired t interval of the logarithms.

    ``before[g]``, ``after[g]``: prompt g's means, for instance in ms or US dollars; where one is nan or 0 the prompt is
    left out.
    """
    first, second, unknown = _both_known(before, after)
    positive = (first > 0) & (second > 0)
    first, second = np.log(first[positive]), np.log(second[positive])
    change = _told(second - first, is_ratio=True, unknown=unknown, zeros=int((~positive).sum()))
    if not change.n:
        return change
    return replace(
        change,
        before=math.exp(float(first.mean())),
        after=math.exp(float(second.mean())),
        value=None if change.value is None else math.exp(change.value),
        lower=None if change.lower is None else math.exp(change.lower),
        upper=None if change.upper is None else math.exp(change.upper),
    )


def hold_false_discoveries(changes: Sequence[Change], rate: float = FALSE_DISCOVERIES) -> list[Change]:
    """The same changes, those called *clear* that survive: of these on average at most ``rate`` are chance.

    Benjamini & Hochberg (1995): of m p-values in ascending order the first k are clear, k the largest with
    p_k ≤ rate · k / m. ``changes``: all that are shown together; those without a p are not counted.
    """
    tested = np.sort([change.p for change in changes if change.p is not None])
    small = np.flatnonzero(tested <= rate * np.arange(1, len(tested) + 1) / max(len(tested), 1))
    bound = float(tested[small[-1]]) if len(small) else -1.0
    return [
        replace(change, state=State.CLEAR)
        if change.p is not None and change.p <= bound and change.state is State.POSSIBLE
        else change
        for change in changes
    ]


def _both_known(before: ArrayLike, after: ArrayLike) -> tuple[Floats, Floats, int]:
    first, second = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    known = ~(np.isnan(first) | np.isnan(second))
    return first[known], second[known], int((~known).sum())


def _told(differences: Floats, *, is_ratio: bool, unknown: int, zeros: int = 0) -> Change:
    """The change on the scale of ``differences``, one a prompt.

    No p is below 2^(1−k), k the prompts that changed at all: exchanging the two runs within prompts at random (Fisher's
    randomisation test) cannot give less, while t believes a few equal changes among many zeros too readily.
    """
    n = len(differences)
    if not n:
        return Change(is_ratio, State.NOT_ENOUGH, 0, unknown=unknown, zeros=zeros)
    value = float(differences.mean())
    found = Change(is_ratio, State.NOT_ENOUGH, n, value=value, unknown=unknown, zeros=zeros)
    if n < FEWEST_PROMPTS:
        return found
    spread = float(differences.std(ddof=1))
    moved = int((np.abs(differences) > _ROUNDING).sum())
    least = min(1.0, 2.0 ** (1 - moved))
    if spread <= _ROUNDING * max(1.0, abs(value)):
        if not moved:
            return replace(found, state=State.NONE, value=0.0, p=1.0)
        return replace(found, state=State.POSSIBLE if least <= 1 - _LEVEL else State.NOT_ENOUGH, p=least)
    error = spread / math.sqrt(n)
    reach = float(stdtrit(n - 1, 0.5 + _LEVEL / 2)) * error
    p = max(least, 2 * float(stdtr(n - 1, -abs(value) / error)))
    state = State.POSSIBLE if abs(value) > reach else State.NONE
    return replace(found, state=state, lower=value - reach, upper=value + reach, p=p)
