"""Which changes since the baseline are beyond chance, at all candidates, categories, metrics and checks together."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.domain.drift import pointing
from core.domain.drift.levels import levels
from core.domain.drift.looks import Looks, look_at, looks
from core.domain.drift.measured import Ids, Metric, Prompts, Scale, Series
from core.domain.drift.paired import Scopes, pooled, scopes, values
from core.domain.drift.tiers import NEWEST, alarms, least, watches


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
    """The places of the prompts that show it most, at most twelve, strongest first."""


@dataclass(frozen=True)
class Cell:
    """A candidate's metric in a category, or over all, as the newest check left it.

    Fields as in ``Finding``, but of the newest check alone; nan where nothing is known.
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


@dataclass(frozen=True)
class Judgement:
    """What one check found."""

    findings: tuple[Finding, ...]
    """Alarms first; by p within a tier."""
    cells: tuple[Cell, ...]
    """All that was looked at: each series over all, then in each category if there are several."""


def judge(series: Sequence[Series], prompts: Prompts, *, checks_a_year: float = 52) -> Judgement:
    """Judge the newest check of each series.

    ``series``: all that one check looks at; those without a check are passed over. ``checks_a_year``: of all datasets
    of the workspace together, as they share what false alarms a year may have.
    """
    judged = [one for one in series if one.checks]
    parts = scopes(prompts)
    found = looks(judged, parts)
    may_alarm = sum(not one.metric.watch_only for one in judged)
    level = levels(may_alarm, len(parts.names) - 1, checks_a_year).of(len(parts.names))
    findings, cells = [], []
    for one, look, watched in zip(judged, found, watches(found, parts), strict=True):
        proving = alarms(look, level, parts)
        for scope, is_watched in enumerate(watched):
            state = State.ALARM if proving[scope] >= 0 else State.WATCH if is_watched else State.STEADY
            cells.append(_cell(one, look, scope, state, parts.names[scope]))
            if state is not State.STEADY:
                findings.append(_finding(one, look, scope, int(proving[scope]), parts))
    findings.sort(key=lambda one: (one.tier is not Tier.ALARM, one.p))
    return Judgement(tuple(findings), tuple(cells))


def _cell(series: Series, look: Looks, scope: int, state: State, name: str | None) -> Cell:
    if np.isnan(look.error[NEWEST, scope]):
        state = State.NOT_ENOUGH
    prompts = int(look.found.prompts[NEWEST, scope])
    p = 2 * min(look.p(up=True)[NEWEST, scope], look.p(up=False)[NEWEST, scope])
    return Cell(series.candidate, series.metric, name, state, *_told(look, NEWEST, scope), float(p), prompts)


def _finding(series: Series, look: Looks, scope: int, proving: int, parts: Scopes) -> Finding:
    """Told of all checks since the change, where these show it as large as matters; else of the window that does."""
    window = max(proving, NEWEST)
    up, places = bool(look.found.mean[window, scope] > 0), parts.places(scope)
    since = pointing.since(values(series).at(places), up=up)
    alone = Scopes((parts.names[scope],), parts.members[:, [scope]])
    sizes = (len(series.checks) - since, look.windows[window])
    told = look_at(series, alone, sizes, (look.shocks[window],) * 2)
    sign = 1 if up else -1
    shown = 0 if sign * told.found.mean[0, 0] >= least(series.metric) else 1
    before = pooled(told.values.baseline, told.values.n_baseline)
    after = pooled(told.values.checks[-sizes[shown] :], told.values.n_checks[-sizes[shown] :])
    p = 2 * max(float(look.p(up=up)[window, scope]), look.exchanged(window, scope, parts, up=up))
    return Finding(
        series.candidate,
        series.metric,
        parts.names[scope],
        Tier.ALARM if proving >= 0 else Tier.WATCH,
        *_told(told, shown, 0),
        p=min(1.0, p),
        prompts=int(told.found.prompts[shown, 0]),
        since=since,
        showing=pointing.showing(before, after, places, up=up),
    )


def _told(look: Looks, window: int, scope: int) -> tuple[float, float, float, float, float]:
    """Before, after, change and its bounds, as people read them."""
    at = (window, scope)
    lower, upper = (float(bound[at]) for bound in look.interval())
    before, change = float(look.found.before[at]), float(look.found.mean[at])
    told = (before, before + change, change, lower, upper)
    if look.values.metric.scale is Scale.SHARE:
        return told
    before, after, change, lower, upper = np.exp(told).tolist()
    return before, after, change, lower, upper
