"""Paired changes: exact on known figures, silent where there is too little, and intervals that cover."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.domain.paired import Change, mean_change, median_ratio

RNG = np.random.default_rng(5)
numbers = st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1e4)), min_size=3, max_size=40)


def test_the_mean_change_is_the_paired_t_interval_of_the_textbook() -> None:
    before, after = RNG.normal(10, 3, 25), RNG.normal(11, 3, 25)
    found = mean_change(before, after)
    interval = stats.ttest_rel(after, before).confidence_interval(0.95)
    assert (found.n, found.value) == (25, pytest.approx((after - before).mean()))
    assert (found.lower, found.upper) == pytest.approx((interval.low, interval.high))
    assert (found.before, found.after) == pytest.approx((before.mean(), after.mean()))


def test_a_subject_that_is_known_once_alone_is_left_out() -> None:
    nan = float("nan")
    found = mean_change([1, nan, 3, 5], [2, 2, nan, 7])
    assert (found.n, found.before, found.after, found.value) == (2, 3.0, 4.5, 1.5)
    assert found.lower is None
    assert median_ratio([1, nan], [nan, 2], rng=RNG) == Change(0, None, None, None, None, None, nothing=1.0)


def test_too_few_subjects_give_a_value_and_no_interval_and_nothing_is_clear() -> None:
    for found in (mean_change([1, 2], [5, 9]), median_ratio([1, 2, 3, 4, 5], [9, 9, 9, 9, 9], rng=RNG)):
        assert found.value is not None
        assert found.lower is found.upper is None
        assert not found.is_clear


def test_the_same_twice_is_no_change() -> None:
    same = RNG.uniform(1, 5, 30)
    assert (mean_change(same, same).value, mean_change(same, same).is_clear) == (0.0, False)
    ratio = median_ratio(same, same, rng=RNG)
    assert (ratio.value, ratio.lower, ratio.upper, ratio.is_clear) == (1.0, 1.0, 1.0, False)


def test_half_the_latency_is_a_ratio_of_a_half_and_clear() -> None:
    before = RNG.lognormal(0, 0.5, 80)
    found = median_ratio(before, before / 2, rng=RNG)
    assert found.value == pytest.approx(0.5)
    assert found.is_clear
    assert found.upper is not None
    assert found.upper < 1


@given(numbers)
@settings(max_examples=60, deadline=None)
def test_swapping_before_and_after_turns_the_change_round(pairs: list[tuple[float, float]]) -> None:
    before, after = np.array(pairs).T
    there, back = mean_change(before, after), mean_change(after, before)
    assert there.value == pytest.approx(-back.value, abs=1e-9)
    assert (there.lower, there.upper) == pytest.approx((-back.upper, -back.lower), abs=1e-6)


def test_intervals_of_both_cover_what_is_true() -> None:
    rng = np.random.default_rng(11)
    covered = {"mean": 0, "ratio": 0}
    for _ in range(300):
        difficulty = rng.lognormal(0, 0.6, 40)
        before, after = (difficulty * rng.lognormal(0, 0.3, 40) for _ in range(2))
        mean, ratio = mean_change(before, after), median_ratio(before, after, rng=rng, resamples=299)
        covered["mean"] += mean.lower <= 0 <= mean.upper
        covered["ratio"] += ratio.lower <= 1 <= ratio.upper
    assert covered["mean"] >= 0.92 * 300
    assert covered["ratio"] >= 0.92 * 300
