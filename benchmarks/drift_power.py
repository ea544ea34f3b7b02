"""How soon drift that was planted raises an alarm, by its size.

The world of ``drift_false_alarms``: 64 prompts in each of eight categories, three repetitions a week, a baseline of
nine, five candidates and six metrics. Something changes for one candidate after five quiet weeks; told in time is an
alarm for that candidate, metric and category (or over all) in one of the two checks from then on.
"""

import time

import numpy as np

from benchmarks.simulated_weeks import ACCEPTABLE, LATENCY, Planted, World, year
from core.domain.drift import Tier, judge, smallest_visible

REPLICATIONS, CURVE_REPLICATIONS, GOAL = 200, 30, 0.9
QUIET, CHECKS, LONGEST = 5, 2, 40
CATEGORY = 3
POINTS = (2, 4, 5, 6, 8, 10, 12, 15, 18, 20, 22, 26, 30)
SLOWER = (1.1, 1.2, 1.3, 1.4, 1.6, 2.0)
DECLINES = (1, 8, 16, 26)
GOALS = {
    "22 points in a category": (World(), Planted(QUIET, ACCEPTABLE, -0.22, CATEGORY)),
    "6 points over all": (World(), Planted(QUIET, ACCEPTABLE, -0.06)),
    "latency x 1.6": (World(), Planted(QUIET, LATENCY, 1.6)),
}
BESIDE = {
    "22 points in a category, all prompts alike": (World(share_sd=0.0), Planted(QUIET, ACCEPTABLE, -0.22, CATEGORY)),
    "6 points over all, all prompts alike": (World(share_sd=0.0), Planted(QUIET, ACCEPTABLE, -0.06)),
    "22 points in a category, baseline of one run": (
        World(baseline=(9,)),
        Planted(QUIET, ACCEPTABLE, -0.22, CATEGORY),
    ),
    "6 points over all, baseline of one run": (World(baseline=(9,)), Planted(QUIET, ACCEPTABLE, -0.06)),
    "latency x 1.6, shocks of 10 %": (World(shock=0.1), Planted(QUIET, LATENCY, 1.6)),
    "latency x 1.6, shocks of 5 % that hit all candidates": (World(is_shared=True), Planted(QUIET, LATENCY, 1.6)),
    "latency x 1.6, shocks of 10 % that hit all candidates": (
        World(shock=0.1, is_shared=True),
        Planted(QUIET, LATENCY, 1.6),
    ),
}


def checks_to_alarm(rng: np.random.Generator, world: World, planted: Planted, *, longest: int = CHECKS) -> float:
    """How many checks from the change to the alarm; infinite where none comes in the ``longest``."""
    seen = year(rng, world, weeks=planted.week + longest, planted=(planted,))
    category = None if planted.category is None else seen.prompts.names[planted.category]
    what = (0, planted.metric, category, Tier.ALARM)
    for check in range(longest):
        found = judge(seen.series(planted.week + check), seen.prompts).findings
        if any((one.candidate, one.metric, one.category, one.tier) == what for one in found):
            return check + 1.0
    return float("inf")


def power(rng: np.random.Generator, world: World, planted: Planted, replications: int) -> float:
    """The share of replications told in time."""
    return float(np.mean([checks_to_alarm(rng, world, planted) <= CHECKS for _ in range(replications)]))


def curves(rng: np.random.Generator, replications: int) -> dict:
    """The power by size."""
    world, found = World(), {}
    for name, category in (("a category", CATEGORY), ("over all", None)):
        found[f"points in {name}" if category else f"points {name}"] = {
            points: power(rng, world, Planted(QUIET, ACCEPTABLE, -points / 100, category), replications)
            for points in POINTS
        }
    found["latency over all, x"] = {
        factor: power(rng, world, Planted(QUIET, LATENCY, factor), replications) for factor in SLOWER
    }
    return found


def declines(rng: np.random.Generator, replications: int) -> dict:
    """The median of checks from the first step to the alarm, of 22 points in a category and 6 over all that come in
    equal steps over so many weeks; null where half of them raise none."""
    found = {}
    for points, category in ((22, CATEGORY), (6, None)):
        for weeks in DECLINES:
            planted = Planted(QUIET, ACCEPTABLE, -points / 100, category, weeks)
            waits = [checks_to_alarm(rng, World(), planted, longest=LONGEST) for _ in range(replications)]
            middle = float(np.median(waits))
            found[f"{points} points over {weeks} weeks"] = middle if np.isfinite(middle) else None
    return found


def said_to_be_visible(rng: np.random.Generator, replications: int) -> dict:
    """What ``smallest_visible`` says after the quiet weeks, and the power at that size."""
    seen = year(rng, World(), weeks=QUIET)
    found = {}
    for one in smallest_visible(seen.series(QUIET - 1), seen.prompts):
        category = None if one.category is None else seen.prompts.names.index(one.category)
        if one.metric in (ACCEPTABLE, LATENCY) and category in (None, CATEGORY) and one.size is not None:
            by = -one.size if one.metric is ACCEPTABLE else one.size
            share = power(rng, World(), Planted(QUIET, one.metric, by, category), replications)
            found[f"{one.metric.name}, {one.category or 'over all'}"] = {"size": round(one.size, 3), "power": share}
    return found


def run() -> dict:
    """Print-ready result; ``value``: the smallest power of the goals."""
    began, rng = time.perf_counter(), np.random.default_rng(61)
    goals = {name: power(rng, *what, REPLICATIONS) for name, what in GOALS.items()}
    return {
        "name": "drift_power",
        "value": min(goals.values()),
        "goal": f"an alarm within {CHECKS} checks in >= {GOAL}: 22 points in a category, 6 over all, latency x 1.6",
        "met": min(goals.values()) >= GOAL,
        "detail": {
            "goals": goals,
            "beside": {name: power(rng, *what, CURVE_REPLICATIONS) for name, what in BESIDE.items()},
            "power": curves(rng, CURVE_REPLICATIONS),
            "checks_to_alarm_of_a_decline": declines(rng, CURVE_REPLICATIONS // 2),
            "smallest_visible": said_to_be_visible(rng, CURVE_REPLICATIONS),
            "replications": [REPLICATIONS, CURVE_REPLICATIONS],
            "seconds": round(time.perf_counter() - began, 1),
        },
    }
