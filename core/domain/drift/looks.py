"""What windows of newest checks say of a series, in every scope, by Student's paired t over prompts."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from scipy.special import stdtr, stdtrit

from core.domain.drift.exchanging import tail
from core.domain.drift.measured import Floats, Scale, Series
from core.domain.drift.paired import FEWEST_PROMPTS, WINDOWS, Moments, Scopes, Values, moments, pooled, values
from core.domain.drift.shocks import Shock, run_effects, shocks

NO_SHOCK = Shock(0.0, 1.0)
LEVEL = 0.95


@dataclass(frozen=True)
class Looks:
    """[windows, scopes] of one series."""

    values: Values
    """Of the checks in the longest window."""
    windows: tuple[int, ...]
    """How many checks; never more than there are."""
    shocks: tuple[Shock, ...]
    """[windows]"""
    found: Moments
    error: Floats
    """Standard errors, nan where too few prompts are known on both sides or nothing is known of shocks."""
    degrees: Floats
    runs: int
    """In the baseline and since."""

    def p(self, *, up: bool) -> Floats:
        """One-sided, of a rise or of a fall; where nothing varies any difference is beyond chance, and none is not."""
        mean, error = self.found.mean, self.error
        with np.errstate(invalid="ignore", divide="ignore"):
            t = np.where(error > 0, mean / error, np.sign(mean) * np.inf)
            t = np.where((error == 0) & (mean == 0), 0.0, t)
            return np.where(np.isnan(error), np.nan, stdtr(self.degrees, -t if up else t))

    def exchanged(self, window: int, scope: int, scopes: Scopes, *, up: bool) -> float:
        """The one-sided chance had the runs come in another order."""
        part = self.values.at(scopes.places(scope))
        size, shift = self.windows[window], float(self.found.shift[window, scope])
        return tail(part.baseline, part.checks[-size:] + shift, part.n_baseline, part.n_checks[-size:], up=up)

    def interval(self) -> tuple[Floats, Floats]:
        """The bounds of the change (95 %). Of shares that did not vary, what n prompts need not have shown."""
        reach = stdtrit(self.degrees, (1 + LEVEL) / 2) * self.error
        if self.values.metric.scale is Scale.RATIO:
            return self.found.mean - reach, self.found.mean + reach
        unseen = log(2 / (1 - LEVEL)) / np.maximum(self.found.prompts, 1)
        reach = np.where(self.error == 0, unseen, reach)
        return np.maximum(self.found.mean - reach, -1.0), np.minimum(self.found.mean + reach, 1.0)


def looks(series: Sequence[Series], scopes: Scopes) -> list[Looks]:
    """At WINDOWS of each series, which has at least one check. Shocks are pooled over the series of one metric."""
    windows = [tuple(min(window, len(one.checks)) for window in WINDOWS) for one in series]
    shaken = [(NO_SHOCK,) * len(WINDOWS) for _ in series]
    for metric in {one.metric for one in series if one.metric.has_shocks}:
        places = [place for place, one in enumerate(series) if one.metric == metric]
        effects = [run_effects(values(series[place])) for place in places]
        sizes = zip(*(windows[place] for place in places), strict=True)
        by_window = [shocks(effects, size) for size in sizes]
        for number, place in enumerate(places):
            shaken[place] = tuple(told[number] for told in by_window)
    return [look_at(one, scopes, sizes, told) for one, sizes, told in zip(series, windows, shaken, strict=True)]


def look_at(series: Series, scopes: Scopes, windows: tuple[int, ...], shaken: tuple[Shock, ...]) -> Looks:
    """At some windows of one series."""
    told = values(series, max(windows))
    before = pooled(told.baseline, told.n_baseline)
    sides = [pooled(told.checks[-window:], told.n_checks[-window:]) for window in windows]
    each = [moments(before, after, series.metric, scopes.members) for after in sides]
    found = Moments(*(np.array([getattr(one, field) for one in each]) for field in Moments.__dataclass_fields__))
    runs = max(_known_runs(told.baseline), 1)
    held = np.array([max(_known_runs(told.checks[-window:]), 1) for window in windows])
    of_runs = np.array([one.variance for one in shaken]) * (1 / held + 1 / runs)
    error, degrees = errors(found, of_runs, np.array([one.degrees for one in shaken]))
    return Looks(told, windows, shaken, found, error, degrees, len(series.baseline) + len(series.checks))


def _known_runs(table: Floats) -> int:
    return sum(not np.isnan(run).all() for run in table)


def errors(found: Moments, of_runs: Floats, run_degrees: Floats) -> tuple[Floats, Floats]:
    """Standard errors and degrees of freedom, of prompts and of whole runs together (Satterthwaite 1946).

    ``of_runs``, ``run_degrees``: [windows] the variance that shocks add.
    """
    enough = found.prompts >= FEWEST_PROMPTS
    with np.errstate(invalid="ignore", divide="ignore"):
        of_prompts = np.where(enough, found.sd**2 / found.prompts, np.nan)
        variance = of_prompts + of_runs[:, None]
        parts = of_prompts**2 / (found.prompts - 1) + (of_runs**2 / run_degrees)[:, None]
        degrees = np.where(variance > 0, variance**2 / parts, np.where(enough, found.prompts - 1, np.nan))
    return np.sqrt(variance), degrees
