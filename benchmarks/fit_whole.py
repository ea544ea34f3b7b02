"""The whole estimator, from counts to a finished board, against evalica's bare fit of the same votes.

Whole: side, length, rater weights, clusters by rater and by prompt, safe-to-peek band, simultaneous comparison, ranks.
evalica gets its fastest input: prepared lists, one weighted row for each pair of candidates and outcome.
"""

from collections.abc import Callable

import evalica
import numpy as np

from benchmarks.timing import medians
from core.domain.ranking import Cells, Clusters, cells_from_votes, clusters_from_votes, rank, rater_weight, settled

CANDIDATES, RATERS, BUCKETS, PROMPTS, VOTES = 50, 100, 64, 64, 25_000
GOAL, ROUNDS = 20.0, 60


def votes() -> tuple[np.ndarray, ...]:
    """Left, right, outcome, length bin, rater and prompt of each vote; a few raters do most of the work."""
    rng = np.random.default_rng(0)
    strength, activity = rng.normal(0, 0.8, CANDIDATES), rng.lognormal(0, 1, RATERS)
    left = rng.integers(0, CANDIDATES, VOTES)
    right = (left + rng.integers(1, CANDIDATES, VOTES)) % CANDIDATES
    won = rng.random(VOTES) < 1 / (1 + np.exp(strength[right] - strength[left]))
    outcome = np.where(rng.random(VOTES) < 0.2, rng.integers(2, 4, VOTES), np.where(won, 0, 1))
    rater = rng.choice(RATERS, VOTES, p=activity / activity.sum())
    return left, right, outcome, rng.integers(-2, 3, VOTES), rater, rng.integers(0, PROMPTS, VOTES)


def counts() -> tuple[Cells, tuple[Clusters, Clusters]]:
    """What the database hands over: weighted cells, and both clusterings, raters in 64 buckets."""
    left, right, outcome, bins, rater, prompt = votes()
    weight = rater_weight(np.bincount(rater))[rater]
    cells, cell_of_vote = cells_from_votes(left, right, outcome, bins, weight)
    by_rater = clusters_from_votes(cell_of_vote, outcome, weight, rater % BUCKETS)
    return cells, (by_rater, clusters_from_votes(cell_of_vote, outcome, weight, prompt))


def bare_fit() -> Callable[[], object]:
    """evalica's fit of the same votes, its inputs prepared beforehand: each pair under one order."""
    left, right, outcome, *_ = votes()
    kind = np.where(outcome >= 2, 2, np.where(left > right, 1 - outcome, outcome))
    keys = (np.minimum(left, right) * CANDIDATES + np.maximum(left, right)) * 3 + kind
    rows, weights = np.unique(keys, return_counts=True)
    pair, kinds = np.divmod(rows, 3)
    winners = [(evalica.Winner.X, evalica.Winner.Y, evalica.Winner.Draw)[w] for w in kinds]
    xs, ys, amounts = (pair // CANDIDATES).tolist(), (pair % CANDIDATES).tolist(), weights.astype(float).tolist()
    return lambda: evalica.bradley_terry(xs, ys, winners, weights=amounts)


def run() -> dict:
    """``value``: the time of our whole board over that of evalica's bare fit."""
    cells, clusters = counts()
    board = rank(cells, clusters)
    theirs, ours = medians(ROUNDS, bare_fit(), lambda: rank(cells, clusters))
    (question,) = medians(5, lambda: settled(cells, clusters[0], board))
    return {
        "name": "fit_whole",
        "value": round(ours / theirs, 2),
        "goal": GOAL,
        "met": ours <= GOAL * theirs,
        "detail": {
            "evalica_ms": round(theirs * 1e3, 3),
            "ours_ms": round(ours * 1e3, 3),
            "settled_ms": round(question * 1e3, 3),
            "candidates": CANDIDATES,
            "votes": VOTES,
            "cells": len(cells.left),
            "clusters": [c.size for c in clusters],
        },
    }
