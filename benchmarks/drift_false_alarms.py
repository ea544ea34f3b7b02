"""In how many years of weekly drift checks an alarm is raised although nothing changed, and in how many checks a watch.

Five candidates, eight categories of 64 prompts, six metrics, three repetitions a week; baselines of nine repetitions
(three runs) are drawn anew each year; each world has its part of the years. Beside it: how often a fixed threshold
would have called, the least change that matters on the mean of a check less that of the baseline.
"""

import time
from collections import Counter

import numpy as np

from benchmarks.simulated_weeks import METRICS, WEEKS, World, Year, year
from core.domain.drift import Scale, Tier, judge

YEARS, GOAL, WATCH_GOAL = 200, 0.05, 0.1
WORLDS = {"run shocks of 5 %": World(shock=0.05), "run shocks of 10 %": World(shock=0.1)}


def false_findings(rng: np.random.Generator, world: World, years: int, weeks: int = WEEKS) -> dict:
    """The shares of years with an alarm and of checks with a watch, by metric too, and what a threshold would do."""
    alarmed, watched, by_metric = 0, 0, Counter[str]()
    threshold_years, threshold_checks, over_all_checks = 0, 0.0, 0.0
    for _ in range(years):
        seen = year(rng, world, weeks=weeks)
        found = [judge(seen.series(week), seen.prompts).findings for week in range(weeks)]
        tiers = [{one.tier for one in check} for check in found]
        alarmed += any(Tier.ALARM in check for check in tiers)
        watched += sum(Tier.WATCH in check for check in tiers)
        by_metric.update(f"{one.metric.name} ({one.tier})" for check in found for one in check)
        called, over_all = thresholds(seen)
        threshold_years += bool(called.any())
        threshold_checks += float(called.mean())
        over_all_checks += float(over_all.mean())
    return {
        "false_alarm_years": alarmed / years,
        "false_watch_checks": round(watched / years / weeks, 4),
        "false_findings": dict(by_metric),
        "threshold_years": threshold_years / years,
        "threshold_checks": round(threshold_checks / years, 3),
        "threshold_checks_on_totals_alone": round(over_all_checks / years, 3),
    }


def thresholds(seen: Year) -> tuple[np.ndarray, np.ndarray]:
    """[weeks] whether the mean of any cell moved by as much as matters, and that of any candidate's total."""
    first, categories = len(seen.world.baseline), len(seen.prompts.names)
    everywhere, over_all = [], []
    for metric in METRICS:
        table = seen.seen[metric.name]
        by_category = table.reshape(*table.shape[:2], -1, categories).mean(axis=2)
        for means, calls in ((by_category, everywhere), (table.mean(axis=2)[:, :, None], over_all)):
            before, after = means[:first].mean(axis=0), means[first:]
            ratio = after / before
            moved = np.maximum(ratio, 1 / ratio) - 1 if metric.scale is Scale.RATIO else np.abs(after - before)
            calls.append((moved >= metric.minimum).any(axis=(1, 2)))
    total = np.any(over_all, axis=0)
    return np.any(everywhere, axis=0) | total, total


def run() -> dict:
    """Print-ready result; ``value``: the share of years with a false alarm in the world with most."""
    began = time.perf_counter()
    found = {
        name: false_findings(np.random.default_rng([59, number]), world, YEARS // len(WORLDS))
        for number, (name, world) in enumerate(WORLDS.items())
    }
    worst = max(one["false_alarm_years"] for one in found.values())
    watched = max(one["false_watch_checks"] for one in found.values())
    return {
        "name": "drift_false_alarms",
        "value": worst,
        "goal": f"a false alarm in <= {GOAL} of years, a false watch in <= {WATCH_GOAL} of checks, in each world",
        "met": worst <= GOAL and watched <= WATCH_GOAL,
        "detail": {
            "years": YEARS,
            "checks": WEEKS,
            "worlds": found,
            "seconds": round(time.perf_counter() - began, 1),
        },
    }
