"""How often the intervals contain the truth: by simulation, nominal 95 %.

Three worlds of ten candidates: votes of independent raters, decided or with ties; fifty raters with tastes of their
own (SD 0.5 logits per candidate) and heavy-tailed activity; and a board looked at 196 times while it fills. The
truth is the Bradley-Terry rating of the whole population of votes, so that ties and tastes are part of it.
"""

import time
from collections.abc import Callable

import numpy as np
from scipy.special import expit

from core.domain.ranking import Band, Cells, RankingOptions, cells_from_votes, clusters_from_votes, rater_weight
from core.domain.ranking.board import rating_band
from core.domain.ranking.estimate import Estimate, estimate_plain, estimate_whole

CANDIDATES, RATERS, PROMPTS = 10, 50, 64
VOTES, RUNS = 2500, 2500
LOOKS, LOOK_EVERY, FIRST_LOOK, PEEK_RUNS = 196, 100, 500, 400
PRIOR = RankingOptions().prior
FIXED, PEEK = RankingOptions(band=Band.FIXED), RankingOptions(band=Band.PEEK)
LEFT, RIGHT = (side[~np.eye(CANDIDATES, dtype=bool)] for side in np.indices((CANDIDATES, CANDIDATES)))


def tie_rate(p: np.ndarray, ties: float) -> np.ndarray:
    """The chance of a tie where left wins with probability ``p``; ``ties`` between equals."""
    return 4 * ties * p * (1 - p)


def truth(strength: np.ndarray, taste_sd: float, ties: float) -> np.ndarray:
    """The ratings that infinitely many votes of infinitely many raters would give."""
    node, weight = np.polynomial.hermite_e.hermegauss(31)
    p = expit((strength[LEFT] - strength[RIGHT])[:, None] + np.sqrt(2) * taste_sd * node)
    mean = (p * (1 - tie_rate(p, ties)) + tie_rate(p, ties) / 2) @ (weight / weight.sum())
    counts = np.zeros((len(LEFT), 4))
    counts[:, 0], counts[:, 1] = 1e6 * mean, 1e6 * (1 - mean)
    cells = Cells(CANDIDATES, LEFT, RIGHT, np.zeros(len(LEFT), np.intp), counts, counts)
    return estimate_plain(cells, PRIOR).ratings


def votes(rng: np.random.Generator, strength: np.ndarray, count: int, taste_sd: float, ties: float) -> tuple:
    """Left, right, outcome, length bin, rater and prompt of ``count`` votes."""
    taste = rng.normal(0, taste_sd, (RATERS, CANDIDATES))
    activity = rng.lognormal(0, 1.0, RATERS)
    rater = rng.choice(RATERS, count, p=activity / activity.sum())
    left = rng.integers(0, CANDIDATES, count)
    right = (left + rng.integers(1, CANDIDATES, count)) % CANDIDATES
    p = expit(strength[left] - strength[right] + taste[rater, left] - taste[rater, right])
    outcome = np.where(rng.random(count) < p, 0, 1)
    outcome = np.where(rng.random(count) < tie_rate(p, ties), rng.integers(2, 4, count), outcome)
    return left, right, outcome, rng.integers(-2, 3, count), rater, rng.integers(0, PROMPTS, count)


def whole(left, right, outcome, bins, rater, prompt) -> Estimate:
    """The product's estimator: rater weights, side, length, clustered by rater and by prompt."""
    weight = rater_weight(np.bincount(rater))[rater]
    cells, cell_of_vote = cells_from_votes(left, right, outcome, bins, weight, CANDIDATES)
    clusters = [clusters_from_votes(cell_of_vote, outcome, weight, code) for code in (rater, prompt)]
    return estimate_whole(cells, clusters, prior=PRIOR, side=True, length=True)


def usual(left, right, outcome, bins, rater, prompt) -> Estimate:
    """The usual sandwich: every vote for itself."""
    return estimate_plain(cells_from_votes(left, right, outcome, candidates=CANDIDATES)[0], PRIOR)


def inside(estimate: Estimate, options: RankingOptions, true: np.ndarray) -> np.ndarray:
    lower, upper, _ = rating_band(estimate, options)
    return (lower <= true) & (true <= upper)


def coverage(seed: int, taste_sd: float, ties: float, *estimators: Callable[..., Estimate]) -> list[float]:
    """The share of fixed 95 % intervals that contain the truth, for each estimator on the same votes."""
    rng = np.random.default_rng(seed)
    hits = np.zeros((len(estimators), RUNS))
    for run_number in range(RUNS):
        strength = rng.normal(0, 0.6, CANDIDATES)
        true = truth(strength, taste_sd, ties)
        drawn = votes(rng, strength, VOTES, taste_sd, ties)
        for e, estimator in enumerate(estimators):
            hits[e, run_number] = inside(estimator(*drawn), FIXED, true).mean()
    return hits.mean(axis=1).round(4).tolist()


def ever_wrong(seed: int) -> tuple[float, float]:
    """The share of candidates whose band misses the truth at any of 196 looks: safe to peek, and fixed."""
    rng = np.random.default_rng(seed)
    count = FIRST_LOOK + (LOOKS - 1) * LOOK_EVERY
    wrong = np.zeros((2, PEEK_RUNS, CANDIDATES), dtype=bool)
    bins = np.zeros(len(LEFT), np.intp)
    for run_number in range(PEEK_RUNS):
        strength = rng.normal(0, 0.6, CANDIDATES)
        true = truth(strength, 0.0, 0.2)
        left, right, outcome, *_ = votes(rng, strength, count, 0.0, 0.2)
        ordered_pair = left * (CANDIDATES - 1) + right - (right > left)
        look = np.maximum(np.arange(count) - FIRST_LOOK, -1) // LOOK_EVERY + 1
        slot = (look * len(LEFT) + ordered_pair) * 4 + outcome
        seen = np.bincount(slot, minlength=LOOKS * len(LEFT) * 4).reshape(LOOKS, len(LEFT), 4).cumsum(axis=0) * 1.0
        for counts in seen:
            cells = Cells(CANDIDATES, LEFT, RIGHT, bins, counts, counts)
            estimate = estimate_whole(cells, (), prior=PRIOR, side=True, length=False)
            for b, options in enumerate((PEEK, FIXED)):
                wrong[b, run_number] |= ~inside(estimate, options, true)
    return float(wrong[0].mean()), float(wrong[1].mean())


def run() -> dict:
    """Print-ready result; ``value``: the lowest coverage of the whole estimator; ``met``: every part."""
    began = time.perf_counter()
    (decided,) = coverage(1, 0.0, 0.0, whole)
    (tied,) = coverage(2, 0.0, 0.4, whole)
    tastes, naive = coverage(3, 0.5, 0.0, whole, usual)
    peek, fixed = ever_wrong(4)
    parts = {
        "no_rater_effects": {"value": decided, "goal": [0.94, 0.96], "met": 0.94 <= decided <= 0.96},
        "no_rater_effects_with_ties": {"value": tied, "goal": [0.94, 0.96], "met": 0.94 <= tied <= 0.96},
        "50_raters_with_tastes": {"value": tastes, "usual_sandwich": naive, "goal": 0.92, "met": tastes >= 0.92},
        "ever_wrong_in_196_looks": {"value": peek, "fixed_interval": fixed, "goal": 0.05, "met": peek <= 0.05},
    }
    return {
        "name": "coverage",
        "value": min(decided, tied, tastes),
        "goal": "0.94-0.96 without rater effects, >= 0.92 with; ever wrong in 196 looks <= 0.05",
        "met": all(part["met"] for part in parts.values()),
        "detail": parts
        | {
            "candidates": CANDIDATES,
            "votes": VOTES,
            "runs": RUNS,
            "intervals_per_coverage": RUNS * CANDIDATES,
            "peek_runs": PEEK_RUNS,
            "seconds": round(time.perf_counter() - began, 1),
        },
    }
