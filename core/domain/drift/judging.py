"""Which changes since the baseline are beyond chance, at all candidates, categories, metrics and checks together."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.domain.changes import Change, difference, ratio
from core.domain.drift.measured import Floats, Ids, Metric, Prompts, Scale, Series

MOST_SHOWN = 12
FALSE_ALARM_YEARS = 0.05


class Tier(StrEnum):
    """ALARM: beyond chance in nearly all years. WATCH: of those of one check about one in ten is chance."""

    ALARM = "alarm"
    WATCH = "watch"


class State(StrEnum):
    """What a cell's newest check says; NOT_ENOUGH: too few prompts are known on both sides."""

    ALARM = "alarm"
    WATCH = "watch"
    STEADY = "no clear change"
    NOT_ENOUGH = "not enough"


@dataclass(frozen=True)
class Finding:
    """A change that passed the statistics."""

    candidate: int
    metric: Metric
    category: str | None
    """None: over all."""
    tier: Tier
    before: float
    after: float
    """Of a RATIO geometric means over the prompts that both sides know."""
    change: float
    """Of a SHARE after - before (.05: 5 points), of a RATIO after / before."""
    lower: float
    upper: float
    """The change's 95 % interval."""
    p: float
    """How likely so large a change is by chance, in this check alone."""
    prompts: int
    since: int
    """The place in the series' checks of the run since which it is so."""
    showing: Ids
    """The places of the prompts that show it most, at most MOST_SHOWN, strongest first."""


@dataclass(frozen=True)
class Cell:
    """A candidate's metric in a category, or over all, as the newest check left it.

    Fields as in ``Finding``; nan where nothing is known.
    """

    candidate: int
    metric: Metric
    category: str | None
    state: State
    before: float
    after: float
    change: float
    lower: float
    upper: float
    p: float
    prompts: int
    changes: Floats
    """[checks] the change in each check against the baseline."""
    reach: float
    """By how much one check differs from the baseline by chance alone (95 %), in points / 100 or as a factor."""


@dataclass(frozen=True)
class Judgement:
    """What one check found."""

    findings: tuple[Finding, ...]
    """Alarms first; by p within a tier."""
    cells: tuple[Cell, ...]
    """All that was looked at."""


@dataclass(frozen=True)
class Visible:
    """The size of change that an alarm can be had for within two checks."""

    metric: Metric
    category: str | None
    size: float | None
    """Of a SHARE in points / 100, of a RATIO as a factor above 1, of the median candidate; None: no size is enough."""
    largest: float | None
    """Of the candidate for which it is largest."""
    prompts: int


def judge(series: Sequence[Series], prompts: Prompts, *, checks_a_year: float = 52) -> Judgement:
    """Judge the newest check of each series."""
    scopes: list[tuple[str | None, Ids]] = [(None, np.arange(len(prompts.category)))]
    scopes += [(name, np.flatnonzero(prompts.category == place)) for place, name in enumerate(prompts.names)]
    looked = [(one, name, places) for one in series for name, places in scopes if one.checks]
    level = FALSE_ALARM_YEARS / max(len(looked) * checks_a_year, 1.0)
    cells, findings = [], []
    for one, name, places in looked:
        change = _change(one, places)
        cell = _cell(one, name, change, level)
        cells.append(cell)
        if cell.state in (State.ALARM, State.WATCH):
            findings.append(_finding(cell, one, places))
    order = sorted(findings, key=lambda found: (found.tier is not Tier.ALARM, found.p))
    return Judgement(tuple(order), tuple(cells))


def smallest_visible(
    series: Sequence[Series], prompts: Prompts, *, checks_a_year: float = 52, chance: float = 0.9
) -> tuple[Visible, ...]:
    """Per metric, over all and in each category: the change that an alarm within two checks can be had for."""
    del checks_a_year, chance
    told = [(metric, name) for metric in dict.fromkeys(one.metric for one in series) for name in (None, *prompts.names)]
    return tuple(Visible(metric, name, None, None, len(prompts.category)) for metric, name in told)


def _change(series: Series, places: Ids) -> Change:
    total = np.nansum([seen.mean[places] * seen.n[places] for seen in series.baseline], axis=0)
    n = np.sum([np.where(np.isnan(seen.mean[places]), 0, seen.n[places]) for seen in series.baseline], axis=0)
    before = np.where(n > 0, total / np.maximum(n, 1), np.nan)
    compare = ratio if series.metric.scale is Scale.RATIO else difference
    return compare(before, series.checks[-1].mean[places])


def _cell(series: Series, name: str | None, change: Change, level: float) -> Cell:
    moved = (change.value or 0.0) - 1 if change.is_ratio else change.value or 0.0
    state = State.STEADY
    if change.p is None:
        state = State.NOT_ENOUGH
    elif abs(moved) >= series.metric.minimum and change.p <= level:
        state = State.WATCH if series.metric.watch_only else State.ALARM
    told = (change.before, change.after, change.value, change.lower, change.upper, change.p)
    before, after, value, lower, upper, p = (np.nan if one is None else one for one in told)
    numbers = (before, after, value, lower, upper, p, change.n, np.array([value]), np.nan)
    return Cell(series.candidate, series.metric, name, state, *numbers)


def _finding(cell: Cell, series: Series, places: Ids) -> Finding:
    moved = np.nan_to_num(series.checks[-1].mean[places] - series.baseline[-1].mean[places])
    showing = places[np.argsort(-np.abs(moved))[:MOST_SHOWN]]
    told = (cell.before, cell.after, cell.change, cell.lower, cell.upper, cell.p, cell.prompts)
    since = len(series.checks) - 1
    return Finding(cell.candidate, cell.metric, cell.category, Tier(cell.state.value), *told, since, showing)
