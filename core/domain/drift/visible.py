"""What size of change can be seen at all with these prompts and repetitions."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from scipy.special import chdtri, ndtri, stdtrit

from core.domain.drift.levels import levels, share_of
from core.domain.drift.measured import Floats, Metric, Prompts, Scale, Series
from core.domain.drift.paired import FEWEST_PROMPTS, Scopes, Values, pooled, scopes, values
from core.domain.drift.shocks import FEWEST_RUNS, Shock, of_others, run_effects, shocks
from core.domain.drift.tiers import least

CHECKS = 2
LIKELY = 0.8
_SIZES = np.linspace(0.002, 1.0, 500)
_LARGEST_LOG = 3.0


@dataclass(frozen=True)
class Visible:
    """The size of change for the worse that an alarm can be had for within two checks."""

    metric: Metric
    category: str | None
    size: float | None
    """Of a SHARE in points / 100, of a RATIO as a factor above 1, of the median candidate; None: no size is enough."""
    largest: float | None
    """Of the candidate for which it is largest; None where it is None for any."""
    prompts: int


@dataclass(frozen=True)
class _Spread:
    """[scopes] what one candidate's metric varies by."""

    prompts: Floats
    level: Floats
    within: Floats
    """Variance of one repetition; nan where a single run does not tell it."""
    each: float
    """Repetitions in a check."""
    before: float
    """Repetitions in the baseline, and its runs."""
    runs: int


def smallest_visible(
    series: Sequence[Series], prompts: Prompts, *, checks_a_year: float = 52, chance: float = 0.9
) -> tuple[Visible, ...]:
    """Per metric, over all and in each category: the change that an alarm within two checks can be had for.

    From the data's own spread, as it would be after a change that all prompts share; ``chance``: of the alarm.
    ``series`` and ``checks_a_year`` as in ``judge``; no check is needed. A metric that is only watched has no size, nor
    one with shocks before FEWEST_RUNS.
    """
    parts = scopes(prompts)
    may_alarm = sum(not one.metric.watch_only for one in series)
    level = levels(may_alarm, len(parts.names) - 1, checks_a_year).of(len(parts.names))
    found: list[Visible] = []
    for metric in dict.fromkeys(one.metric for one in series):
        of_metric = [one for one in series if one.metric == metric]
        sizes, counts = _sizes(of_metric, metric, parts, level, float(ndtri(chance)))
        for scope, name in enumerate(parts.names):
            found.append(_visible(metric, name, sizes[:, scope], int(np.median(counts[:, scope]))))
    return tuple(found)


def _visible(metric: Metric, name: str | None, sizes: Floats, prompts: int) -> Visible:
    middle, largest = float(np.median(sizes)), float(sizes.max())
    size, most = (
        None if np.isinf(one) else exp(one) if metric.scale is Scale.RATIO else one for one in (middle, largest)
    )
    return Visible(metric, name, size, most, prompts)


def _sizes(
    series: Sequence[Series], metric: Metric, parts: Scopes, level: Floats, safety: float
) -> tuple[Floats, Floats]:
    """[candidates, scopes] on the scale of judging, infinite where none is enough; and the prompts."""
    tables = [values(one) for one in series]
    spreads = [_spread(table, parts) for table in tables]
    counts = np.array([one.prompts for one in spreads])
    runs = max(len(one.baseline) + len(one.checks) for one in series)
    if metric.watch_only or (metric.has_shocks and runs < FEWEST_RUNS):
        return np.full(counts.shape, np.inf), counts
    allowed = level * share_of(metric, up=metric.better <= 0)
    each = [
        np.array([_size(one, metric, allowed / len(ways), way, safety) for way in ways]).min(axis=0)
        for one, ways in zip(spreads, _ways(tables, metric), strict=True)
    ]
    return np.array(each), counts


def _ways(tables: Sequence[Values], metric: Metric) -> list[list[Shock]]:
    """For each candidate its shocks, by itself and against the others."""
    if not metric.has_shocks:
        return [[Shock(0.0, 1.0)] for _ in tables]
    effects, none = [run_effects(table) for table in tables], [0] * len(tables)
    relative = [own - others for own, others in zip(effects, of_others(effects), strict=True)]
    both = zip(shocks(effects, none), shocks(relative, none), strict=True)
    return [[way for way in ways if not np.isnan(way.variance)] or [ways[0]] for ways in both]


def _spread(table: Values, parts: Scopes) -> _Spread:
    value, n = np.vstack([table.baseline, table.checks]), np.vstack([table.n_baseline, table.n_checks])
    before = pooled(table.baseline, table.n_baseline)
    known = ~np.isnan(before.mean) & ~np.isnan(value[-1])
    members = parts.members * known[:, None]
    count = members.sum(axis=0)
    level = np.nan_to_num(before.mean) @ members / np.maximum(count, 1)
    if not known.any():
        return _Spread(count, level, np.full(len(count), np.nan), 1.0, 1.0, 1)
    within, each = _within(table, value, n, members, level), float(np.median(n[-1, known]))
    runs = int(np.median(before.runs[known]))
    return _Spread(count, level, within, each, float(np.median(before.n[known])), runs)


def _within(table: Values, value: Floats, n: Floats, members: Floats, level: Floats) -> Floats:
    """[scopes] variance of a repetition, from the differences of successive runs; of one run of shares, the most."""
    if len(value) < 2:
        is_share = table.metric.scale is Scale.SHARE
        return level * (1 - level) if is_share else np.full(len(level), np.nan)
    steps = np.diff(value, axis=0)
    known = ~np.isnan(steps)
    squares = np.where(known, steps**2, 0.0)
    parts = np.where(known, 1 / np.maximum(n[1:], 1) + 1 / np.maximum(n[:-1], 1), 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        within: Floats = (squares @ members).sum(axis=0) / (parts @ members).sum(axis=0)
    return within


def _size(spread: _Spread, metric: Metric, allowed: Floats, shock: Shock, safety: float) -> Floats:
    """[scopes] the smallest of the sizes that both tests prove, and that is estimated as large as matters."""
    is_ratio = metric.scale is Scale.RATIO
    size = (_SIZES * (_LARGEST_LOG if is_ratio else 1.0))[:, None]
    after, has_room = spread.within, np.ones((len(size), 1), bool)
    if not is_ratio:
        moved = spread.level + (size if metric.better <= 0 else -size)
        room, has_room = spread.level * (1 - spread.level), (moved >= 0) & (moved <= 1)
        after = np.maximum(moved * (1 - moved), 0.0) * np.where(room > 0, spread.within / np.maximum(room, 1e-12), 1.0)
    count = np.maximum(spread.prompts, 2)
    of_runs = _at_most(shock) * (1 / CHECKS + 1 / spread.runs)
    of_prompts = (after / (CHECKS * spread.each) + spread.within / spread.before) / count
    error = np.sqrt(of_prompts + of_runs)
    parts = of_prompts**2 / (count - 1) + of_runs**2 / max(shock.degrees, 1e-9)
    degrees = np.where(parts > 0, error**4 / np.where(parts > 0, parts, 1.0), count - 1)
    exchanged = np.sqrt(of_prompts + size**2 / (CHECKS + spread.runs - 1) / count)
    needed = np.maximum(-stdtrit(degrees, allowed) * error, -ndtri(allowed) * exchanged)
    is_enough = (size >= needed + safety * error) & (size >= least(metric) + safety * error) & has_room
    is_enough &= spread.prompts >= FEWEST_PROMPTS
    return np.where(is_enough.any(axis=0), size[is_enough.argmax(axis=0), 0], np.inf)


def _at_most(shock: Shock) -> float:
    """The variance that the true one is below with a chance of LIKELY, for it is told from few runs."""
    return shock.variance * shock.degrees / float(chdtri(shock.degrees, LIKELY)) if shock.degrees else shock.variance
