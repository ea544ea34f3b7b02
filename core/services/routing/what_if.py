"""What if: the table beside one model for all, in quality, cost, latency, and in what each misses to the best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.domain.routing import (
    Regret,
    Route,
    RoutingTable,
    Scope,
)
from core.services.routing.compiled import Found
from core.services.routing.held_out import held_out
from core.services.routing.monthly import usd_a_month

P50, P95 = 0.5, 0.95
_MOST_TEMPTING = 3
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Policy:
    """One way to answer everything; categories weighted by answers a month where all are entered, else by prompts."""

    candidate: int | None
    """Who answers everything; None: a table says who."""
    share: float | None
    """Of responses acceptable; None: somebody has no verdicts in some category."""
    is_human: bool
    """Whether that is in the eyes of raters everywhere."""
    cost_usd: float | None
    """A response; None: a price is not known."""
    usd_a_month: float | None
    """As on *Overview*, at what the newest run paid. None: a price or production's answers are not known."""
    p50_ms: float | None
    p95_ms: float | None
    refusals: float | None
    """Of responses where an answer was wanted, over the categories that have such."""
    misses: float | None = None
    """On prompts held out, the share that an oracle would win over it; None: not known."""


@dataclass(frozen=True)
class WhatIf:
    """The table in force, the one that the evidence allows, and every candidate by itself."""

    in_force: Policy
    compiled: Policy
    singles: Sequence[Policy]
    """The champion first, then by quality."""
    regret: Regret | None
    """Of tables compiled without any table in force, on prompts that were held out."""
    single: int | None
    """The best model for all, by the prompts that are not held out; where folds differ, most folds'."""
    weighted_by_answers: bool


def what_if(found: Found) -> WhatIf:
    """Everything beside one another, on the same evidence."""
    weights = weights_of(found)
    ways = _Ways(found, weights)
    held = held_out(found, weights)
    told, scopes = held.regret, found.compiled.scopes
    singles = [replace(ways.of(_alone(one, scopes), one), misses=_missed(told, one)) for one in _asked(scopes)]
    singles.sort(key=lambda one: (one.candidate != found.ground.champion, -(one.share or 0.0)))
    compiled_ = ways.of(found.compiled.table, None)
    return WhatIf(
        ways.of(found.ground.incumbents, None),
        replace(compiled_, misses=None if told is None else told.of_table),
        singles,
        told,
        held.single,
        _by_answers(found) is not None,
    )


def tempting(ifs: WhatIf) -> list[int]:
    """Who alone would be better or cheaper than the table: whoever sees that asks why they do not answer everything."""
    table = ifs.compiled
    return [
        one.candidate
        for one in ifs.singles
        if one.candidate is not None and (_above(one.share, table.share) or _above(table.cost_usd, one.cost_usd))
    ][:_MOST_TEMPTING]


def _above(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and one > other


def _missed(told: Regret | None, candidate: int) -> float | None:
    return None if told is None or candidate not in told.alone else told.oracle - told.alone[candidate]


def weights_of(found: Found) -> dict[str, float]:
    """By category, what each counts: answers a month where every category has an entry, else prompts."""
    categories = [scope.category for scope in found.compiled.scopes]
    prompts = {name: float(found.pooled.here(name).sum()) for name in categories}
    return _by_answers(found) or prompts


def _by_answers(found: Found) -> dict[str, float] | None:
    known = {scope.category: scope.answers_a_month for scope in found.compiled.scopes}
    answers = {category: count for category, count in known.items() if count is not None}
    return answers if len(answers) == len(known) and sum(answers.values()) > 0 else None


def _asked(scopes: Sequence[Scope]) -> list[int]:
    """Who was asked in every category."""
    there = [set(scope.options) for scope in scopes]
    return sorted(set.intersection(*there)) if there else []


def _alone(candidate: int, scopes: Sequence[Scope]) -> RoutingTable:
    return RoutingTable(tuple(Route(scope.category, candidate) for scope in scopes), Route(None, candidate))


class _Ways:
    """Figures of ways to answer, with the latencies of each candidate in each category looked for once."""

    def __init__(self, found: Found, weights: Mapping[str, float]) -> None:
        self._found, self._weights = found, weights
        self._known: dict[tuple[str, int], Floats] = {}

    def of(self, table: RoutingTable, candidate: int | None) -> Policy:
        scopes = self._found.compiled.scopes
        primaries = {scope.category: table.of(scope.category).primary for scope in scopes}
        chosen = {scope.category: scope.options.get(primaries[scope.category]) for scope in scopes}
        costs = {name: None if one is None else one.cost_usd for name, one in chosen.items()}
        shares = {name: None if one is None else one.share for name, one in chosen.items()}
        # Where nobody has a response that was wanted, each ought to refuse: that says nothing of refusals.
        refusals = {
            scope.category: None if (one := chosen[scope.category]) is None or not one.refusals else one.refusals.value
            for scope in scopes
            if any(option.refusals for option in scope.options.values())
        }
        p50, p95 = self._latency(primaries)
        return Policy(
            candidate,
            self._mean(shares),
            all(one is not None and one.is_human for one in chosen.values()),
            self._mean(costs),
            usd_a_month(self._found, primaries),
            p50,
            p95,
            self._mean(refusals),
        )

    def _mean(self, amounts: Mapping[str, float | None]) -> float | None:
        total, summed = 0.0, 0.0
        for category, amount in amounts.items():
            weight = self._weights[category]
            if weight and amount is None:
                return None
            total, summed = total + weight, summed + weight * (amount or 0.0)
        return summed / total if total else None

    def _latency(self, primaries: Mapping[str, int]) -> tuple[float | None, float | None]:
        """p50 and p95 over all categories; a timeout counts with what was waited."""
        times, weights = [], []
        for category, candidate in primaries.items():
            known = self._times(category, candidate)
            if self._weights[category] and not len(known):
                return None, None
            times.append(known)
            weights.append(np.full(len(known), self._weights[category] / max(len(known), 1)))
        if not times:
            return None, None
        all_times, all_weights = np.concatenate(times), np.concatenate(weights)
        order = np.argsort(all_times)
        below = np.cumsum(all_weights[order])
        places = np.searchsorted(below, [share * below[-1] for share in (P50, P95)])
        p50, p95 = (float(all_times[order][min(place, len(order) - 1)]) for place in places)
        return p50, p95

    def _times(self, category: str, candidate: int) -> Floats:
        key = (category, candidate)
        if key not in self._known:
            pooled = self._found.pooled
            if candidate not in pooled.candidates:
                return np.zeros(0)
            answers = pooled.answers
            here = pooled.here(category)[answers.prompt]
            times = answers.latency_ms[here & (answers.candidate == pooled.candidates.index(candidate))]
            self._known[key] = times[~np.isnan(times)]
        return self._known[key]
