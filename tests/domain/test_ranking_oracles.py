"""Ratings and intervals against other programs, a textbook, and 8,931 real votes."""

import csv
from itertools import permutations
from pathlib import Path

import choix
import evalica
import numpy as np
import pytest

from core.domain.ranking import (
    Band,
    Board,
    Cells,
    Clusters,
    RankingOptions,
    cells_from_votes,
    clusters_from_votes,
    rank,
)
from core.domain.votes import OUTCOME_OF_WORD, Outcome

ELO_PER_LOGIT = 400 / np.log(10)
PLAIN = RankingOptions(plain=True)
UNWEIGHTED = RankingOptions(band=Band.FIXED, length=False)

# American League East, 1987: (home, away) -> wins of home, wins of away.
# Agresti, Categorical Data Analysis, 2nd edition (2002), section 10.6, table 10.10 and its source.
TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
GAMES = (
    "4,3 4,2 4,3 6,1 4,2 6,0  3,3 4,2 4,3 6,0 6,1 4,3  2,5 4,3 2,4 4,3 4,2 6,0  3,3 5,1 2,5 4,3 4,2 6,1"
    "  5,1 2,5 3,3 4,2 5,2 6,0  2,5 3,3 3,4 4,3 4,2 2,4  2,5 1,5 1,6 2,4 1,6 3,4"
)


def ratings_of(board: Board) -> np.ndarray:
    ratings = np.full(len(board.component), np.nan)
    for entry in board.entries:
        ratings[entry.candidate] = entry.rating
    return ratings


def mean_half_width(board: Board) -> float:
    return float(np.mean([(entry.upper - entry.lower) / 2 for entry in board.entries]))


def random_votes(seed: int, candidates: int, votes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    strength = rng.normal(0, 0.8, candidates)
    left = rng.integers(0, candidates, votes)
    right = (left + rng.integers(1, candidates, votes)) % candidates
    won = rng.random(votes) < 1 / (1 + np.exp(strength[right] - strength[left]))
    outcome = np.where(rng.random(votes) < 0.2, rng.integers(2, 4, votes), np.where(won, 0, 1))
    return left, right, outcome


def baseball() -> Cells:
    left, right, outcome = [], [], []
    for (home, away), score in zip(permutations(range(7), 2), GAMES.split(), strict=True):
        for side, wins in zip((Outcome.LEFT, Outcome.RIGHT), map(int, score.split(",")), strict=True):
            left += [home] * wins
            right += [away] * wins
            outcome += [side] * wins
    return cells_from_votes(left, right, outcome)[0]


@pytest.mark.parametrize(("candidates", "votes"), [(2, 60), (5, 400), (20, 3000), (60, 20000)])
def test_plain_ratings_are_those_of_evalica(candidates: int, votes: int) -> None:
    left, right, outcome = random_votes(candidates, candidates, votes)
    winner = [evalica.Winner.X, evalica.Winner.Y, evalica.Winner.Draw, evalica.Winner.Draw]
    theirs = evalica.bradley_terry(
        left.tolist(), right.tolist(), [winner[o] for o in outcome], tolerance=1e-14, limit=100_000
    ).scores.sort_index()
    logits = np.log(theirs.to_numpy())
    ours = ratings_of(rank(cells_from_votes(left, right, outcome)[0], options=PLAIN))
    assert np.abs(ours - (1000 + ELO_PER_LOGIT * (logits - logits.mean()))).max() < 1e-6


def test_plain_ratings_are_those_of_choix() -> None:
    left, right, outcome = random_votes(3, 12, 4000)
    decided = outcome < 2
    left, right, outcome = left[decided], right[decided], outcome[decided]
    pairs = [(a, b) if o == 0 else (b, a) for a, b, o in zip(left, right, outcome, strict=True)]
    theirs = choix.ilsr_pairwise(12, pairs, tol=1e-13, max_iter=1000)
    ours = ratings_of(rank(cells_from_votes(left, right, outcome)[0], options=PLAIN))
    assert np.abs(ours - (1000 + ELO_PER_LOGIT * (theirs - theirs.mean()))).max() < 1e-6


def test_the_baseball_example_of_agresti_comes_out_as_printed() -> None:
    board = rank(baseball(), options=PLAIN)
    logits = (ratings_of(board) - ratings_of(board)[6]) / ELO_PER_LOGIT
    assert [TEAMS[entry.candidate] for entry in board.entries] == list(TEAMS)
    assert logits[:6].round(2).tolist() == [1.58, 1.44, 1.29, 1.25, 1.11, 0.68]  # table 10.11, column 3


def test_the_home_advantage_of_agresti_is_our_side_effect() -> None:
    board = rank(baseball(), options=RankingOptions(length=False, prior=1e-6))
    strength = np.exp((ratings_of(board) - 1000) / ELO_PER_LOGIT)
    printed = [0.220, 0.190, 0.164, 0.157, 0.137, 0.088, 0.044]  # table 10.11, column 5
    assert (strength / strength.sum()).tolist() == pytest.approx(printed, abs=0.0006)
    assert board.side_effect == pytest.approx(0.302, abs=0.006)
    assert board.side_effect_se == pytest.approx(0.131, abs=0.006)


def llmfao(folder: Path) -> tuple[Cells, Clusters, Clusters]:
    with (folder / "llmfao" / "crowd-comparisons.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    code = {name: c for c, name in enumerate(sorted({r["left"] for r in rows} | {r["right"] for r in rows}))}
    outcome = [OUTCOME_OF_WORD[r["winner"]] for r in rows]
    cells, cell_of_vote = cells_from_votes([code[r["left"]] for r in rows], [code[r["right"]] for r in rows], outcome)

    def clustered(column: str) -> Clusters:
        _, codes = np.unique([r[column] for r in rows], return_inverse=True)
        return clusters_from_votes(cell_of_vote, outcome, None, codes)

    return cells, clustered("worker"), clustered("id")


def test_half_widths_on_real_votes_are_36_elo_naive_and_49_clustered_by_rater_and_pair(shared_data: Path) -> None:
    cells, raters, pairs = llmfao(shared_data)
    assert (cells.candidates, raters.size) == (59, 124)
    assert mean_half_width(rank(cells, options=PLAIN)) == pytest.approx(36.4, abs=1)
    assert mean_half_width(rank(cells, (raters, pairs), UNWEIGHTED)) == pytest.approx(49.0, abs=1)


def test_the_left_side_of_real_votes_is_worth_nine_hundredths_of_a_logit(shared_data: Path) -> None:
    cells, raters, pairs = llmfao(shared_data)
    board = rank(cells, (raters, pairs), UNWEIGHTED)
    assert board.side_effect == pytest.approx(0.09, abs=0.005)
    assert board.side_effect_se == pytest.approx(0.038, abs=0.001)


def test_the_sandwich_of_independent_votes_is_that_of_a_dense_logistic_regression() -> None:
    left, right, outcome = random_votes(5, 6, 500)
    board = rank(cells_from_votes(left, right, outcome)[0], options=PLAIN)
    logits = (ratings_of(board) - 1000) / ELO_PER_LOGIT
    design = np.zeros((500, 6))
    design[np.arange(500), left], design[np.arange(500), right] = 1, -1
    p = 1 / (1 + np.exp(-design @ logits))
    y = np.array([1, 0, 0.5, 0.5])[outcome]
    bread = np.linalg.pinv(design.T @ (design * (p * (1 - p))[:, None]))
    covariance = bread @ (design.T @ (design * ((y - p) ** 2)[:, None])) @ bread
    assert board.covariance == pytest.approx(ELO_PER_LOGIT**2 * covariance, rel=1e-6)
