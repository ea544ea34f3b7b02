"""A simulated production whose every figure is known: what benchmarks of human shares and of their cost draw from.

Five candidates, eight categories, prompts that differ in ease, effects of category by candidate, costs that go with
ease; automatic verdicts and a judge that are biased by candidate; raters who differ in leniency and, where ``taste`` is
not 0, in which candidates they like; a response looks the better the poorer its opponent. Pairs are drawn by
``core.domain.sampling``, anew from the votes so far, and prompts in turn.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit

from benchmarks.sampling import fit, information
from core.domain.acceptability import Answers, Sends
from core.domain.sampling import pair_probabilities

LEVELS = np.array([1.3, 1.0, 0.6, 0.2, -0.6])
CATEGORIES, EASE, OWN, SIDE = 8, 0.7, 0.7, 0.3
AUTOMATIC_BIAS, JUDGE_BIAS = np.array([0.9, -0.6, 0.3, 1.2, 0.8]), np.array([1.1, 0.4, -0.3, -0.8, 1.4])
BATCHES, TRUTH_PROMPTS, OFFSETS = 6, 400_000, np.linspace(-5, 5, 101)


@dataclass(frozen=True)
class World:
    """What is planted.

    ``leniency``, ``taste``: SD of what is a rater's own, in logits, and of what they have for a candidate.
    ``sharpness``: how well signals know a response's quality; 0: they know nothing. ``activity``: SD of the logarithm
    of how many of the votes are a rater's.
    """

    raters: int
    votes: int = 600
    prompts: int = 200
    repetitions: int = 2
    leniency: float = 0.7
    taste: float = 0.0
    sharpness: float = 1.5
    activity: float = 0.5

    @cached_property
    def category_effect(self) -> np.ndarray:
        """[candidates, categories] in logits."""
        return np.random.default_rng(5).normal(0, 0.4, (len(LEVELS), CATEGORIES))

    @cached_property
    def _many(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """For each candidate: the part that is shown, the mean cost, and P(send) at offsets of leniency."""
        drawn = self.units(np.random.default_rng(7), TRUTH_PROMPTS)
        sends = np.empty((len(LEVELS), len(OFFSETS)))
        for candidate in range(len(LEVELS)):
            quality = drawn.quality[candidate][drawn.shown[candidate]]
            counts, edges = np.histogram(quality, 2000)
            beside = SIDE * (LEVELS[candidate] - np.delete(LEVELS, candidate))
            at = (edges[:-1] + edges[1:])[:, None] / 2 + beside
            sends[candidate] = [float(counts @ expit(at + offset).mean(axis=1) / counts.sum()) for offset in OFFSETS]
        return drawn.shown.mean(axis=1), drawn.paid_usd.mean(axis=1), sends

    def share_at(self, candidate: int, offset: np.ndarray) -> np.ndarray:
        """The share of its responses that raters so much more lenient than the mean would send."""
        shown, _, sends = self._many
        return np.asarray(shown[candidate] * np.interp(offset, OFFSETS, sends[candidate]))

    def share(self, candidate: int) -> float:
        """The share that raters as they come would send."""
        node, weight = np.polynomial.hermite_e.hermegauss(41)
        offsets = node * np.hypot(self.leniency, self.taste)
        return float(self.share_at(candidate, offsets) @ weight / weight.sum())

    def mean_cost(self, candidate: int) -> float:
        """US dollars that one response costs."""
        return float(self._many[1][candidate])

    def units(self, rng: np.random.Generator, prompts: int) -> "Units":
        """The responses of each candidate to so many prompts."""
        prompt = np.repeat(np.arange(prompts), self.repetitions)
        shape, category = (len(LEVELS), len(prompt)), prompt % CATEGORIES
        ease = rng.normal(0, EASE, prompts)[prompt]
        quality = LEVELS[:, None] + self.category_effect[:, category] + ease + rng.normal(0, OWN, shape)
        shown = rng.random(shape) > expit(-3.5 - 0.7 * ease)
        cost = np.exp(-0.5 * ease / EASE + 0.8 * rng.normal(size=shape) - 6) * rng.geometric(0.9, shape)
        return Units(prompt, quality, shown, cost)

    def drawn(self, rng: np.random.Generator) -> "Production":
        """One production with its votes."""
        units = self.units(rng, self.prompts)
        told = self.sharpness * units.quality
        automatic = rng.random(told.shape) < expit(told + AUTOMATIC_BIAS[:, None])
        judge = expit(told + JUDGE_BIAS[:, None] + rng.normal(0, 1, told.shape))
        likes = rng.normal(0, self.leniency, (self.raters, 1)) + rng.normal(0, self.taste, (self.raters, len(LEVELS)))
        share = rng.lognormal(0, self.activity, self.raters)
        ballots = _vote(rng, units, likes, share / share.sum(), self.votes)
        return Production(units, automatic.astype(float), judge, likes, ballots)


@dataclass(frozen=True)
class Units:
    """[candidates, responses], and ``prompt`` [responses]."""

    prompt: np.ndarray
    quality: np.ndarray
    shown: np.ndarray
    paid_usd: np.ndarray


@dataclass(frozen=True)
class Production:
    """One drawn production. ``likes`` [raters, candidates]: in logits."""

    units: Units
    automatic: np.ndarray
    judge: np.ndarray
    likes: np.ndarray
    ballots: dict[str, np.ndarray]

    def answers(self, candidate: int, *, signals: bool = True) -> Answers:
        """The candidate's responses, with signals or without."""
        prompt, hidden = self.units.prompt, ~self.units.shown[candidate]
        if not signals:
            return Answers(prompt, np.full(len(prompt), np.nan), hidden)
        return Answers(prompt, self.automatic[candidate], hidden, self.judge[candidate])

    def paid_usd(self, candidate: int) -> np.ndarray:
        """[prompts]"""
        return np.bincount(self.units.prompt, self.units.paid_usd[candidate])

    def sends(self, candidate: int) -> Sends:
        """The votes on the candidate's responses."""
        b = self.ballots
        left, right = b["left"] == candidate, b["right"] == candidate
        joined = {name: np.concatenate([b[name][left], b[name][right]]) for name in ("response", "rater", "chance")}
        opponent = np.concatenate([b["right"][left], b["left"][right]])
        sendable = np.concatenate([b["send_left"][left], b["send_right"][right]])
        alike = np.ones(len(opponent))
        return Sends(joined["response"], joined["rater"], opponent, sendable, alike, joined["chance"])


def _vote(rng: np.random.Generator, units: Units, likes: np.ndarray, share: np.ndarray, votes: int) -> dict:
    """Votes on pairs: [votes] left, right, response, rater, chance, send_left and send_right. ``share``: a rater's."""
    left, right, response, chance = _pairs(rng, units, votes)
    rater = rng.choice(len(likes), votes, p=share)
    sends = {}
    for side, own, other in (("send_left", left, right), ("send_right", right, left)):
        looks = units.quality[own, response] + likes[rater, own] + SIDE * (LEVELS[own] - LEVELS[other])
        sends[side] = (rng.random(votes) < expit(looks)).astype(float)
    return {"left": left, "right": right, "response": response, "rater": rater, "chance": chance, **sends}


def _pairs(rng: np.random.Generator, units: Units, votes: int) -> tuple[np.ndarray, ...]:
    """[votes] left, right, response and the chance of the pair, drawn from the votes before in so many batches."""
    rows, columns = np.triu_indices(len(LEVELS), 1)
    wins, seen = np.zeros((len(LEVELS), len(LEVELS))), np.zeros(len(rows), dtype=np.intp)
    turns = [
        rng.permutation(np.flatnonzero(units.shown[i] & units.shown[j])) for i, j in zip(rows, columns, strict=True)
    ]
    drawn = []
    for size in np.diff(np.linspace(0, votes, BATCHES + 1).astype(int)):
        chances = _probabilities(wins)[rows, columns]
        pair = np.sort(rng.choice(len(rows), size, p=chances))
        response = np.empty(size, dtype=np.intp)
        for one in np.unique(pair):
            mine = pair == one
            response[mine] = turns[one][(seen[one] + np.arange(mine.sum())) % len(turns[one])]
            seen[one] += mine.sum()
        left, right = rows[pair], columns[pair]
        is_left = rng.random(size) < expit(units.quality[left, response] - units.quality[right, response])
        np.add.at(wins, (np.where(is_left, left, right), np.where(is_left, right, left)), 1)
        drawn.append((left, right, response, chances[pair]))
    return tuple(np.concatenate(column) for column in zip(*drawn, strict=True))


def _probabilities(wins: np.ndarray) -> np.ndarray:
    votes, eligible = wins + wins.T, ~np.eye(len(wins), dtype=bool)
    if not votes.any():
        return pair_probabilities(None, np.full(votes.shape, 0.25), votes, eligible=eligible)
    hessian, weights = information(votes, fit(wins))
    return pair_probabilities(np.linalg.pinv(hessian), weights, votes, eligible=eligible)
