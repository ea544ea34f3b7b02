"""What windows of newest checks say of a series, in every scope, by Student's paired t over prompts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log

import numpy as np
from scipy.special import stdtr, stdtrit

from core.domain.drift.exchanging import tail
from core.domain.drift.measured import Floats, Scale, Series
from core.domain.drift.paired import FEWEST_PROMPTS, WINDOWS, Moments, Scopes, Values, moments, newest, pooled, values
from core.domain.drift.shocks import Shock, of_others, run_effects, shocks

NO_SHOCK = Shock(0.0, 1.0)
LEVEL = 0.95
MANY = 1e9


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
    proving: Floats
    """Degrees of freedom for proofs: where the exchange of runs is exact, it minds how few the prompts are."""
    runs: int
    """In the baseline and since."""
    against_others: "Looks | None" = None
    """Of a metric with shocks: of the change less the median one of all prompts of the other candidates, as a shock
    may hit all that are asked from one place."""

    def p(self, *, up: bool) -> Floats:
        """One-sided, of a rise or of a fall; where nothing varies any difference is beyond chance, and none is not.

        To be read with ``exchanged``.
        """
        mean, error = self.found.mean, self.error
        with np.errstate(invalid="ignore", divide="ignore"):
            t = np.where(error > 0, mean / error, np.sign(mean) * np.inf)
            t = np.where((error == 0) & (mean == 0), 0.0, t)
            return np.where(np.isnan(error), np.nan, stdtr(self.proving, -t if up else t))

    def exchanged(self, window: int, scope: int, scopes: Scopes, *, up: bool) -> float:
        """The one-sided chance had the runs come in another order."""
        part = self.values.at(scopes.places(scope))
        size, shift = self.windows[window], float(self.found.shift[window, scope])
        return tail(part.baseline, part.checks[-size:] + shift, part.n_baseline, part.n_checks[-size:], up=up)

    def interval(self, window: int) -> tuple[Floats, Floats]:
        """[scopes] the bounds of the change (95 %). Of shares that did not vary, what n prompts need not have shown."""
        mean, error = self.found.mean[window], self.error[window]
        reach = stdtrit(self.degrees[window], (1 + LEVEL) / 2) * error
        if self.values.metric.scale is Scale.RATIO:
            return mean - reach, mean + reach
        unseen = log(2 / (1 - LEVEL)) / np.maximum(self.found.prompts[window], 1)
        reach = np.where(error == 0, unseen, reach)
        return np.maximum(mean - reach, -1.0), np.minimum(mean + reach, 1.0)


def looks(series: Sequence[Series], scopes: Scopes) -> list[Looks]:
    """At WINDOWS of each series, which has at least one check. Shocks are pooled over the series of one metric."""
    windows = [tuple(min(window, len(one.checks)) for window in WINDOWS) for one in series]
    found: dict[int, Looks] = {}
    for metric in dict.fromkeys(one.metric for one in series if one.metric.has_shocks):
        places = [place for place, one in enumerate(series) if one.metric == metric]
        told = _shaken([series[place] for place in places], scopes, [windows[place] for place in places])
        found |= dict(zip(places, told, strict=True))
    plain = (NO_SHOCK,) * len(WINDOWS)
    return [found.get(place) or look_at(one, scopes, windows[place], plain) for place, one in enumerate(series)]


def _shaken(series: Sequence[Series], scopes: Scopes, windows: Sequence[tuple[int, ...]]) -> list[Looks]:
    """Of the candidates of one metric with shocks."""
    effects = [run_effects(values(one)) for one in series]
    shared = of_others(effects)
    relative = [own - others for own, others in zip(effects, shared, strict=True)]
    own, against = (_by_series(some, windows) for some in (effects, relative))
    found = []
    for place, one in enumerate(series):
        look = look_at(one, scopes, windows[place], own[place])
        is_alone = bool(np.isnan(shared[place]).all())
        less = None if is_alone else _less(look, shared[place], len(one.baseline), against[place])
        found.append(replace(look, against_others=less))
    return found


def _by_series(effects: Sequence[Floats], windows: Sequence[tuple[int, ...]]) -> list[tuple[Shock, ...]]:
    """For each series the shocks at each of its windows."""
    by_window = [shocks(effects, sizes) for sizes in zip(*windows, strict=True)]
    return list(zip(*by_window, strict=True))


def _less(look: Looks, shared: Floats, baseline: int, shaken: tuple[Shock, ...]) -> Looks:
    """The look after what the others did is taken off."""
    by = np.array([shared[-window:].mean() for window in look.windows]) - shared[:baseline].mean()
    less = replace(look.found, mean=look.found.mean - by[:, None], shift=look.found.shift - by[:, None])
    error, degrees, proving = _errors(look.values, less, look.windows, shaken)
    return replace(look, found=less, shocks=shaken, error=error, degrees=degrees, proving=proving)


def look_at(series: Series, scopes: Scopes, windows: tuple[int, ...], shaken: tuple[Shock, ...]) -> Looks:
    """At some windows of one series."""
    told = values(series, max(windows))
    before = pooled(told.baseline, told.n_baseline)
    after = newest(told.checks, told.n_checks, windows)
    found = moments(before, after, series.metric, scopes.members)
    runs = len(series.baseline) + len(series.checks)
    return Looks(told, windows, shaken, found, *_errors(told, found, windows, shaken), runs)


def _known_runs(table: Floats) -> int:
    return sum(not np.isnan(run).all() for run in table)


def _errors(
    told: Values, found: Moments, windows: tuple[int, ...], shaken: tuple[Shock, ...]
) -> tuple[Floats, Floats, Floats]:
    """Standard errors of prompts and of whole runs together, their degrees of freedom (Satterthwaite 1946), and those
    for proofs."""
    runs = max(_known_runs(told.baseline), 1)
    held = np.array([max(_known_runs(told.checks[-window:]), 1) for window in windows])
    of_runs = (np.array([one.variance for one in shaken]) * (1 / held + 1 / runs))[:, None]
    enough = found.prompts >= FEWEST_PROMPTS
    is_exact = runs > 1 and told.is_even
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        of_prompts = np.where(enough, found.sd**2 / found.prompts, np.nan)
        variance = of_prompts + of_runs
        parts = of_runs**2 / np.array([[one.degrees] for one in shaken])
        among = of_prompts**2 / (found.prompts - 1)
        degrees, exact = (
            np.where(part > 0, variance**2 / np.where(part > 0, part, 1.0), np.where(enough, most, np.nan))
            for part, most in ((parts + among, found.prompts - 1), (parts, MANY))
        )
    return np.sqrt(variance), degrees, exact if is_exact else degrees
