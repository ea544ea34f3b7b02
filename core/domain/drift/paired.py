"""Differences between checks and the baseline, prompt by prompt: each prompt is one observation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.domain.drift.measured import Floats, Ids, Metric, Prompts, Scale, Seen, Series

FEWEST_PROMPTS = 5
WINDOWS = (1, 2, 4, 8)
"""A change is looked for in the mean of so many newest checks: a large one shows at once, a small lasting one later."""
ROUNDING = 1e-9


@dataclass(frozen=True)
class Scopes:
    """What is judged: all prompts together, and each category where there are several."""

    names: tuple[str | None, ...]
    members: Floats
    """[prompts, scopes] 1 where a prompt belongs to a scope."""

    def places(self, scope: int) -> Ids:
        """Of a scope's prompts."""
        return np.flatnonzero(self.members[:, scope])


def scopes(prompts: Prompts) -> Scopes:
    """Over all first."""
    categories = prompts.names if len(prompts.names) > 1 else ()
    everything = np.ones((len(prompts.category), 1))
    own = prompts.category[:, None] == np.arange(len(categories))
    return Scopes((None, *categories), np.hstack([everything, own]))


@dataclass(frozen=True)
class Values:
    """A series on the scale on which it is judged: shares as they are, amounts as logarithms."""

    metric: Metric
    baseline: Floats
    """[runs, prompts]; nan where not known, and where an amount is 0 and has no logarithm."""
    n_baseline: Floats
    checks: Floats
    n_checks: Floats

    @property
    def is_even(self) -> bool:
        """Whether every known value is the mean of as many repetitions."""
        n = np.vstack([self.n_baseline, self.n_checks])
        return not ((n > 0) & (n < n.max(initial=0.0))).any()

    def at(self, places: Ids) -> "Values":
        """Of some prompts alone."""
        tables = (self.baseline, self.n_baseline, self.checks, self.n_checks)
        return Values(self.metric, *(table[:, places] for table in tables))


def values(series: Series, newest: int | None = None) -> Values:
    """Of all checks, or of the ``newest`` ones alone."""
    checks = series.checks if newest is None else series.checks[-newest:]
    width = next((len(run.mean) for run in (*series.baseline, *checks)), 0)
    tables = [_table(runs, series.metric, width) for runs in (series.baseline, checks)]
    return Values(series.metric, *tables[0], *tables[1])


def _table(runs: Sequence[Seen], metric: Metric, width: int) -> tuple[Floats, Floats]:
    """[runs, prompts] the values and how many repetitions each is of, 0 where it is not known."""
    if not runs:
        return np.zeros((0, width)), np.zeros((0, width))
    mean, n = np.array([run.mean for run in runs], float), np.array([run.n for run in runs], float)
    is_known = ~np.isnan(mean) & (n > 0)
    if metric.scale is Scale.RATIO:
        is_known &= mean > 0
        return np.log(mean, out=np.full_like(mean, np.nan), where=is_known), np.where(is_known, n, 0.0)
    return np.where(is_known, mean, np.nan), np.where(is_known, n, 0.0)


@dataclass(frozen=True)
class Side:
    """Some runs pooled, every repetition counting once; [..., prompts] each."""

    mean: Floats
    """nan where no run knows it."""
    n: Floats
    runs: Floats


def pooled(value: Floats, n: Floats) -> Side:
    """[runs, prompts] each."""
    both = newest(value, n, (len(value),))
    return Side(both.mean[0], both.n[0], both.runs[0])


def newest(value: Floats, n: Floats, windows: tuple[int, ...]) -> Side:
    """[windows, prompts] each: of the last runs of [runs, prompts], so many as each window says."""
    if not len(value):
        nothing = np.zeros((len(windows), value.shape[1]))
        return Side(np.full_like(nothing, np.nan), nothing, nothing)
    at = np.array(windows) - 1
    known = ~np.isnan(value)
    total = np.cumsum(n[::-1], axis=0)[at]
    summed = np.cumsum((np.where(known, value, 0.0) * n)[::-1], axis=0)[at]
    mean = np.divide(summed, total, out=np.full_like(total, np.nan), where=total > 0)
    return Side(mean, total, np.cumsum(known[::-1], axis=0, dtype=float)[at])


@dataclass(frozen=True)
class Moments:
    """Of the differences over prompts known on both sides; all [windows, scopes]."""

    prompts: Floats
    before: Floats
    mean: Floats
    """nan without prompts."""
    sd: Floats
    """nan below two prompts."""
    shift: Floats
    """What was added to ``mean`` because the logarithm of a mean of few repetitions is too small (see ``moments``)."""


def moments(before: Side, after: Side, metric: Metric, members: Floats) -> Moments:
    """Of after ([windows, prompts]) less before ([prompts]), in each scope.

    The logarithm of a mean of n repetitions is on average cv²/2n too small, which matters where one side has fewer
    repetitions a run; cv² is told from the spread of the differences.
    """
    difference = after.mean - before.mean
    difference = np.where(np.abs(difference) <= ROUNDING, 0.0, difference)
    known = ~np.isnan(difference)
    moved = np.where(known, difference, 0.0)
    rows = [known, moved, moved**2, np.where(known, before.mean, 0.0)]
    if metric.scale is Scale.RATIO:
        each_after = np.where(known, 1 / np.maximum(after.n, 1), 0.0)
        each_before = np.where(known, 1 / np.maximum(before.n, 1), 0.0)
        rows += [each_after + each_before, after.runs * each_after - before.runs * each_before]
    sums = np.array(rows, float) @ members
    count = sums[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean, before_mean = sums[1] / count, sums[3] / count
        variance = np.maximum(sums[2] - count * mean**2, 0.0) / (count - 1)
        variance = np.where(variance <= ROUNDING**1.5 * (1 + mean**2), 0.0, variance)
        variance = np.where(count > 1, variance, np.nan)
        shift = variance * sums[5] / sums[4] / 2 if metric.scale is Scale.RATIO else np.zeros_like(mean)
    shift = np.nan_to_num(shift)
    return Moments(count, before_mean, mean + shift, np.sqrt(variance), shift)
