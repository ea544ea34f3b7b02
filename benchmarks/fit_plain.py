"""The plain fit with its sandwich intervals, from counts, against evalica's bare fit of the same counts.

evalica gets its fastest input: prepared lists, one weighted row for each pair and outcome, its default solver and
tolerance (its bare scores, no intervals). Ours starts from Cells of the same rows and ends with ratings and intervals.
"""

from collections.abc import Callable

import evalica
import numpy as np

from benchmarks.timing import medians
from core.domain.ranking import Cells, RankingOptions, cells_from_votes
from core.domain.ranking.board import rating_band
from core.domain.ranking.estimate import Estimate, estimate_plain

OPTIONS = RankingOptions(plain=True)
GOALS = {50: 0.5, 200: 1.0}
VOTES_PER_PAIR, ROUNDS = 20, {50: 200, 200: 40}


def counts(candidates: int) -> Cells:
    """Votes on every pair, 15 % ties, each pair under one order: as few rows as can be."""
    rng = np.random.default_rng(candidates)
    left, right = (np.repeat(side, VOTES_PER_PAIR) for side in np.triu_indices(candidates, 1))
    strength = rng.normal(0, 0.8, candidates)
    won = rng.random(len(left)) < 1 / (1 + np.exp(strength[right] - strength[left]))
    outcome = np.where(rng.random(len(left)) < 0.15, 2, np.where(won, 0, 1))
    return cells_from_votes(left, right, outcome)[0]


def rows_for_evalica(cells: Cells) -> tuple[list[int], list[int], list[evalica.Winner], list[float]]:
    """The same counts as evalica takes them; a both-bad is a tie there."""
    winners = (evalica.Winner.X, evalica.Winner.Y, evalica.Winner.Draw)
    weight = np.column_stack((cells.weight[:, :2], cells.weight[:, 2] + cells.weight[:, 3]))
    cell, winner = np.nonzero(weight)
    return (
        cells.left[cell].tolist(),
        cells.right[cell].tolist(),
        [winners[w] for w in winner],
        weight[cell, winner].tolist(),
    )


def bare_fit(cells: Cells) -> Callable[[], object]:
    """evalica's fit of ``cells``, its inputs prepared beforehand."""
    xs, ys, winners, weights = rows_for_evalica(cells)
    return lambda: evalica.bradley_terry(xs, ys, winners, weights=weights)


def plain_fit(cells: Cells) -> Estimate:
    """Ours: ratings, and intervals from the sandwich."""
    estimate = estimate_plain(cells, OPTIONS.prior)
    rating_band(estimate, OPTIONS)
    return estimate


def measure(candidates: int) -> dict:
    cells = counts(candidates)
    theirs, ours = medians(ROUNDS[candidates], bare_fit(cells), lambda: plain_fit(cells))
    return {
        "evalica_ms": round(theirs * 1e3, 3),
        "ours_ms": round(ours * 1e3, 3),
        "ratio": round(ours / theirs, 3),
        "goal": GOALS[candidates],
        "met": ours <= GOALS[candidates] * theirs,
        "rows": len(rows_for_evalica(cells)[0]),
    }


def run() -> dict:
    """``value``: our time over evalica's at 50 candidates; ``met``: there and at 200."""
    sizes = {candidates: measure(candidates) for candidates in GOALS}
    return {
        "name": "fit_plain",
        "value": sizes[50]["ratio"],
        "goal": "<= 0.5 x evalica's bare fit at 50 candidates, <= 1.0 x at 200",
        "met": all(size["met"] for size in sizes.values()),
        "detail": {f"{candidates}_candidates": size for candidates, size in sizes.items()},
    }
