"""How likely a change is where nothing changed: had the runs of each prompt come in another order (Fisher 1935).

Of a prompt's runs, those of the window might as well have been any others, the same number of them. So given the
values that were seen, the sum of all prompts' differences has a known distribution, however skewed, discrete or rare
the values are. Its tail is computed by tilting (Chernoff's bound, sharpened by Bahadur & Rao 1960), which stays right
at levels of one in a million, where normal tails do not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, expm1, pi, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from core.domain.drift.measured import Floats
from core.domain.drift.paired import ROUNDING

_STEPS = 40
_NEAR = 0.02


def tail(baseline: Floats, window: Floats, n_baseline: Floats, n_window: Floats, *, up: bool) -> float:
    """The chance of a mean difference (window less baseline) as high as the one seen, or as low where not ``up``.

    [runs, prompts] each: values, nan where not known, and how many repetitions each is the mean of. Runs of fewer
    repetitions vary more than others; where a prompt has both, its differences are given the spread that they have as
    they came, and shares that are counts are exchanged repetition by repetition as well (the larger chance counts).
    """
    sign = 1.0 if up else -1.0
    known = (~np.isnan(baseline)).any(axis=0) & (~np.isnan(window)).any(axis=0)
    if not known.any():
        return 1.0
    tables = [table[:, known] for table in (baseline, window, n_baseline, n_window)]
    runs = _of_runs(*tables, sign=sign)
    chance = runs.chance()
    if runs.is_uneven:
        chance = max(chance, _of_repetitions(*tables, sign=sign))
    return min(1.0, chance)


@dataclass(frozen=True)
class _Runs:
    """Each prompt's runs as what they add to the sum where they are drawn for the window."""

    adds: Floats
    """[runs, prompts]; 0 where not known."""
    known: NDArray[np.bool_]
    drawn: NDArray[np.int64]
    """[prompts] how many of its runs make up the window."""
    seen: float
    """The sum as it was."""
    is_uneven: bool

    def chance(self) -> float:
        gaps = np.diff(np.sort(np.where(self.known, self.adds, np.nan), axis=0), axis=0)
        real = gaps[gaps > ROUNDING]
        return tilted(self.cumulants, self.seen, float(real.min()) if len(real) else 0.0)

    def cumulants(self, theta: float) -> tuple[float, float, float]:
        """The logarithm of the mean of exp(theta · sum), and its first two derivatives.

        By elementary symmetric polynomials: the mean over all draws of w of m is e_w(exp(theta · a)) / C(m, w).
        """
        highest = np.where(self.known, self.adds, -np.inf).max(axis=0)
        weight = np.where(self.known, np.exp(theta * (self.adds - highest)), 0.0)
        most, prompts = int(self.drawn.max()), self.adds.shape[1]
        value, first, second = (np.zeros((most + 1, prompts)) for _ in range(3))
        value[0] = 1.0
        for x, a in zip(weight, self.adds, strict=True):
            second[1:] += x * (second[:-1] + 2 * a * first[:-1] + a * a * value[:-1])
            first[1:] += x * (first[:-1] + a * value[:-1])
            value[1:] += x * value[:-1]
        at = (self.drawn, np.arange(prompts))
        value = np.maximum(value, np.finfo(float).tiny)
        mean = first[at] / value[at]
        m, w = self.known.sum(axis=0), self.drawn
        ways = gammaln(m + 1.0) - gammaln(w + 1.0) - gammaln(m - w + 1.0)
        logs = np.log(value[at]) + theta * w * highest - ways
        return float(logs.sum()), float(mean.sum()), float((second[at] / value[at] - mean**2).sum())


def _of_runs(baseline: Floats, window: Floats, n_baseline: Floats, n_window: Floats, *, sign: float) -> _Runs:
    values, n = sign * np.vstack([baseline, window]), np.vstack([n_baseline, n_window])
    known = ~np.isnan(values)
    w, b = known[len(baseline) :].sum(axis=0), known[: len(baseline)].sum(axis=0)
    inverse = np.where(known, 1 / np.maximum(n, 1), 0.0)
    within, before = inverse[len(baseline) :].sum(axis=0), inverse[: len(baseline)].sum(axis=0)
    stretch = (within / w**2 + before / b**2) / ((1 / w + 1 / b) * (within + before) / (w + b))
    centred = np.where(known, values, 0.0)
    centred = np.where(known, centred - centred.sum(axis=0) / (w + b), 0.0)
    centred[np.abs(centred) <= ROUNDING] = 0.0
    plain = centred * (w + b) / (w * b)
    seen = float(plain[len(baseline) :].sum())
    is_uneven = bool((known & (np.abs(inverse - inverse.max(axis=0)) > ROUNDING)).any())
    return _Runs(plain * np.sqrt(stretch), known, w, seen, is_uneven)


def _of_repetitions(baseline: Floats, window: Floats, n_baseline: Floats, n_window: Floats, *, sign: float) -> float:
    """As if every repetition might have fallen on either side, where values are counts.

    Of other values, where one run before is all there is and most prompts did not move: the chance that what is rare
    fell each time into the longer side.
    """
    sides = [
        (np.where(np.isnan(value), 0, value * n), np.where(np.isnan(value), 0, n))
        for value, n in ((window, n_window), (baseline, n_baseline))
    ]
    (hits, n), (hits_before, n_before) = [(hits.sum(axis=0), n.sum(axis=0)) for hits, n in sides]
    counts = np.concatenate([hits.ravel() for hits, _ in sides])
    is_counted = bool((np.abs(counts - np.rint(counts)) < 1e-6).all()) and bool((counts >= 0).all())
    total, everything = np.rint(hits + hits_before), n + n_before
    if not is_counted or (hits > n).any() or (hits_before > n_before).any():
        moved = np.abs(hits / n - hits_before / n_before) > ROUNDING
        is_rare = len(baseline) == 1 and 2 * moved.sum() < len(moved)
        return float((np.maximum(n, n_before) / everything)[moved].prod()) if is_rare else 0.0
    drawn = np.arange(n.max() + 1)[:, None]
    logs = _log_choose(total, drawn) + _log_choose(everything - total, n - drawn) - _log_choose(everything, n)
    adds = sign * (drawn / n - (total - drawn) / n_before)
    seen = float((sign * (hits / n - hits_before / n_before)).sum())
    step = float((1 / n + 1 / n_before).min())

    def cumulants(theta: float) -> tuple[float, float, float]:
        terms = logs + theta * adds
        highest = terms.max(axis=0)
        weight = np.exp(terms - highest)
        sums = weight.sum(axis=0)
        mean = (weight * adds).sum(axis=0) / sums
        spread = (weight * adds**2).sum(axis=0) / sums - mean**2
        return float((highest + np.log(sums)).sum()), float(mean.sum()), float(spread.sum())

    return tilted(cumulants, seen, step)


def _log_choose(n: Floats, k: Floats) -> Floats:
    inside = (k >= 0) & (k <= n)
    safe = np.where(inside, k, 0)
    return np.where(inside, gammaln(n + 1.0) - gammaln(safe + 1.0) - gammaln(n - safe + 1.0), -np.inf)


def tilted(cumulants: Callable[[float], tuple[float, float, float]], seen: float, step: float) -> float:
    """The chance of a sum of at least ``seen``, whose mean is 0.

    ``cumulants(theta)``: of the sum, with two derivatives. ``step``: of the lattice that the sum lies on, 0 for none.
    """
    spread = cumulants(0.0)[2]
    if seen <= 0 or spread <= 0:
        return 1.0
    theta = seen / spread
    for _ in range(_STEPS):
        value, mean, spread = cumulants(theta)
        missing = seen - mean
        if spread <= 0 or abs(missing) <= _NEAR * sqrt(spread):
            break
        theta = min(max(theta + missing / spread, theta / 3), theta * 3)
    bound = exp(min(value - theta * seen, 0.0))
    on_lattice = -theta * step / expm1(-theta * step) if theta * step > ROUNDING else 1.0
    sharpened = on_lattice / (theta * sqrt(2 * pi * max(spread, np.finfo(float).tiny)))
    return bound * min(1.0, sharpened)
