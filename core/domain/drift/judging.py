"""Which changes since the baseline are beyond chance, at all candidates, categories, metrics and checks together."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.domain.drift import pointing
from core.domain.drift.levels import levels
from core.domain.drift.looks import Looks, look_at, looks
from core.domain.drift.measured import Floats, Ids, Metric, Prompts, Scale, Series
from core.domain.drift.paired import Scopes, pooled, scopes, values
from core.domain.drift.tiers import NEWEST, Proof, alarms, least, newest_proof, watches


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
    is_against_others: bool = False
    """Whether it takes the other candidates to tell, since whole runs are slower or faster for all at once."""


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
    findings: list[Finding] = []
    cells: list[Cell] = []
    for one, look, p, watched in zip(judged, found, *watches(found, parts), strict=True):
        proofs = alarms(look, level, parts)
        states = [_state(*told) for told in zip(proofs, watched, look.error[NEWEST], strict=True)]
        cells += _cells(one, look, states, p, parts)
        for scope, (state, proof) in enumerate(zip(states, proofs, strict=True)):
            if state in (State.ALARM, State.WATCH):
                shown = proof or newest_proof(look, scope, float(p[scope]))
                findings.append(_finding(one, look, scope, shown, Tier(state.value), parts))
    findings.sort(key=lambda one: (one.tier is not Tier.ALARM, one.p))
    return Judgement(tuple(findings), tuple(cells))


def _state(proof: Proof | None, is_watched: bool, error: float) -> State:
    if proof:
        return State.ALARM
    if is_watched:
        return State.WATCH
    return State.NOT_ENOUGH if np.isnan(error) else State.STEADY


def _cells(series: Series, look: Looks, states: Sequence[State], p: Floats, parts: Scopes) -> list[Cell]:
    columns = (*_told(look, NEWEST).tolist(), p.tolist(), look.found.prompts[NEWEST].astype(int).tolist())
    return [
        Cell(series.candidate, series.metric, name, state, *numbers)
        for name, state, *numbers in zip(parts.names, states, *columns, strict=True)
    ]


def _finding(series: Series, look: Looks, scope: int, proof: Proof, tier: Tier, parts: Scopes) -> Finding:
    """Told of all checks since the change, where these show it as large as matters; else of the window that does."""
    window = proof.window
    up, places = bool(look.found.mean[window, scope] > 0), parts.places(scope)
    since = pointing.since(values(series).at(places), up=up)
    alone = Scopes((parts.names[scope],), parts.members[:, [scope]])
    sizes = (len(series.checks) - since, look.windows[window])
    told = look_at(series, alone, sizes, (look.shocks[window],) * 2)
    sign = 1 if up else -1
    shown = 0 if sign * told.found.mean[0, 0] >= least(series.metric) else 1
    sides = (
        pooled(told.values.baseline, told.values.n_baseline),
        pooled(told.values.checks[-sizes[shown] :], told.values.n_checks[-sizes[shown] :]),
    )
    before, after, change, lower, upper = _told(told, shown)[:, 0].tolist()
    return Finding(
        series.candidate,
        series.metric,
        parts.names[scope],
        tier,
        before,
        after,
        change,
        lower,
        upper,
        proof.p,
        int(told.found.prompts[shown, 0]),
        since,
        pointing.showing(*sides, places, up=up),
        proof.is_against_others,
    )


def _told(look: Looks, window: int) -> Floats:
    """[5, scopes] before, after, change and its bounds, as people read them."""
    before, change = look.found.before[window], look.found.mean[window]
    told = np.array([before, before + change, change, *look.interval(window)])
    return told if look.values.metric.scale is Scale.SHARE else np.asarray(np.exp(told), np.float64)
