"""Votes that adaptive sampling needs, as a share of what drawing pairs evenly needs, for the same certainty.

Simulated votes on two candidates that join twenty well-known ones, on who leads among twenty, and on twenty
from scratch. Votes come in batches, each drawn from a fit of the votes so far; certainty is measured at the
true strengths, so that a lucky fit does not count as knowledge.
"""

import random
from dataclasses import dataclass

import numpy as np

from core.domain.sampling import Goal, draw_pair, pair_probabilities

GOALS = {"two join twenty": 0.35, "who leads": 0.6, "from scratch": 1.0, "from scratch, much alike": 1.0}
BATCH = 25
RUNS = 7
PRIOR = 0.02
LEAD_IN_SE = 2.5


@dataclass
class Situation:
    """Strengths in logits, votes there are already (k × k, symmetric), and what is to be found out.

    ``wanted_se``: root mean square standard error of the ratings at which to stop. For the goal "leader" one
    stops when the leader is LEAD_IN_SE standard errors ahead of every other.
    """

    strengths: np.ndarray
    votes: np.ndarray
    goal: Goal
    wanted_se: float = 0.0

    def is_settled(self, votes: np.ndarray) -> bool:
        """Whether these votes, spread over pairs like this, would tell what is wanted."""
        k = len(votes)
        level = np.full((k, k), 1 / k)  # fixes what the votes leave open: the mean
        covariance = np.linalg.inv(information(votes, self.strengths)[0] + level + 1e-9 * np.eye(k)) - level
        if self.goal == "all":
            return bool(np.sqrt(np.trace(covariance) / k) <= self.wanted_se)
        leader = int(self.strengths.argmax())
        others = np.arange(k) != leader
        variance = covariance[leader, leader] + np.diag(covariance) - 2 * covariance[leader]
        ahead = self.strengths[leader] - self.strengths
        return bool((ahead[others] >= LEAD_IN_SE * np.sqrt(variance[others])).all())


def information(votes: np.ndarray, strengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fisher information of the strengths, and of one vote on each pair."""
    p = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))
    weights = p * (1 - p)
    return np.diag((votes * weights).sum(axis=1)) - votes * weights, weights


def fit(wins: np.ndarray) -> np.ndarray:
    """Bradley-Terry strengths by Newton's method with a slight normal prior; ``wins[i, j]``: i over j."""
    strengths = np.zeros(len(wins))
    votes = wins + wins.T
    for _ in range(30):
        p = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))
        score = (wins - votes * p).sum(axis=1) - PRIOR * strengths
        step = np.linalg.solve(information(votes, strengths)[0] + PRIOR * np.eye(len(wins)), score)
        strengths += np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-6:
            break
    return strengths


def simulate(situation: Situation, seed: int, *, adaptive: bool) -> int:
    """New votes until the wanted certainty is there."""
    rng, noise = random.Random(seed), np.random.default_rng(seed)
    k = len(situation.strengths)
    true_p = 1 / (1 + np.exp(situation.strengths[None, :] - situation.strengths[:, None]))
    upper = np.triu(noise.binomial(situation.votes.astype(int), true_p), 1)
    wins = upper + np.tril(situation.votes - upper.T, -1)
    votes, new = situation.votes.copy(), 0
    while not situation.is_settled(votes):
        strengths = fit(wins)
        hessian, weights = information(votes, strengths)
        chances = pair_probabilities(
            np.linalg.inv(hessian + PRIOR * np.eye(k)), weights, votes,
            goal=situation.goal, floor=0.15 if adaptive else 1.0,
            eligible=~np.eye(k, dtype=bool), leader=int(strengths.argmax()),
        )  # fmt: skip
        for _ in range(BATCH):
            i, j, _ = draw_pair(chances, rng)
            i_wins = rng.random() < true_p[i, j]
            wins[(i, j) if i_wins else (j, i)] += 1
            votes[i, j] += 1
            votes[j, i] += 1
        new += BATCH
    return new


def situations(noise: np.random.Generator) -> dict[str, Situation]:
    """Twenty candidates whose strengths have an SD of 0.6 logits (104 Elo) or of 1; a leader is 0.3 ahead."""
    everyone = ~np.eye(22, dtype=bool)
    known = 30.0 * everyone
    known[20:] = known[:, 20:] = 0
    strengths, none = noise.normal(0, 0.6, 22), np.zeros((20, 20))
    led = np.sort(strengths[:20])
    led[-1] = led[-2] + 0.3
    return {
        "two join twenty": Situation(strengths, known, "all", 0.14),
        "who leads": Situation(led, none, "leader"),
        "from scratch": Situation(noise.normal(0, 1.0, 20), none, "all", 0.16),
        "from scratch, much alike": Situation(strengths[:20], none, "all", 0.16),
    }


def run() -> dict:
    """Median over simulated workspaces of (votes adaptive / votes even), for each situation."""
    ratios: dict[str, list[float]] = {name: [] for name in GOALS}
    for seed in range(RUNS):
        for name, situation in situations(np.random.default_rng(seed)).items():
            ratio = simulate(situation, seed, adaptive=True) / simulate(situation, seed, adaptive=False)
            ratios[name].append(ratio)
    value = {name: round(float(np.median(found)), 3) for name, found in ratios.items()}
    detail = {name: f"{min(found):.2f} to {max(found):.2f} in {RUNS} runs" for name, found in ratios.items()}
    met = all(value[name] < goal for name, goal in GOALS.items())
    return {"name": "sampling", "value": value, "goal": GOALS, "met": met, "detail": detail}
