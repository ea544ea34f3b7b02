"""How often the intervals of human acceptability and of its cost hold the truth of a simulated production.

1,000 productions (``benchmarks/production.py``) each with 3, 6, 12 and 24 raters who differ in leniency alone, and who
have tastes besides; a candidate of each in turn. Truth is that of all prompts and of all raters there could be; where
an interval holds for these raters only, it is theirs, in the proportion in which they voted. Beside them what the votes
alone tell, what the judge alone tells, and what judge and votes tell in one pool. Then about 100 rated responses with
signals that know something, and with signals that know nothing: what they may cost in width.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import product

import numpy as np

from benchmarks.production import LEVELS, Production, World
from core.domain.acceptability import HumanShare, cost_per_sendable, human_share, share_acceptable
from core.domain.clustered import NO_RATER

RATERS, TASTES = (3, 6, 12, 24), (0.0, 0.6)
PRODUCTIONS, COVERED, WIDEST = 1000, 0.93, 1.02
FEW_VOTES, FEW_RATERS = 290, (3, 12)


@dataclass(frozen=True)
class Held:
    """Of one production and candidate: which intervals hold the truth, and how wide they are."""

    share: bool
    cost: bool
    votes_alone: bool
    judge_alone: bool
    pooled: bool
    width: float
    width_of_votes_alone: float
    off: float
    """Estimate − truth."""
    rated: float
    gain: float
    these_raters_only: bool


def held(world: World, productions: int, seed: int) -> list[Held]:
    """One candidate of each of so many productions, in turn."""
    rng = np.random.default_rng(seed)
    return [_held(world, world.drawn(rng), number % len(LEVELS)) for number in range(productions)]


def _held(world: World, drawn: Production, candidate: int) -> Held:
    answers, sends = drawn.answers(candidate), drawn.sends(candidate)
    share, alone = human_share(answers, sends), human_share(drawn.answers(candidate, signals=False), sends)
    truth = _truth(world, drawn, candidate, share)
    spent = cost_per_sendable(drawn.paid_usd(candidate), answers, share)
    judged = np.where(answers.never_shown, 0.0, answers.judge > 0.5)
    each, passed = answers.by_prompt(), answers.by_prompt(judged)
    votes_by_prompt = np.bincount(answers.prompt[sends.response], minlength=len(each))
    sent_by_prompt = np.bincount(answers.prompt[sends.response], sends.sendable, minlength=len(each))
    judge, pooled = share_acceptable(passed, each), share_acceptable(passed + sent_by_prompt, each + votes_by_prompt)
    return Held(
        share.lower <= truth <= share.upper,
        spent.lower <= world.mean_cost(candidate) / truth <= (np.inf if spent.upper is None else spent.upper),
        *(one.lower <= truth <= one.upper for one in (alone, judge, pooled)),
        share.upper - share.lower,
        alone.upper - alone.lower,
        share.value - truth,
        share.rated,
        share.gain or 1.0,
        share.holds_for_these_raters_only,
    )


def _truth(world: World, drawn: Production, candidate: int, share: HumanShare) -> float:
    if not share.holds_for_these_raters_only:
        return world.share(candidate)
    voted = share.estimate.rater != NO_RATER
    weight = np.bincount(share.estimate.rater[voted], share.estimate.weight[voted], minlength=world.raters)
    return float(world.share_at(candidate, drawn.likes[:, candidate]) @ weight / weight.sum())


def summary(found: Iterable[Held]) -> dict[str, float]:
    """The mean of each column, and the mean width as a ratio to that of the votes alone."""
    found = list(found)
    means = {field.name: float(np.mean([getattr(one, field.name) for one in found])) for field in fields(Held)}
    means["width_ratio"] = means["width"] / means["width_of_votes_alone"]
    return {name: round(value, 4) for name, value in means.items()}


def run() -> dict:
    """Print-ready result; ``value``: the lowest coverage of a share or of a cost."""
    began, covered, narrow = time.perf_counter(), {}, {}
    for raters, taste in product(RATERS, TASTES):
        name = f"{raters} raters, {'tastes' if taste else 'leniency'}"
        covered[name] = summary(held(World(raters=raters, taste=taste), PRODUCTIONS, seed=raters))
    for raters, sharpness in product(FEW_RATERS, (0.0, 1.5)):
        name = f"{raters} raters, {'useful' if sharpness else 'useless'} signals"
        narrow[name] = summary(held(World(raters, FEW_VOTES, sharpness=sharpness), PRODUCTIONS // 4, seed=raters))
    lowest = min(min(one["share"], one["cost"]) for one in (*covered.values(), *narrow.values()))
    widest = max(one["width_ratio"] for one in (*covered.values(), *narrow.values()))
    return {
        "name": "human_coverage",
        "value": lowest,
        "goal": f">= {COVERED} with every number of raters, and on average at most {WIDEST} x as wide as votes alone",
        "met": lowest >= COVERED and widest <= WIDEST,
        "detail": {
            "productions_each": PRODUCTIONS,
            "widest_ratio": widest,
            "coverage": covered,
            "about_100_rated": narrow,
            "seconds": round(time.perf_counter() - began, 1),
        },
    }
