"""In how many years of weekly decisions a switch is advised that ought not to be.

Five candidates, eight categories, three repetitions of the same prompts a week, two hundred years of each world. A year
is wrong where any of its 52 decisions is *switch*, over all or in a category, to a challenger that is worse by the
margin there, no better in anything, or less safe. Beside it: in how many weeks the candidate with the lowest cost per
acceptable response is not the champion.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.planted_choices import CHAMPION, WEEKS, World, Year, year
from core.domain.clustered import Clustered
from core.domain.deciding import Decision, Evidence, Settings, Verdict, decide, voted
from core.domain.deciding.comparing import is_harm

YEARS, PROMPTS, GOAL = 200, 640, 0.05
SCREEN, CHECKED_EVERY = 3.0, 500
USD = 0.002


@dataclass(frozen=True)
class Planted:
    """A world and where a switch is false."""

    world: World
    is_false_over_all: bool = True
    is_false_in_categories: bool = True
    unsafe: tuple[float, float] | None = None
    """The share of the champion's and of the challengers' responses that raters call unsafe."""


def worlds(prompts: int = PROMPTS) -> dict[str, Planted]:
    """By name. A margin is 5 points over all and 10 in a category, so each has a boundary of its own."""

    def of(worse: float, cheaper: float, sd: float = 0.2, cost_sd: float = 0.4) -> World:
        champion = 0.8
        shares, costs = (champion, *4 * (champion - worse,)), (USD, *4 * (USD * (1 - cheaper),))
        return World(shares, costs, prompts, sd=sd, cost_sd=cost_sd)

    return {
        "identical": Planted(of(0.0, 0.0, sd=0.0, cost_sd=0.0)),
        "equal in quality and cost": Planted(of(0.0, 0.0)),
        "5 points worse, 40 % cheaper": Planted(of(0.05, 0.4), is_false_in_categories=False),
        "10 points worse, 40 % cheaper": Planted(of(0.10, 0.4)),
        "7 points worse, 40 % cheaper": Planted(of(0.07, 0.4), is_false_in_categories=False),
        "less safe, all else better": Planted(of(-0.10, 0.4), unsafe=(0.05, 0.25)),
    }


def wrong_years(rng: np.random.Generator, planted: Planted, years: int, weeks: int = WEEKS) -> dict:
    """The share of years with a false switch, and what a naive reader would have done."""
    wrong, naive, decisions = 0, 0.0, 0
    for number in range(years):
        seen = year(rng, planted.world, weeks)
        naive += float((_cost_per_acceptable(seen).argmin(axis=1) != CHAMPION).mean())
        extra = safety_votes(rng, planted, weeks)
        for week in _open_weeks(seen, planted, number, extra):
            decisions += 1
            found = decide(seen.evidence(week, extra[week] if extra else None), CHAMPION, Settings(), settle=False)
            if is_false(found, planted):
                wrong += 1
                break
    return {"wrong_years": wrong / years, "naive_weeks": round(naive / years, 3), "decisions_read": decisions}


def is_false(found: list[Verdict], planted: Planted) -> bool:
    """Whether any of the verdicts is a switch where none ought to be."""
    return any(
        verdict.decision is Decision.SWITCH
        and (planted.is_false_over_all if verdict.category is None else planted.is_false_in_categories)
        for verdict in found
    )


def _open_weeks(seen: Year, planted: Planted, number: int, extra: list[dict]) -> Iterator[int]:
    """The weeks in which some challenger passes what every bound asks at least, and one in CHECKED_EVERY others.

    No bound reaches less far than SCREEN standard errors, and a proven harm forbids it, so in the other weeks there is
    no switch.
    """
    margins = Settings().margins
    may = may_switch(seen, 1, margins.over_all).any(axis=(1, 2))
    if planted.is_false_in_categories:
        may |= may_switch(seen, seen.categories, margins.in_category).any(axis=(1, 2))
    for week, is_open in enumerate(may):
        is_harmed = bool(extra) and _all_are_harmed(seen.scope(week, extra=extra[week]))
        if (is_open and not is_harmed) or (number * len(may) + week) % CHECKED_EVERY == 0:
            yield week


def _all_are_harmed(candidates: list[Evidence]) -> bool:
    found = [voted.safety(candidates[CHAMPION], one) for one in candidates[1:]]
    return all(safety is not None and is_harm(safety) for safety in found)


def may_switch(seen: Year, groups: int, margin: float, cost_margin: float = 0.1) -> np.ndarray:
    """[weeks, challengers, groups] by plain errors; prompts are dealt to the groups in turn."""
    shape = (*seen.judged.shape[:2], -1, groups)
    good, paid = ((table / seen.judged).reshape(shape) for table in (seen.acceptable, seen.paid_usd))
    change = good[:, 1:] - good[:, :1]
    quality, error = change.mean(axis=2), change.std(axis=2) / np.sqrt(change.shape[2])
    means = paid.mean(axis=2) / good.mean(axis=2)
    relative = paid / paid.mean(axis=2, keepdims=True) - good / good.mean(axis=2, keepdims=True)
    saved = np.log(means[:, :1] / means[:, 1:])
    cost_error = (relative[:, 1:] - relative[:, :1]).std(axis=2) / np.sqrt(change.shape[2])
    gains = (quality > np.maximum(margin, SCREEN * error)) | (saved > np.maximum(cost_margin, SCREEN * cost_error))
    return (quality + margin > SCREEN * error) & gains


def _cost_per_acceptable(seen: Year) -> np.ndarray:
    """[weeks, candidates]"""
    return seen.paid_usd.sum(axis=2) / seen.acceptable.sum(axis=2)


def safety_votes(rng: np.random.Generator, planted: Planted, weeks: int) -> list[dict]:
    """By week and candidate the unsafe share in the eyes of ten raters who differ; they rate more every week."""
    if planted.unsafe is None:
        return []
    each, raters = 12, 10
    leniency = rng.uniform(0.5, 1.5, raters)
    found: list[dict] = [{} for _ in range(weeks)]
    for candidate in range(len(planted.world.share)):
        rate = planted.unsafe[candidate != CHAMPION]
        rater = np.tile(np.arange(raters), each * weeks)
        prompt = rng.integers(0, planted.world.prompts, len(rater))
        said = (rng.random(len(rater)) < rate * leniency[rater]).astype(float)
        for week in range(weeks):
            votes = slice(0, raters * each * (week + 1))
            mean = float(said[votes].mean())
            share = Clustered(mean, prompt[votes], rater[votes], (said[votes] - mean) / len(said[votes]))
            found[week][candidate] = {"unsafe": share}
    return found


def run() -> dict:
    """Print-ready result; ``value``: the share of wrong years in the world with most."""
    began, rng = time.perf_counter(), np.random.default_rng(58)
    found = {name: wrong_years(rng, planted, YEARS) for name, planted in worlds().items()}
    worst = max(one["wrong_years"] for one in found.values())
    return {
        "name": "false_switches",
        "value": worst,
        "goal": f"a false switch in <= {GOAL} of years in every world",
        "met": worst <= GOAL,
        "detail": {
            "years": YEARS,
            "weeks": WEEKS,
            "prompts": PROMPTS,
            "worlds": found,
            "seconds": round(time.perf_counter() - began, 1),
        },
    }
