"""How often a switch that ought to be advised is advised in time, by the number of prompts.

Five candidates, one of them 20 % cheaper than the champion, all equal in automatic acceptability. Over all (margin 5
points) within four weekly looks, in one of eight categories (margin 10 points) within eight. Below the power of a
dataset the verdict says how many prompts there would have to be.
"""

import time
from itertools import product

import numpy as np

from benchmarks.planted_choices import CHAMPION, World, Year, year
from core.domain.deciding import Decision, Settings, decide

PROMPTS, SDS, REPETITIONS, REPLICATIONS, GOAL = (60, 160, 330, 500, 650), (0.1, 0.2, 0.3), (3, 1), 60, 0.8
GOALS = ((None, 700, 4), ("0", 330, 8))
GOAL_REPLICATIONS = 200
SHARE, CHEAPER, USD, CATEGORIES, BETTER = 0.8, 0.2, 0.002, 8, 1


def power(
    rng: np.random.Generator,
    category: str | None,
    *,
    prompts: int,
    weeks: int,
    sd: float = 0.2,
    repetitions: int = 3,
    replications: int = GOAL_REPLICATIONS,
) -> float:
    """The share of workspaces that are told to switch to the cheaper one at one of the looks."""
    costs = tuple(USD * (1 - CHEAPER) if one == BETTER else USD for one in range(5))
    world = World(5 * (SHARE,), costs, prompts, sd=sd, repetitions=repetitions)
    return float(np.mean([_is_told(year(rng, world, weeks), category, weeks) for _ in range(replications)]))


def _is_told(seen: Year, category: str | None, weeks: int) -> bool:
    for week in reversed(range(weeks)):
        found = decide(_scopes(seen, category, week), CHAMPION, Settings(), settle=False)
        told = next(verdict for verdict in found if verdict.category == category)
        if told.decision is Decision.SWITCH and told.challenger == BETTER:
            return True
    return False


def _scopes(seen: Year, category: str | None, week: int) -> dict:
    """All prompts as those of one scope; the other categories are there, without evidence."""
    return {None: ()} | {str(one): () for one in range(CATEGORIES)} | {category: seen.scope(week)}


def needed(rng: np.random.Generator, category: str | None, prompts: int) -> str:
    """What the verdict says where there are too few prompts."""
    world = World(5 * (SHARE,), (USD, USD * (1 - CHEAPER), *3 * (USD,)), prompts)
    found = decide(_scopes(year(rng, world, 4), category, 3), CHAMPION, Settings())
    told = next(verdict for verdict in found if verdict.category == category)
    settled = next((one.settlement for one in told.comparisons if one.challenger == BETTER), None)
    return f"{told.decision}: about {settled.prompts_for_power} prompts" if settled else str(told.decision)


def run() -> dict:
    """Print-ready result; ``value``: the smaller power of the two goals."""
    began, rng = time.perf_counter(), np.random.default_rng(57)
    goals = {
        _name(category, prompts, 0.2, 3): power(rng, category, prompts=prompts, weeks=weeks)
        for category, prompts, weeks in GOALS
    }
    table = {
        _name(category, prompts, sd, repetitions): power(
            rng,
            category,
            prompts=prompts,
            weeks=weeks,
            sd=sd,
            repetitions=repetitions,
            replications=REPLICATIONS,
        )
        for (category, _, weeks), sd, repetitions, prompts in product(GOALS, SDS, REPETITIONS, PROMPTS)
    }
    return {
        "name": "power",
        "value": min(goals.values()),
        "goal": f">= {GOAL} over all within 4 weeks at 700 prompts, in a category within 8 weeks at 330",
        "met": min(goals.values()) >= GOAL,
        "detail": {
            "goals": goals,
            "power": {name: round(value, 2) for name, value in table.items()},
            "below_the_power": {_name(one, 60, 0.2, 3): needed(rng, one, 60) for one, *_ in GOALS},
            "replications": [GOAL_REPLICATIONS, REPLICATIONS],
            "seconds": round(time.perf_counter() - began, 1),
        },
    }


def _name(category: str | None, prompts: int, sd: float, repetitions: int) -> str:
    return f"{'over all' if category is None else 'in a category'}, {prompts} prompts x {repetitions}, SD {sd}"
