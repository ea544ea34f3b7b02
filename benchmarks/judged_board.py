"""Whether a judge that narrows the board keeps its intervals right, and how many votes it is worth: by simulation.

A planted production: five candidates, answers that differ from prompt to prompt, raters who differ in leniency (ties)
and, in some worlds, in taste; a judge with a bias of its own for each candidate. The pairs that are rated are drawn by
the product's own sampler while the votes come in. Truth is the Bradley-Terry rating of the whole population of votes.
"""

import time
from dataclasses import dataclass

import numpy as np

from core.domain.ranking import Cells, RankingOptions, rank, rater_weight
from core.domain.ranking.comparison import difference_se
from core.domain.ranking.estimate import Estimate, estimate_plain, estimate_whole, every_pair
from core.domain.ranking.fit import ELO_PER_LOGIT
from core.domain.ranking.intervals import fixed_factor
from core.domain.ranking.judged_counts import JudgedVotes, OtherPairs, Strata, judged_counts
from core.domain.sampling import pair_probabilities

K, BUCKETS = 5, 64
FIRST, SECOND = every_pair(K)
PAIRS = len(FIRST)
PRIOR = RankingOptions().prior
RUNS, OTHER_RUNS, RATERS = 1000, 200, (6, 12, 24)
LEAST_COVERAGE, MOST_WIDTH, LEAST_GAIN = 0.93, 1.02, 1.3
GROWTH, LATENT = 1.35, 20_000


@dataclass(frozen=True)
class World:
    """What is planted. Standard deviations are in logits."""

    raters: int = 12
    votes: int = 300
    others: float = 5.0
    """Pairs without votes for each vote."""
    answers: float = 2.0
    """SD of an answer's quality around its candidate's."""
    tastes: float = 0.0
    leniency: float = 0.6
    """SD of the log of the difference below which a rater calls it a tie."""
    judge_noise: float = 1.5
    bias: float = 1.0
    """SD of the judge's bias for a candidate."""
    sees: float = 1.0
    """How far the judge goes by quality; 0: it knows nothing."""


@dataclass(frozen=True)
class Drawn:
    """One production: counts for ``rank``, the true differences [k, k] in Elo, and rows for the naive ways."""

    counts: tuple
    true: np.ndarray
    judge_only: Estimate
    pooled: Estimate


def drawn(world: World, rng: np.random.Generator) -> Drawn:
    """Votes and preferences of one replication."""
    prompts = int(np.ceil(world.votes * (1 + world.others) / PAIRS))
    strength, bias = rng.normal(0, 0.6, K), rng.normal(0, world.bias, K)
    quality = rng.normal(0, world.answers, (prompts, K))
    taste = rng.normal(0, world.tastes, (world.raters, K))
    leniency = np.exp(rng.normal(-0.5, world.leniency, world.raters))
    activity = rng.lognormal(0, 0.5, world.raters)
    rater = rng.choice(world.raters, world.votes, p=activity / activity.sum())
    order = rng.permuted(np.tile(np.arange(prompts), (PAIRS, 1)), axis=1)

    def outcomes(pair: np.ndarray, prompt: np.ndarray, by: np.ndarray) -> np.ndarray:
        i, j = FIRST[pair], SECOND[pair]
        apart = (strength + quality[prompt, :] + taste[by])[np.arange(len(pair)), i]
        apart = apart - (strength + quality[prompt, :] + taste[by])[np.arange(len(pair)), j]
        apart = apart + rng.logistic(size=len(pair))
        return np.where(np.abs(apart) < leniency[by], 2, np.where(apart > 0, 0, 1))

    pair, prompt, outcome = _sampled(world, rng, rater, order, outcomes)
    judge = (world.sees * (strength + quality) + bias)[:, FIRST] - (world.sees * (strength + quality) + bias)[:, SECOND]
    judge = judge + rng.normal(0, world.judge_noise, judge.shape)
    preference = np.where(np.abs(judge) < 0.5, 2, np.where(judge > 0, 0, 1))
    counts = _counted(world, rng, (pair, prompt, outcome, rater), preference)
    of_judge = (np.nonzero(np.ones_like(preference))[1], preference.ravel())
    pooled = (np.concatenate((pair, of_judge[0])), np.concatenate((outcome, of_judge[1])))
    true = _truth(world, strength, rng)
    return Drawn(counts, true, _as_votes(*of_judge), _as_votes(*pooled))


def _sampled(world, rng, rater, order, outcomes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pair, prompt and outcome of each vote: drawn by the sampler, which learns in steps as the app's does."""
    pair, prompt, outcome = (np.zeros(world.votes, np.intp) for _ in range(3))
    taken, met, won = np.zeros(PAIRS, np.intp), np.zeros((K, K)), np.zeros((K, K))
    every, begin = ~np.eye(K, dtype=bool), 0
    while begin < world.votes:
        end = min(world.votes, max(begin + 5, int(begin * GROWTH)))
        theta = _strengths(met, won)
        p = 1 / (1 + np.exp(theta[None, :] - theta[:, None]))
        weights = p * (1 - p)
        information = np.diag((met * weights).sum(axis=1)) - met * weights
        covariance = np.linalg.pinv(information, hermitian=True) if met.any() else None
        chances = pair_probabilities(covariance, weights, met, eligible=every)[FIRST, SECOND]
        pair[begin:end] = rng.choice(PAIRS, end - begin, p=chances / chances.sum())
        for at in range(begin, end):
            prompt[at] = order[pair[at], taken[pair[at]] % order.shape[1]]
            taken[pair[at]] += 1
        now = slice(begin, end)
        outcome[now] = outcomes(pair[now], prompt[now], rater[now])
        y = np.array([1.0, 0.0, 0.5])[outcome[now]]
        i, j = FIRST[pair[now]], SECOND[pair[now]]
        np.add.at(met, (i, j), 1), np.add.at(met, (j, i), 1)
        np.add.at(won, (i, j), y), np.add.at(won, (j, i), 1 - y)
        begin = end
    return pair, prompt, outcome


def _strengths(met, won) -> np.ndarray:
    """[k] a few Newton steps of Bradley-Terry with a prior."""
    theta = np.zeros(K)
    for _ in range(4):
        p = 1 / (1 + np.exp(theta[None, :] - theta[:, None]))
        h = met * p * (1 - p)
        information = np.diag(h.sum(axis=1) + 0.3) - h
        theta = theta + np.linalg.solve(information, (won - met * p).sum(axis=1) - 0.3 * theta)
    return theta


def _counted(world, rng, votes, preference) -> tuple:
    """Cells, clusters and the judge's preferences, as the service counts them."""
    pair, prompt, outcome, rater = votes
    is_voted = np.zeros(preference.shape, dtype=bool)
    is_voted[prompt, pair] = True
    first_is_left = rng.integers(0, 2, len(pair))
    said, shown = preference[prompt, pair], outcome.copy()
    mirrored = np.array([1, 0, 2, 3])
    rows = JudgedVotes(
        stratum=pair,
        first_is_left=first_is_left,
        length_bin=rng.integers(-2, 3, len(pair)),
        outcome=np.where(first_is_left == 1, shown, mirrored[shown]),
        weight=rater_weight(np.bincount(rater, minlength=world.raters))[rater],
        preference=np.where(first_is_left == 1, said, mirrored[said]),
        rater=rater,
        prompt=prompt % BUCKETS,
    )
    at, of = np.nonzero(~is_voted)
    value = np.array([1.0, 0.0, 0.5])[preference[at, of]]
    others = OtherPairs(of, at % BUCKETS, np.ones(len(at)), value)
    strata = Strata(FIRST, SECOND, is_voted.sum(axis=0).astype(float))
    return judged_counts(K, strata, rows, others)


def _as_votes(pair, outcome) -> Estimate:
    """What somebody gets who takes these rows for votes of independent raters."""
    counts = np.bincount(pair * 4 + outcome, minlength=PAIRS * 4).reshape(PAIRS, 4).astype(float)
    return estimate_plain(Cells(K, FIRST, SECOND, 0 * FIRST, counts, counts), PRIOR)


def _truth(world, strength, rng) -> np.ndarray:
    """[k, k] differences of the ratings that infinitely many votes on all pairs would give."""
    half = LATENT // 2
    spread = np.sqrt(2 * (world.answers**2 + world.tastes**2))
    noise = rng.normal(0, spread, half) + rng.logistic(size=half)
    noise = np.sort(np.concatenate((noise, -noise)))
    level = np.exp(world.leniency * np.sqrt(2) * np.polynomial.hermite.hermgauss(9)[0] - 0.5)
    weight = np.polynomial.hermite.hermgauss(9)[1] / np.sqrt(np.pi)
    apart = (strength[FIRST] - strength[SECOND])[:, None]
    below = np.searchsorted(noise, level - apart) / len(noise)
    lost = np.searchsorted(noise, -level - apart) / len(noise)
    mean = ((1 - below) + 0.5 * (below - lost)) @ weight
    counts = np.zeros((PAIRS, 4))
    counts[:, 0], counts[:, 1] = 1e6 * mean, 1e6 * (1 - mean)
    rating = estimate_plain(Cells(K, FIRST, SECOND, 0 * FIRST, counts, counts), PRIOR).ratings
    return np.asarray(rating[:, None] - rating[None, :])


@dataclass
class Seen:
    """Over the replications of one world, of the differences of two ratings."""

    covered: float
    covered_votes_alone: float
    covered_judge_only: float
    covered_pooled: float
    width: float
    """Of the mean interval, over that of votes alone."""
    worth: float
    """How many times the votes: mean squared error of votes alone over that with the judge."""
    worth_said: float
    """What the board says, the median."""
    correlation: float


def seen(world: World, runs: int, seed: int) -> Seen:
    """What ``runs`` replications of the world show."""
    rng, rows, said = np.random.default_rng(seed), [], []
    for _ in range(runs):
        one = drawn(world, rng)
        cells, clusters, judged = one.counts
        alone = estimate_whole(cells, clusters, prior=PRIOR, side=True, length=True)
        board = rank(cells, clusters, RankingOptions(draws=2), judged)
        estimates = (board.estimate, alone, one.judge_only, one.pooled)
        rows.append([_against(estimate, one.true) for estimate in estimates])
        said.append((board.narrowed.correlation, board.narrowed.gain))
    inside, half, squared = np.array(rows).transpose(2, 0, 1)
    covered, width, error = inside.mean(axis=0), half.mean(axis=0), squared.mean(axis=0)
    correlation, gain = np.mean([c for c, _ in said if c is not None]), np.median([g for _, g in said])
    found = (*covered, width[0] / width[1], error[1] / error[0], gain, correlation)
    return Seen(*(round(float(value), 4) for value in found))


def _against(estimate: Estimate, true: np.ndarray) -> tuple[float, float, float]:
    """Share of differences within their interval, mean half-width, mean squared error."""
    error = (estimate.ratings[:, None] - estimate.ratings[None, :] - true)[FIRST, SECOND]
    half = difference_se(estimate.covariance)[FIRST, SECOND] * fixed_factor(0.05, estimate.degrees)
    return float((np.abs(error) <= half).mean()), float(half.mean() / ELO_PER_LOGIT), float((error**2).mean())


LENIENT = "leniency only, N >= 5 n in every pair"
"""The sampler goes to some pairs twice as often as to others, so it takes N = 10 n over all."""
WORLDS = {
    **{f"{raters} raters, tastes": (World(raters=raters, tastes=0.5), RUNS) for raters in RATERS},
    LENIENT: (World(raters=24, others=10.0), RUNS),
    "leniency only, N = 5 n over all": (World(raters=24), OTHER_RUNS),
    "100 rated": (World(votes=100), OTHER_RUNS),
    "100 rated, judge knows nothing": (World(votes=100, sees=0.0), OTHER_RUNS),
    "300 rated, judge knows nothing": (World(sees=0.0), OTHER_RUNS),
    "as many others as votes": (World(others=1.0), OTHER_RUNS),
}


def run(runs: float = 1.0) -> dict:
    """Print-ready result; ``value``: the lowest coverage of the narrowed intervals; ``met``: every part."""
    began = time.perf_counter()
    found = {name: seen(world, max(2, int(each * runs)), 7) for name, (world, each) in WORLDS.items()}
    lowest, widest = min(s.covered for s in found.values()), max(s.width for s in found.values())
    worth = found[LENIENT].worth
    met = {
        "coverage": lowest >= LEAST_COVERAGE,
        "width": widest <= MOST_WIDTH,
        "worth": worth >= LEAST_GAIN,
    }
    return {
        "name": "judged_board",
        "value": lowest,
        "goal": f"coverage >= {LEAST_COVERAGE}, width <= {MOST_WIDTH} x votes alone, worth >= {LEAST_GAIN} x the votes",
        "met": all(met.values()),
        "detail": {
            "met": met,
            "worth": worth,
            "worlds": {name: vars(each) for name, each in found.items()},
            "candidates": K,
            "seconds": round(time.perf_counter() - began, 1),
        },
    }
