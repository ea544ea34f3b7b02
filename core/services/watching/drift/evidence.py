"""The evidence about one cell's change: what of ours, of prices, of judges, of names and of others goes with it."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.domain.drift import Cell, Judgement, Metric
from core.domain.drift.causes import CAUSE_WORDS, Cause, Effect, Evidence, Moved, is_material
from core.services.watching.drift import metrics
from core.services.watching.drift.figures import Name, RunFigures
from core.services.watching.drift.gathering import Gathered
from core.services.watching.drift.judges_now import JudgeEffect
from core.services.watching.drift.own_changes import OwnChange, Rules, Then, own_change
from core.services.watching.drift.prices_paid import PricesPaid
from core.services.watching.drift.traffic import traffic
from core.storage.tables import Candidate

_MOSTLY = 0.5
_USUAL = 0.25
_FEWEST_OTHERS, _LEAST_SHARE = 2, 0.01
_95, _OF_MEDIAN = 1.959964, 1.25
_ALLOWED = 1.5
"""Of the half of a 95 % interval: what frozen answers may differ by chance, in 997 of 1000."""
_ABOUT = 2
"""Since which run something is so is known up to so many runs."""
_SERVED = (metrics.LATENCY, metrics.TTFT, metrics.ERRORS, *metrics.SLOWER)
CellKey = tuple[int, str, str | None]


@dataclass(frozen=True)
class Known:
    """What a check knows of causes before it looks at single cells."""

    gathered: Gathered
    cells: Mapping[CellKey, Cell]
    then: Then
    rules: Rules
    prices: Mapping[int, PricesPaid]
    judges: Mapping[str, JudgeEffect]
    endpoints: Mapping[int, str]

    def own(self, candidate: int, metric: Metric, category: str | None) -> OwnChange | None:
        """What our edits did there."""
        return own_change(self.gathered, self.then, self.rules, candidate, metric, category)


@dataclass(frozen=True)
class Found:
    """The evidence about a cell, and what shows each cause, in words."""

    evidence: Evidence
    words: dict[Cause, str]


def by_key(judgement: Judgement) -> dict[CellKey, Cell]:
    """The cells by candidate, metric's name and category."""
    return {(cell.candidate, cell.metric.name, cell.category): cell for cell in judgement.cells}


def endpoint_name(candidate: Candidate) -> str:
    """Behind which endpoint a candidate is: those of one are one provider's doing."""
    return f"{candidate.provider or candidate.name} {(candidate.settings or {}).get('base_url') or ''}".strip()


def evidence(known: Known, candidate: int, metric: Metric, category: str | None, since: int) -> Found:
    """About one candidate's metric in a category. ``since``: the place of the run since which it is so."""
    words: dict[Cause, str] = {}
    beside: dict[Cause, Effect] = {}
    own = known.own(candidate, metric, category)
    if own is not None:
        beside[own.cause], words[own.cause] = own.effect, own.words
    mix = traffic(known.gathered, candidate, metric, category)
    if mix is not None:
        beside[Cause.TRAFFIC] = mix
    inside = _inside(known, candidate, metric, category, words)
    new_name = _new_name(known.gathered, candidate, since)
    if new_name:
        words[Cause.MODEL_VERSION] = new_name
    others = [
        Moved(known.endpoints.get(cell.candidate, ""), cell.change)
        for (who, name, where), cell in known.cells.items()
        if who != candidate and name == metric.name and where == category
    ]
    words[Cause.UNKNOWN] = "not known: candidates behind other endpoints moved with it"
    if metric in _SERVED:
        words[Cause.PROVIDER] = "the provider (the same prompts and settings are served otherwise)"
    told = {cause: words.get(cause, CAUSE_WORDS[cause]) for cause in Cause}
    return Found(Evidence(beside, inside, bool(new_name), known.endpoints.get(candidate, ""), others), told)


def _inside(
    known: Known, candidate: int, metric: Metric, category: str | None, words: dict[Cause, str]
) -> dict[Cause, Effect]:
    if metric == metrics.COST:
        prices = known.prices.get(candidate)
        effect = None if prices is None else prices.effect(known.gathered.contents, category)
        if prices is not None and effect is not None:
            words[Cause.PRICES] = prices.words
            return {Cause.PRICES: effect}
        return _same_tokens(known, candidate, category, words)
    judge = known.judges.get(metric.name)
    cell = known.cells.get((candidate, metric.name, category))
    if judge is None or cell is None:
        return {}
    words[Cause.JUDGE] = judge.words
    others = [
        other
        for key, other in known.cells.items()
        if key[1:] == (metric.name, category)
        and known.endpoints.get(other.candidate) != known.endpoints.get(candidate)
        and not np.isnan(other.change)
    ]
    return {Cause.JUDGE: common_effect(judge, cell.before, others)}


def common_effect(judge: JudgeEffect, before: float, others: Sequence[Cell]) -> Effect:
    """What the judge does to one candidate: told best by what happened to the others, where that is its doing.

    Frozen answers are few, but a judge moves all candidates alike. So where the median of those behind other endpoints
    lies within what the frozen answers allow, and nearer to their estimate than no change does, it is taken.
    """
    frozen = judge.on(before)
    if len(others) < _FEWEST_OTHERS or frozen.change == 0:
        return frozen
    moved = np.array([other.change for other in others])
    if judge.lost is not None:
        moved = before * moved / np.maximum([other.before for other in others], _LEAST_SHARE)
    middle = float(np.median(moved))
    is_allowed = abs(frozen.change - middle) <= _ALLOWED * (frozen.upper - frozen.change)
    if not is_allowed or abs(frozen.change - middle) > abs(frozen.change):
        return frozen
    reach = _95 * _OF_MEDIAN * float(moved.std(ddof=1)) / math.sqrt(len(moved))
    return Effect(middle, middle - reach, middle + reach)


def _same_tokens(known: Known, candidate: int, category: str | None, words: dict[Cause, str]) -> dict[Cause, Effect]:
    """Where no rates are known (imports): the same tokens that cost otherwise cost otherwise by their price."""
    runs = [*known.gathered.baseline, known.gathered.since[-1]]
    cost, tokens = (known.cells.get((candidate, of.name, category)) for of in (metrics.COST, metrics.TOKENS))
    if cost is None or tokens is None or any(candidate in run.rates for run in runs):
        return {}
    if is_material(metrics.TOKENS, Effect(tokens.change, tokens.lower, tokens.upper)):
        return {}
    words[Cause.PRICES] = "other prices (the same number of tokens costs otherwise)"
    return {Cause.PRICES: Effect.exact(cost.change)}


def _new_name(gathered: Gathered, candidate: int, since: int) -> str:
    """How the model answers since about then and did not before, in words; empty where it answers as ever."""
    for place, told in ((0, "answers as"), (1, "answers with the fingerprint")):
        baseline = [_counted(run, candidate, place) for run in gathered.baseline]
        after = [_counted(run, candidate, place) for run in gathered.since]
        usual = [_usual(names) for names in baseline if names]
        if not usual or (place == 1 and len(set(usual)) > 1):
            continue  # a fingerprint that changes anyway tells nothing
        known = frozenset[str]().union(*usual)
        come = [{name: n for name, n in names.items() if name not in known} for names in after]
        is_new = [
            bool(names) and sum(new.values()) > _MOSTLY * sum(names.values())
            for names, new in zip(after, come, strict=True)
        ]
        if is_new[-1] and abs(_last_began(is_new) - since) <= _ABOUT:
            newest = max(come[-1], key=come[-1].__getitem__)
            return f"a new model version ({told} '{newest}' instead of {_named(usual[-1])})"
    return ""


def _last_began(is_new: Sequence[bool]) -> int:
    """The place from which on all are."""
    return max((place + 1 for place, flag in enumerate(is_new) if not flag), default=0)


def _counted(run: RunFigures, candidate: int, place: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, n in run.names.get(candidate, Counter[Name]()).items():
        said = name[place]
        if said is not None:
            found[said] += n
    return found


def _usual(names: Mapping[str, int]) -> frozenset[str]:
    return frozenset(name for name, n in names.items() if n >= _USUAL * sum(names.values()))


def _named(names: frozenset[str]) -> str:
    return " or ".join(f"'{name}'" for name in sorted(names))


def endpoints(candidates: Iterable[Candidate]) -> dict[int, str]:
    """Candidate's id → its endpoint."""
    return {candidate.id or 0: endpoint_name(candidate) for candidate in candidates}
