"""What the hour of the day does to latency and failures, and how much of their variance it makes.

The responses of one run in one hour are an *occasion*. An hour is told from chance by how much its occasions differ
from each other, for those of one run share its weather: so hours need several runs. Each prompt is compared with itself
(an effect for every prompt, fitted with those of occasions), so that hours may have other prompts.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import chdtri, fdtri, stdtrit

from core.domain.drift.measured import Floats, Ids

_LEVEL = 0.95
_SWEEPS = 50
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Hour:
    """The responses of one hour of the day."""

    hour: int
    """0 to 23, in the time zone of the caller's hours."""
    value: float
    """The mean, of amounts the geometric one, as if every hour had had the same prompts."""
    lower: float | None
    upper: float | None
    """The 95 % interval; None where no hour has two occasions."""
    responses: int


@dataclass(frozen=True)
class Hours:
    """A metric by hour of day."""

    hours: tuple[Hour, ...]
    """Those with responses, in order."""
    share: float | None
    """Of the variance within prompts, the part that the hour makes; None where it cannot be told: one hour, no hour
    with two occasions, no prompt asked twice, or nothing varies."""
    lower: float | None
    upper: float | None
    """The share's 95 % interval (Williams 1962)."""


def by_hour(hour: Ids, prompt: Ids, run: Ids, value: Floats, *, is_amount: bool) -> Hours:
    """``hour[i]`` (0 to 23), ``prompt[i]``, ``run[i]``: of response i; ``value[i]`` its ms, or 1 where it failed.

    ``is_amount``: positive amounts, taken in logarithms. A value that is nan, or an amount of 0, is left out.
    """
    known = ~np.isnan(value)
    known &= np.where(known, value, 0.0) > 0 if is_amount else True
    if not known.any():
        return Hours((), None, None, None)
    taken = np.log(value[known]) if is_amount else value[known].astype(float)
    hours, of_hour = np.unique(hour[known], return_inverse=True)
    of_prompt = np.unique(prompt[known], return_inverse=True)[1]
    places, of_occasion = np.unique(np.array([of_hour, run[known]]), axis=1, return_inverse=True)
    of_occasion = of_occasion.ravel()
    occasion = _occasions(taken, of_prompt, of_occasion)
    anova = _Anova(places[0], occasion)
    means, reach = anova.means(), anova.reach()
    numbers = [means, means - reach, means + reach]
    told = np.exp(numbers) if is_amount else np.clip(numbers, 0.0, 1.0)
    count = np.bincount(of_hour)
    found = tuple(
        Hour(int(one), mean, _known(lower), _known(upper), int(n))
        for one, mean, lower, upper, n in zip(hours, *told.tolist(), count, strict=True)
    )
    return Hours(found, *anova.share(_within(taken, of_prompt)))


def _occasions(value: Floats, prompt: Ids, occasion: Ids) -> Floats:
    """[occasions] means as if all had the same prompts: effects of prompts and occasions, by least squares in turn.

    Where no prompt was asked on two occasions nothing can be compared with itself, and means are plain.
    """
    mean = float(value.mean())
    n_prompt, n_occasion = np.bincount(prompt), np.bincount(occasion)
    effect: Floats = np.zeros(len(n_occasion))
    pairs = len(np.unique(np.array([prompt, occasion]), axis=1).T)
    if pairs == len(n_prompt):
        return np.asarray(np.bincount(occasion, value) / n_occasion, np.float64)
    for _ in range(_SWEEPS):
        of_prompt = np.bincount(prompt, value - mean - effect[occasion]) / n_prompt
        new = np.bincount(occasion, value - mean - of_prompt[prompt]) / n_occasion
        new -= (new * n_occasion).sum() / len(value)
        is_settled = bool(np.abs(new - effect).max() < _ROUNDING)
        effect = np.asarray(new, np.float64)
        if is_settled:
            break
    return mean + effect


def _within(value: Floats, prompt: Ids) -> float:
    """The variance of a response around its prompt's mean; nan where no prompt has two."""
    n = np.bincount(prompt)
    left = len(value) - len(n)
    if not left:
        return float("nan")
    return float(((value - (np.bincount(prompt, value) / n)[prompt]) ** 2).sum() / left)


@dataclass(frozen=True)
class _Anova:
    """Occasions grouped by hour."""

    hour: Ids
    occasion: Floats

    @property
    def count(self) -> Ids:
        return np.asarray(np.bincount(self.hour), np.int64)

    @property
    def degrees(self) -> tuple[int, int]:
        """Between hours, and between occasions of one hour."""
        return len(self.count) - 1, len(self.hour) - len(self.count)

    def means(self) -> Floats:
        return np.asarray(np.bincount(self.hour, self.occasion) / self.count, np.float64)

    def of_occasions(self) -> float:
        """The variance between occasions of one hour."""
        return float(((self.occasion - self.means()[self.hour]) ** 2).sum() / self.degrees[1])

    def reach(self) -> Floats:
        """By how much a mean may be off; nan where that cannot be told."""
        if not self.degrees[1]:
            return np.full(len(self.count), np.nan)
        factor = float(stdtrit(self.degrees[1], (1 + _LEVEL) / 2)) * sqrt(self.of_occasions())
        return np.asarray(factor / np.sqrt(self.count), np.float64)

    def share(self, within: float) -> tuple[float | None, float | None, float | None]:
        """What the hour makes of a variance, and its interval."""
        between, inside = self.degrees
        if not between or not inside or not within > _ROUNDING:
            return None, None, None
        squares = float((self.count * (self.means() - self.occasion.mean()) ** 2).sum())
        each = (len(self.hour) - float((self.count**2).sum()) / len(self.hour)) / between
        noise, tail = self.of_occasions(), (1 - _LEVEL) / 2
        value = (squares / between - noise) / each
        lower = squares - between * noise * float(fdtri(between, inside, 1 - tail))
        upper = squares - between * noise * float(fdtri(between, inside, tail))
        bounds = (lower / each / float(chdtri(between, tail)), upper / each / float(chdtri(between, 1 - tail)))
        numbers = [min(max(one / within, 0.0), 1.0) for one in (value, *bounds)]
        return numbers[0], numbers[1], numbers[2]


def _known(number: float) -> float | None:
    return None if np.isnan(number) else number
