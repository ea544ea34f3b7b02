"""How much whole runs differ from each other by chance: slower or faster hours, not drift."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.integrate import quad
from scipy.special import bdtr, digamma, fdtri, polygamma
from scipy.stats import chi2

from core.domain.drift.measured import Floats
from core.domain.drift.paired import Values, pooled

FEWEST_RUNS = 8
"""Baseline and checks together; before, a metric with shocks raises no alarm."""
_LEFT_OUT = 0.1
UNLIKE = 0.8
_MOST_DEGREES = 1e6


@dataclass(frozen=True)
class Shock:
    """The variance between runs of one candidate."""

    variance: float
    """nan where nothing is known of it."""
    degrees: float


def run_effects(values: Values) -> Floats:
    """[runs] by how much the baseline's runs and then the checks differ from the baseline's mean; nan: not known."""
    before = pooled(values.baseline, values.n_baseline).mean
    difference = np.vstack([values.baseline, values.checks]) - before
    known = ~np.isnan(difference)
    count = known.sum(axis=1)
    summed = np.where(known, difference, 0.0).sum(axis=1)
    effects: Floats = np.divide(summed, count, out=np.full(len(count), np.nan), where=count > 0)
    return effects


def shocks(effects: Sequence[Floats], windows: Sequence[int]) -> list[Shock]:
    """One a candidate of one metric, from the differences of successive runs (von Neumann 1941).

    A drift makes one of them large, so the largest tenth (at least one) is left out; so is the step into the window of
    newest checks that is judged. Candidates' variances are moderated towards each other as far as they agree (Smyth
    2004), with fewer degrees of freedom where candidates were slow together; one whose variance is larger than that
    allows (UNLIKE) is judged by its own.
    """
    steps = [_steps(one, window) for one, window in zip(effects, windows, strict=True)]
    own = [_own(one) for one in steps]
    told = [one for one in own if one.degrees > 0]
    if not told:
        return [Shock(np.nan, 0.0) for _ in effects]
    most = sum(one.degrees for one in told) / (1 + (len(told) - 1) * _shared(steps))
    centre, prior = _prior(told)
    found = []
    for one in own:
        mine = one.variance if one.degrees > 0 else 0.0
        degrees = prior + one.degrees
        moderated = (prior * centre + one.degrees * mine) / degrees if degrees else np.nan
        is_own = one.degrees > 0 and mine > moderated * float(fdtri(one.degrees, most, UNLIKE))
        found.append(Shock(mine if is_own else moderated, min(degrees, most)))
    return found


def of_others(effects: Sequence[Floats]) -> list[Floats]:
    """For each candidate [runs] the median effect of the others in the same run; nan where fewer than two are known.

    Runs are the same where they are as many from the newest.
    """
    longest = max(len(one) for one in effects)
    table = np.array([np.concatenate([np.full(longest - len(one), np.nan), one]) for one in effects])
    found = []
    for place, own in enumerate(effects):
        others = np.delete(table, place, axis=0)[:, longest - len(own) :]
        enough = (~np.isnan(others)).sum(axis=0) >= 2
        middle = np.full(len(own), np.nan)
        middle[enough] = np.nanmedian(others[:, enough], axis=0)
        found.append(middle)
    return found


def _steps(effects: Floats, window: int) -> Floats:
    """Differences of successive runs without the one into the window; nan where a run is missing."""
    steps: Floats = np.diff(effects)
    into = len(steps) - window
    kept: Floats = steps[np.arange(len(steps)) != into]
    return kept


def _own(steps: Floats) -> Shock:
    squares = np.sort(steps[~np.isnan(steps)] ** 2)
    count = len(squares)
    left_out = int(np.ceil(_LEFT_OUT * count))
    if count - left_out < 1:
        return Shock(np.nan, 0.0)
    mean, degrees = trimmed(count, left_out)
    return Shock(float(squares[: count - left_out].mean()) / (2 * mean), degrees)


@lru_cache(maxsize=512)
def trimmed(count: int, left_out: int) -> tuple[float, float]:
    """Of the mean of ``count`` squared steps without the largest ``left_out``: what it is of their variance, and its
    degrees of freedom.

    A square stays where at least ``left_out`` of the others are larger. Two steps share a run, which costs a third of
    the degrees, 2m²/(3m − 1) of m, and leaving some out a tenth (by simulation).
    """
    kept = count - left_out

    def density(x: float) -> float:
        return float(x * chi2.pdf(x, 1) * (1 - bdtr(left_out - 1, count - 1, chi2.sf(x, 1))))

    mean = count * quad(density, 0, 40, limit=200)[0] / kept
    return mean, 0.9 * 2 * kept**2 / (3 * kept - 1)


def _shared(steps: Sequence[Floats]) -> float:
    """The mean squared correlation of two candidates' steps beyond what chance makes it; 1 where none can be told."""
    longest = max(len(one) for one in steps)
    table = np.array([np.concatenate([np.full(longest - len(one), np.nan), one]) for one in steps])
    known = (~np.isnan(table)).astype(float)
    table = np.nan_to_num(table)
    both, squares = known @ known.T, table**2 @ known.T
    pairs = np.triu(np.ones(both.shape, bool), 1) & (both > 2) & (squares > 0) & (squares.T > 0)
    if not pairs.any():
        return 1.0
    squared = (table @ table.T)[pairs] ** 2 / (squares * squares.T)[pairs]
    chance = 1 / both[pairs]
    return float(np.clip(((squared - chance) / (1 - chance)).mean(), 0.0, 1.0))


def _prior(told: Sequence[Shock]) -> tuple[float, float]:
    """What candidates' variances have in common, and with how many degrees of freedom (Smyth 2004, section 6.2)."""
    variance, degrees = (np.array([getattr(one, field) for one in told]) for field in ("variance", "degrees"))
    pooled_variance = float((variance * degrees).sum() / degrees.sum())
    if len(told) < 2:
        return pooled_variance, 0.0
    half = degrees / 2
    logs = np.log(np.maximum(variance, np.finfo(float).tiny)) - digamma(half) + np.log(half)
    excess = float(logs.var(ddof=1) - polygamma(1, half).mean())
    if excess <= 0:
        return pooled_variance, _MOST_DEGREES
    return float(np.exp(logs.mean())), 2 * _inverse_trigamma(excess)


def _inverse_trigamma(value: float) -> float:
    """By Newton's steps on 1/trigamma, which is nearly straight."""
    x = 0.5 + 1 / value
    for _ in range(20):
        now = float(polygamma(1, x))
        x += now * (1 - now / value) / float(polygamma(2, x))
    return x
