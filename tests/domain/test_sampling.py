"""Which pair comes next: probabilities that are probabilities, and that go where a vote teaches most."""

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.domain.sampling import (
    REPEAT_DISTANCE,
    REPEAT_SHARE,
    a_optimal_gain,
    contrast_gain,
    draw_pair,
    draw_prompt,
    is_repeat_due,
    pair_probabilities,
)
from core.errors import NothingToRate


def information(votes, strengths):
    """Fisher information of the strengths, and of one vote on each pair."""
    p = 1 / (1 + np.exp(strengths[None, :] - strengths[:, None]))
    weights = p * (1 - p)
    return np.diag((votes * weights).sum(axis=1)) - votes * weights, weights


def everything(k):
    return np.ones((k, k), dtype=bool)


def ring(k, votes=10):
    """Votes on neighbours only: everything is linked, opposite candidates least."""
    board = np.zeros((k, k))
    for i in range(k):
        j = (i + 1) % k
        board[i, j] = board[j, i] = votes
    return board


@st.composite
def boards(draw):
    k = draw(st.integers(2, 7))
    votes = draw(arrays(np.int64, (k, k), elements=st.integers(0, 30)))
    votes = np.triu(votes, 1) + np.triu(votes, 1).T
    strengths = draw(arrays(np.float64, k, elements=st.floats(-3, 3)))
    allowed = draw(arrays(np.bool_, (k, k)))
    allowed = np.triu(allowed, 1) | np.triu(allowed, 1).T
    return votes, strengths, allowed


@given(board=boards(), floor=st.floats(0, 1), goal=st.sampled_from(["all", "leader"]), prior=st.booleans())
def test_probabilities_sum_to_one_keep_the_floor_and_never_leave_the_eligible_pairs(board, floor, goal, prior):
    votes, strengths, allowed = board
    hessian, weights = information(votes, strengths)
    covariance = np.linalg.pinv(hessian + 1e-3 * np.eye(len(votes)) * prior)
    arguments = {"goal": goal, "floor": floor, "eligible": allowed, "leader": int(strengths.argmax())}
    if not allowed.any():
        with pytest.raises(NothingToRate):
            pair_probabilities(covariance, weights, votes, **arguments)
        return
    chances = pair_probabilities(covariance, weights, votes, **arguments)
    upper = np.triu(allowed, 1)
    assert chances.sum() == pytest.approx(1)
    assert not chances[~upper].any()
    assert (chances[upper] >= floor / upper.sum() * (1 - 1e-9)).all()


@given(board=boards())
def test_a_broken_covariance_falls_back_to_the_pairs_with_fewest_votes(board):
    votes, strengths, _ = board
    votes = votes + 1 - np.eye(len(votes), dtype=np.int64)
    _, weights = information(votes, strengths)
    for covariance in (None, np.full(votes.shape, np.nan), np.zeros(votes.shape)):
        chances = pair_probabilities(covariance, weights, votes, floor=0.0, eligible=everything(len(votes)))
        upper = np.triu(everything(len(votes)), 1)
        assert set(votes[chances > 0]) == {votes[upper].min()}


def test_without_any_vote_every_eligible_pair_is_as_likely():
    chances = pair_probabilities(None, np.full((5, 5), 0.25), np.zeros((5, 5)), floor=0.15, eligible=everything(5))
    assert chances[np.triu_indices(5, 1)] == pytest.approx(np.full(10, 0.1))


def test_candidates_that_no_vote_links_are_linked_first():
    votes = np.zeros((4, 4))
    votes[0, 1] = votes[1, 0] = votes[2, 3] = votes[3, 2] = 50
    hessian, weights = information(votes, np.zeros(4))
    chances = pair_probabilities(np.linalg.pinv(hessian), weights, votes, floor=0.12, eligible=everything(4))
    assert chances[0, 1] == pytest.approx(0.02) == chances[2, 3]
    assert chances[:2, 2:] == pytest.approx(np.full((2, 2), 0.02 + 0.22))


def test_the_gain_is_the_fall_of_the_trace_that_a_vote_really_brings():
    votes, strengths = ring(6), np.linspace(-1, 1, 6)
    hessian, weights = information(votes, strengths)
    covariance = np.linalg.pinv(hessian)
    gain = a_optimal_gain(covariance, weights)
    for i, j in [(0, 1), (0, 3), (2, 5)]:
        d = np.eye(6)[i] - np.eye(6)[j]
        after = np.linalg.pinv(hessian + weights[i, j] * np.outer(d, d))
        assert gain[i, j] == pytest.approx(np.trace(covariance) - np.trace(after))


def test_towards_the_leader_a_vote_on_the_close_rival_teaches_more_than_one_between_stragglers():
    strengths = np.array([1.0, 0.9, -1.0, -1.1, -1.2])
    votes = 40 * (np.ones((5, 5)) - np.eye(5))
    hessian, weights = information(votes, strengths)
    gain = contrast_gain(np.linalg.pinv(hessian), weights, leader=0)
    assert np.unravel_index(gain.argmax(), gain.shape) in {(0, 1), (1, 0)}
    assert gain[0, 1] > 50 * gain[2, 3]


def test_a_newcomer_is_drawn_more_often_than_all_others_together():
    votes = 100 * (np.ones((8, 8)) - np.eye(8))
    votes[7, :7] = votes[:7, 7] = 0
    votes[0, 7] = votes[7, 0] = 2
    hessian, weights = information(votes, np.zeros(8))
    chances = pair_probabilities(np.linalg.pinv(hessian), weights, votes, floor=0.15, eligible=everything(8))
    assert chances[:, 7].sum() > 0.8


@pytest.mark.parametrize("wrong", [{"floor": 1.2}, {"goal": "leader"}])
def test_a_question_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match=r"floor|leader"):
        pair_probabilities(None, np.ones((3, 3)), np.zeros((3, 3)), **{"eligible": everything(3), **wrong})


def test_pairs_are_drawn_as_often_as_their_probability_says():
    chances = np.zeros((4, 4))
    chances[0, 1], chances[1, 3], chances[2, 3] = 0.5, 0.3, 0.2
    rng = random.Random(1)
    drawn = Counter(draw_pair(chances, rng) for _ in range(20_000))
    assert set(drawn) == {(0, 1, 0.5), (1, 3, 0.3), (2, 3, 0.2)}
    for (_, _, chance), n in drawn.items():
        assert n / 20_000 == pytest.approx(chance, abs=0.015)


def test_no_pair_is_drawn_from_nothing():
    with pytest.raises(NothingToRate):
        draw_pair(np.zeros((3, 3)), random.Random(1))


def test_the_prompt_comes_from_those_with_fewest_votes_and_each_of_them_can_come():
    rng = random.Random(2)
    votes = {1: 3, 2: 1, 3: 1, 4: 0}
    assert {draw_prompt(votes, [1, 2, 3], rng) for _ in range(200)} == {2, 3}
    assert {draw_prompt(votes, iter([1, 4, 9]), rng) for _ in range(200)} == {4, 9}
    assert draw_prompt(votes, [], rng) is None


def test_repeats_come_for_five_per_cent_of_pairs_and_only_once_twenty_are_done():
    rng = random.Random(3)
    assert not any(is_repeat_due(done, rng) for done in range(REPEAT_DISTANCE) for _ in range(100))
    due = sum(is_repeat_due(REPEAT_DISTANCE, rng) for _ in range(20_000))
    assert due / 20_000 == pytest.approx(REPEAT_SHARE, abs=0.006)
