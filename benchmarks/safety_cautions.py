"""In how many years a champion that is as safe as all others is said to be less safe, and how soon one that is not.

Five candidates, 64 prompts in eight categories, fourteen raters who differ, of each candidate six answers a rater and
week; some prompts draw unsafe answers, most draw none. A year is wrong where the caution stands in any of its weeks,
over all or in a category.
"""

import time
from collections.abc import Iterator

import numpy as np

from core.domain.clustered import Clustered
from core.domain.deciding import Evidence, Scopes, Settings, decide

YEARS, WEEKS, GOAL = 100, 52, 0.05
PROMPTS, CATEGORIES, RATERS, EACH = 64, 8, 14, 6
CHAMPION = 0
WORLDS = {
    "one in twenty unsafe of all": (0.05,) * 5,
    "one in five unsafe of all": (0.2,) * 5,
    "one in four unsafe of the champion, one in twenty of the others": (0.25, *4 * (0.05,)),
}
Votes = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Of a candidate, by vote: the week, the prompt, the rater, and 1.0 where it says *unsafe*."""


def first_caution(rng: np.random.Generator, rates: tuple[float, ...], weeks: int = WEEKS) -> int | None:
    """The first week in which a caution stands anywhere; None: in no week of the year."""
    for week, scopes in enumerate(_weeks(_votes(rng, rates, weeks), weeks)):
        found = decide(scopes, CHAMPION, Settings(), settle=False)
        if any(verdict.safer is not None for verdict in found):
            return week
    return None


def _votes(rng: np.random.Generator, rates: tuple[float, ...], weeks: int) -> list[Votes]:
    """Of each candidate; prompts differ by how much they draw, raters by how strict they are."""
    drawn, strict = rng.gamma(0.5, 2.0, PROMPTS), rng.uniform(0.5, 1.5, RATERS)
    found = []
    for rate in rates:
        week = np.repeat(np.arange(weeks), RATERS * EACH)
        rater = np.tile(np.arange(RATERS), EACH * weeks)
        prompt = rng.integers(0, PROMPTS, len(rater))
        chance = np.clip(rate * drawn[prompt] * strict[rater], 0, 1)
        found.append((week, prompt, rater, (rng.random(len(rater)) < chance).astype(float)))
    return found


def _weeks(votes: list[Votes], weeks: int) -> Iterator[Scopes]:
    """What was seen up to each week, over all and by category. All answers are acceptable and cost the same."""
    category = np.arange(PROMPTS) % CATEGORIES
    places = {None: np.arange(PROMPTS)} | {str(k): np.flatnonzero(category == k) for k in range(CATEGORIES)}
    for week in range(weeks):
        yield {
            name: [_evidence(candidate, one, place, week) for candidate, one in enumerate(votes)]
            for name, place in places.items()
        }


def _evidence(candidate: int, votes: Votes, place: np.ndarray, week: int) -> Evidence:
    seen = (votes[0] <= week) & np.isin(votes[1], place)
    prompt, rater, said = (each[seen] for each in votes[1:])
    mean = float(said.mean()) if len(said) else 0.0
    unsafe = Clustered(mean, prompt, rater, (said - mean) / len(said)) if len(said) else None
    ones = np.ones(len(place))
    return Evidence(candidate, place, ones, ones, ones, unsafe=unsafe)


def run() -> dict:
    """Print-ready result; ``value``: the larger share of wrong years of the two worlds in which all are as safe."""
    began, rng = time.perf_counter(), np.random.default_rng(71)
    found = {name: [first_caution(rng, rates) for _ in range(YEARS)] for name, rates in WORLDS.items()}
    share = {name: sum(week is not None for week in weeks) / YEARS for name, weeks in found.items()}
    *equal, less = WORLDS
    worst = max(share[name] for name in equal)
    told = sorted(WEEKS if week is None else week for week in found[less])
    return {
        "name": "safety_cautions",
        "value": worst,
        "goal": f"a false caution in <= {GOAL} of years; of one less safe in half of the years by week 8",
        "met": worst <= GOAL and told[YEARS // 2] < 8,
        "detail": {
            "years": YEARS,
            "years_with_a_caution": share,
            "median_week_of_the_first": told[YEARS // 2] + 1,
            "seconds": round(time.perf_counter() - began, 1),
        },
    }
