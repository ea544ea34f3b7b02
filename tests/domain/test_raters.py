"""How a rater works: consistency, side, pace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from core.domain.raters import pace, self_consistency, share, side_bias
from core.domain.votes import Outcome

LEFT, RIGHT, TIE, BOTH_BAD = Outcome


@given(n=st.integers(1, 500), data=st.data())
def test_shares_carry_the_wilson_interval(n, data):
    hits = data.draw(st.integers(0, n))
    found, oracle = share(hits, n), binomtest(hits, n).proportion_ci(method="wilson")
    assert (found.lower, found.upper) == pytest.approx((oracle.low, oracle.high), abs=1e-12)
    assert 0 <= found.lower <= found.value <= found.upper <= 1


def test_a_return_is_consistent_when_the_same_response_is_chosen_on_the_other_side():
    found = self_consistency([LEFT, RIGHT, TIE, BOTH_BAD, LEFT], [RIGHT, LEFT, TIE, BOTH_BAD, LEFT])
    assert (found.hits, found.n) == (4, 5)


def test_a_rater_who_always_presses_left_is_never_consistent_and_leans():
    found = self_consistency([LEFT] * 20, [LEFT] * 20)
    assert found.value == 0
    leaning = side_bias(n_left=40, n_right=0)
    assert leaning.value == 1
    assert leaning.lower > 0.5


def test_votes_come_in_pairs_or_not_at_all():
    with pytest.raises(ValueError):
        self_consistency([LEFT], [])
    assert self_consistency([], []) is None


def test_no_decided_vote_is_no_side_bias():
    assert side_bias(0, 0) is None


def test_an_even_hand_has_an_interval_around_one_half():
    found = side_bias(52, 48)
    assert found.value == 0.52
    assert found.lower < 0.5 < found.upper


def test_pace_is_the_median_time_and_the_share_that_went_too_fast():
    found = pace([1000, 9000, 20_000, 400_000], n_too_fast=1)
    assert found.median_ms == 14_500
    assert found.too_fast.value == 0.25
    assert pace([], 0) is None
