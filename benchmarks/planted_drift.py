"""Planted drift: alarm within two checks, and the right causes, at 64 prompts a category × 3 repetitions.

Five candidates behind five endpoints, eight categories, a baseline of nine answers a prompt. What the service gathers
is drawn as arrays; from there on the service's own functions judge and name causes. A few replications of each kind go
through a real SQLite file, from facts in its tables; and a few, smaller ones, over HTTP from providers on loopback.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.drifting_answers import BASELINE_RUNS, NAMES, Production, Week
from core.domain.drift import Tier
from core.domain.drift.causes import Cause
from core.services.watching import drift
from core.services.watching.drift.deciding import Told
from core.storage.engine import open_engine, reading
from core.storage.schema import upgrade
from tests.drifting import Truth, weeks
from tests.services.watching.loopback_provider import loopback_provider
from tests.services.watching.over_http import asked

REPLICATIONS, STORED, ASKED, WITHIN, LEAST = 100, 1, 2, 2, 0.9
CATEGORY = "c3"
IN_ONE, OVER_ALL = -0.22, -0.06
SEVERITY = 0.28
"""Of what the judge passed; so that acceptability falls by 22 points."""
POWER_IN_ONE, POWER_OVER_ALL, POWER_RUNS = (0.10, 0.14, 0.18, 0.22, 0.26), (0.02, 0.03, 0.04, 0.06, 0.08), 40


@dataclass(frozen=True)
class Scenario:
    """What is planted, and what has to be said of ``metric`` there: its causes, no more and no fewer."""

    name: str
    week: Week
    causes: tuple[Cause, ...]
    metric: str = "acceptable"
    category: str | None = None
    who: tuple[str, ...] = ("A",)
    usual_weeks: int = 0
    """Before it changes."""
    tier: Tier = Tier.ALARM
    traffic: int = 0


def _a(**truth: Any) -> Week:
    return Week({"A": Truth(**truth)})


SCENARIOS = (
    Scenario("22 points in a category", _a(points=IN_ONE, category=CATEGORY), (Cause.PROVIDER,), category=CATEGORY),
    Scenario("6 points over all", _a(points=OVER_ALL), (Cause.PROVIDER,)),
    Scenario(
        "22 points in a category under a new name",
        _a(points=IN_ONE, category=CATEGORY, name="model-new"),
        (Cause.MODEL_VERSION,),
        category=CATEGORY,
    ),
    Scenario("6 points over all under a new name", _a(points=OVER_ALL, name="model-new"), (Cause.MODEL_VERSION,)),
    Scenario("price × 1.25", _a(price=1.25), (Cause.PRICES,), metric="cost_usd"),
    Scenario(
        "latency × 1.6, shocks of 5 %, after eight runs",
        _a(latency=1.6),
        (Cause.PROVIDER,),
        "latency_ms",
        usual_weeks=5,
    ),
    Scenario("a judge that is more severe", Week(severity=SEVERITY), (Cause.JUDGE,), who=NAMES),
    Scenario("a gate that we added", Week(has_gate=True), (Cause.GATES,), who=NAMES, tier=Tier.WATCH),
    Scenario(
        "our gate and a provider at once",
        Week({"A": Truth(points=OVER_ALL * 2)}, has_gate=True),
        (Cause.GATES, Cause.PROVIDER),
    ),
    Scenario(
        "a judge and a provider at once",
        Week({"A": Truth(points=-0.3)}, severity=SEVERITY),
        (Cause.JUDGE, Cause.PROVIDER),
    ),
    Scenario(
        "price × 1.2 and answers × 1.3 at once",
        _a(price=1.2, tokens=1.3),
        (Cause.PRICES, Cause.PROVIDER),
        metric="cost_usd",
    ),
    Scenario(
        "all endpoints at once by 6 points", Week({name: Truth(points=OVER_ALL) for name in NAMES}), (Cause.UNKNOWN,)
    ),
    Scenario("other prompts", Week(version=2), (Cause.TRAFFIC,), who=NAMES, tier=Tier.WATCH, traffic=128),
)


@dataclass(frozen=True)
class Seen:
    """Of one replication: found within two checks, in the tier that is due; with the right causes."""

    is_found: bool
    is_right: bool
    false_alarms: int
    """Of candidates of whom nothing was planted, and of A in metrics that are not touched."""


def run(replications: int = REPLICATIONS, stored: int = STORED, over_http: int = ASKED) -> dict[str, Any]:
    """The least share, over all scenarios, of replications that were found in time with the right causes."""
    began = time.monotonic()
    told = {one.name: [replicate(one, seed) for seed in range(replications)] for one in SCENARIOS}
    by_name = {name: _summary(seen) for name, seen in told.items()}
    kept = [stored_replication(one, seed) for one in SCENARIOS if _is_stored(one) for seed in range(stored)]
    answered = [asked_replication(seed) for seed in range(over_http)]
    least = min(summary["found_and_right"] for summary in by_name.values())
    detail = {
        "replications": replications,
        "scenarios": by_name,
        "from_facts_in_sqlite": {"replications": len(kept), "found_and_right": sum(kept)},
        "over_http": {"replications": len(answered), "found_and_right": sum(answered)},
        "power_in_one_category": _power(POWER_IN_ONE, CATEGORY),
        "power_over_all": _power(POWER_OVER_ALL, None),
        "seconds": round(time.monotonic() - began),
    }
    return {
        "name": "planted_drift",
        "value": round(least, 3),
        "goal": f">= {LEAST} of the replications, in every scenario",
        "met": least >= LEAST and all(kept) and all(answered),
        "detail": detail,
    }


def replicate(scenario: Scenario, seed: int) -> Seen:
    """One production, from its baseline to two checks after the change."""
    production = Production(np.random.default_rng(seed), traffic=scenario.traffic)
    for _ in range(scenario.usual_weeks):
        production.add(Week())
    for _ in range(WITHIN):
        production.add(scenario.week)
        judgement, told = production.check()
        mine = [_about(scenario, told, name) for name in scenario.who]
        if all(one is not None and _is_due(scenario, one) for one in mine):
            others = [
                one
                for one in judgement.findings
                if one.tier is Tier.ALARM and NAMES[one.candidate] not in _touched(scenario)
            ]
            is_right = all(one is not None and set(one.causes) == set(scenario.causes) for one in mine)
            return Seen(is_found=True, is_right=is_right, false_alarms=len(others))
    return Seen(is_found=False, is_right=False, false_alarms=0)


def stored_replication(scenario: Scenario, seed: int) -> bool:
    """The same from facts in a real SQLite file, without a judge."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"sqlite:///{folder}/drift.db")
        upgrade(engine)
        categories = [f"c{place}" for place in range(8)]
        made = weeks(engine, names=NAMES, categories=categories, prompts=64, seed=seed, shock=0.05)
        for _ in range(BASELINE_RUNS):
            made.run()
        drift.check_due(engine, now=made.now)
        for _ in range(WITHIN):
            made.run(dict(scenario.week.truths))
            drift.check_due(engine, now=made.now)
            with reading(engine) as session:
                lines = drift.state(session, "Weekly", with_trends=False).findings
            key = scenario.who[0], scenario.metric, scenario.category
            mine = [one for one in lines if (one.candidate, one.metric.name, one.category) == key]
            if mine and mine[0].tier is scenario.tier:
                engine.dispose()
                return set(mine[0].causes) == set(scenario.causes)
        engine.dispose()
        return False


def asked_replication(seed: int) -> bool:
    """Over HTTP: A answers worse under a new name, B costs more, C answers longer; each found in one check."""
    first = 3 * seed
    with (
        tempfile.TemporaryDirectory() as folder,
        loopback_provider(first) as a,
        loopback_provider(first + 1) as b,
        loopback_provider(first + 2) as c,
    ):
        engine = open_engine(f"sqlite:///{folder}/drift.db")
        upgrade(engine)
        made = asked(engine, (a, b, c))
        for _ in range(BASELINE_RUNS):
            made.run()
        made.check()
        a.quality, a.name, c.output_tokens = 0.2, "model-2", 180
        made.price("B", 1.6)
        made.run()
        found = {(one.candidate, one.metric.name): set(one.causes) for one in made.check()}
        engine.dispose()
    wanted = {
        ("A", "acceptable"): Cause.MODEL_VERSION,
        ("B", "cost_usd"): Cause.PRICES,
        ("C", "cost_usd"): Cause.PROVIDER,
    }
    return all(found.get(key) == {cause} for key, cause in wanted.items())


def _is_stored(scenario: Scenario) -> bool:
    week = scenario.week
    return bool(week.truths) and not week.severity and not week.has_gate and not scenario.usual_weeks


def _about(scenario: Scenario, told: Sequence[Told], name: str) -> Told | None:
    key = NAMES.index(name), scenario.metric, scenario.category
    return next((one for one in told if one.key == key), None)


def _is_due(scenario: Scenario, one: Told) -> bool:
    return scenario.tier is Tier.WATCH or one.finding.tier is Tier.ALARM


def _touched(scenario: Scenario) -> tuple[str, ...]:
    if scenario.week.severity or scenario.week.has_gate or scenario.traffic:
        return NAMES
    return tuple(scenario.week.truths)


def _summary(seen: Sequence[Seen]) -> dict[str, float]:
    return {
        "found": _share(seen, lambda one: one.is_found),
        "right_of_found": round(sum(one.is_right for one in seen) / max(sum(one.is_found for one in seen), 1), 3),
        "found_and_right": _share(seen, lambda one: one.is_found and one.is_right),
        "false_alarms": sum(one.false_alarms for one in seen),
    }


def _share(seen: Sequence[Seen], holds: Callable[[Seen], bool]) -> float:
    return round(sum(holds(one) for one in seen) / len(seen), 3)


def _power(sizes: Sequence[float], category: str | None) -> dict[str, float]:
    """Size → of the replications the share with an alarm within two checks."""
    found = {}
    for size in sizes:
        one = Scenario("power", _a(points=-size, category=category), (Cause.PROVIDER,), category=category)
        found[f"{100 * size:.0f} points"] = _share(
            [replicate(one, 10_000 + seed) for seed in range(POWER_RUNS)], lambda seen: seen.is_found
        )
    return found


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 4
    for scenario in SCENARIOS:
        start = time.monotonic()
        print(scenario.name, _summary([replicate(scenario, seed) for seed in range(count)]), time.monotonic() - start)
