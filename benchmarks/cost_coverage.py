"""How often the intervals of cost per acceptable response and of the share acceptable hold the planted truth.

Worlds: 16 and 64 prompts, 1 and 5 repetitions, 10 to 95 % acceptable; prompts differ in difficulty (SD 1 logit); costs
are lognormal (σ 0.8 and 1.2), correlated with difficulty either way; one attempt in ten fails, is paid for and retried,
and 3 % of the units are given up. Nominal 95 %. The truth is the ratio of four million units.
"""

import time
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from core.domain.acceptability import CostState, cost_per_acceptable, share_acceptable

PROMPTS, REPETITIONS, RATES = (16, 64), (1, 5), (0.1, 0.5, 0.8, 0.95)
COSTS = ((0.8, 0.6), (0.8, -0.6), (1.2, 0.6))
DATASETS, TRUTH_UNITS, GOAL = 2000, 4_000_000, 0.93
FAILS, GIVEN_UP = 0.1, 0.03


@dataclass(frozen=True)
class Planted:
    """[datasets, prompts] what was paid and how many of ``judged`` were acceptable, with the truth behind them."""

    paid_usd: np.ndarray
    acceptable: np.ndarray
    judged: int
    cost: float
    share: float

    def cost_coverage(self) -> float:
        """Of the datasets with an acceptable response, how many intervals hold the true cost."""
        judged = np.full(self.paid_usd.shape[1], self.judged)
        found = [cost_per_acceptable(*row, judged) for row in zip(self.paid_usd, self.acceptable, strict=True)]
        known = [one for one in found if one.state is CostState.KNOWN]
        return float(np.mean([one.lower <= self.cost <= (one.upper or np.inf) for one in known]))

    def share_coverage(self) -> float:
        """How many intervals hold the true share."""
        judged = np.full(self.paid_usd.shape[1], self.judged)
        found = [share_acceptable(row, judged) for row in self.acceptable]
        return float(np.mean([one.lower <= self.share <= one.upper for one in found]))


def planted(
    rng: np.random.Generator,
    *,
    prompts: int,
    repetitions: int,
    rate: float,
    datasets: int = DATASETS,
    sigma: float = 0.8,
    correlation: float = 0.6,
) -> Planted:
    """Datasets drawn from one world. ``correlation``: of the log cost with a prompt's difficulty."""
    world = (repetitions, _level(rate), sigma, correlation)
    paid, acceptable = _units(rng, (datasets, prompts), *world)
    many_paid, many = _units(rng, (TRUTH_UNITS // repetitions // 200, 200), *world)
    truth = many_paid.sum() / many.sum()
    return Planted(paid, acceptable, repetitions, float(truth), float(many.mean() / repetitions))


def _units(rng, shape, repetitions, level, sigma, correlation) -> tuple[np.ndarray, np.ndarray]:
    """Per prompt: what all its units cost with their attempts, and how many are acceptable."""
    size = (*shape, repetitions)
    ease = rng.normal(size=(*shape, 1))
    given_up = rng.random(size) < GIVEN_UP
    acceptable = (rng.random(size) < expit(level + ease)) & ~given_up
    of_prompt = -correlation * ease + np.sqrt(1 - correlation**2) * rng.normal(size=(*shape, 1))
    cost = np.exp(sigma * np.sqrt(0.5) * (of_prompt + rng.normal(size=size)) - 6.0)
    retries = rng.geometric(1 - FAILS, size) - 1
    wasted = retries * np.exp(sigma * rng.normal(size=size) - 6.5)
    return (np.where(given_up, 0.0, cost) + wasted).sum(axis=2), acceptable.sum(axis=2)


def _level(rate: float) -> float:
    """The logit at which a share ``rate`` of all units is acceptable."""
    node, weight = np.polynomial.hermite_e.hermegauss(41)
    weight = weight / weight.sum() * (1 - GIVEN_UP)
    return float(brentq(lambda level: float(expit(level + node) @ weight) - rate, -20, 20))


def run() -> dict:
    """Print-ready result; ``value``: the share of cost intervals that held the truth in the world with the fewest."""
    began, rng = time.perf_counter(), np.random.default_rng(11)
    costs, shares = {}, {}
    for prompts, repetitions, rate, (sigma, correlation) in product(PROMPTS, REPETITIONS, RATES, COSTS):
        world = planted(rng, prompts=prompts, repetitions=repetitions, rate=rate, sigma=sigma, correlation=correlation)
        name = f"{prompts} prompts x {repetitions}, {rate:.0%} acceptable, sigma {sigma}, correlation {correlation}"
        costs[name], shares[name] = world.cost_coverage(), world.share_coverage()
    lowest = min(costs.values())
    return {
        "name": "cost_coverage",
        "value": round(lowest, 4),
        "goal": f">= {GOAL} in every world",
        "met": lowest >= GOAL,
        "detail": {
            "worlds": len(costs),
            "datasets_each": DATASETS,
            "cost": _summary(costs),
            "share": _summary(shares),
            "seconds": round(time.perf_counter() - began, 1),
        },
    }


def _summary(found: dict[str, float]) -> dict:
    lowest = sorted(found, key=found.__getitem__)[:5]
    return {
        "mean": round(float(np.mean(list(found.values()))), 4),
        "below_goal": sum(value < GOAL for value in found.values()),
        "lowest": {name: round(found[name], 4) for name in lowest},
    }
