"""Latency quantiles: exact ranks, intervals that cover, timeouts that are not taken for answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.domain.latency import quantiles


def test_the_values_are_those_of_numpy_and_the_limits_are_order_statistics():
    rng = np.random.default_rng(1)
    for n in (1, 2, 3, 7, 100, 1001):
        times = rng.lognormal(size=n)
        for q, found in quantiles(times).items():
            assert found.value == pytest.approx(np.quantile(times, q))
            assert {found.lower, found.upper} <= {None, found.value, *times}
    thousand = np.arange(1.0, 1001.0)
    middle = quantiles(thousand)[0.5]
    # The usual table's ranks: 500 ± 1.96 · sqrt(1000) / 2.
    assert (middle.lower, middle.upper) == (469.0, 532.0)


def test_few_values_bound_a_high_quantile_on_neither_side_or_only_from_below():
    few = quantiles([100.0, 120.0, 130.0])
    assert (few[0.5].value, few[0.5].lower, few[0.5].upper) == (120.0, None, None)
    some = quantiles(np.arange(200.0))
    assert some[0.99].upper is None
    assert some[0.99].lower is not None
    assert some[0.95].upper is not None
    nothing = quantiles([])[0.5]
    assert (nothing.value, nothing.lower, nothing.upper, nothing.at_least, nothing.n) == (None, None, None, None, 0)


def test_a_quantile_among_timeouts_is_at_least_their_time():
    found = quantiles(np.arange(1.0, 91.0), [500.0] * 10)
    assert found[0.5].value == pytest.approx(np.quantile(np.arange(1.0, 101.0), 0.5)), "timeouts are long, not absent"
    for q in (0.95, 0.99):
        assert (found[q].value, found[q].at_least, found[q].upper) == (None, 500.0, None)
    assert 80 < found[0.95].lower <= 90
    assert (found[0.5].n, found[0.5].censored) == (100, 10)
    assert quantiles([], [500.0] * 30)[0.5].lower == 500.0


def test_waiting_that_was_given_up_early_is_weighed_as_kaplan_and_meier_do():
    # Six times, of which 2 and 4 were given up: at 3, four of them were still waited for.
    found = quantiles([1.0, 3.0, 5.0, 6.0], [2.0, 4.0], q=(1 / 6, 0.3, 0.5, 0.6, 0.9))
    at = {q: one.value for q, one in found.items()}
    below_3 = 1 - (5 / 6) * (3 / 4)
    assert below_3 == 0.375
    assert at == {1 / 6: 1.0, 0.3: 3.0, 0.5: 5.0, 0.6: 5.0, 0.9: 6.0}
    unweighed = np.quantile([1.0, 3.0, 5.0, 6.0], 0.5)
    assert at[0.5] > unweighed


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60), st.lists(st.floats(0, 1e6), max_size=20))
def test_the_limits_enclose_the_value_and_rise_with_the_quantile(values, censored):
    found = list(quantiles(values, censored, q=(0.1, 0.5, 0.9, 0.99)).values())
    for one in found:
        assert (one.value is None) == (one.at_least is not None)
        best = one.value if one.value is not None else one.at_least
        assert one.lower is None or one.lower <= best + 1e-9
        assert one.upper is None or one.upper >= best - 1e-9
    known = [one.value for one in found if one.value is not None]
    assert known == sorted(known)


@pytest.mark.parametrize(("prompts", "each", "between"), [(400, 1, 0.0), (50, 4, 0.7), (20, 10, 0.7), (200, 5, 0.5)])
def test_the_intervals_cover_the_truth_also_when_prompts_were_asked_several_times(prompts, each, between):
    rng, times, misses = np.random.default_rng(7), 300, {0.5: 0, 0.95: 0, 0.99: 0}
    of_prompt = np.repeat(np.arange(prompts), each)
    for _ in range(times):
        shared = rng.normal(size=(prompts, 1)) * np.sqrt(between)
        drawn = np.exp(shared + rng.normal(size=(prompts, each)) * np.sqrt(1 - between)).ravel()
        for q, found in quantiles(drawn, clusters=None if each == 1 else of_prompt).items():
            truth = np.exp(stats.norm.ppf(q))
            is_missed = (found.lower or 0) > truth or (found.upper or np.inf) < truth
            misses[q] += is_missed
    # 95 % of the time, within what 300 replications can tell.
    assert max(misses.values()) <= stats.binom.ppf(0.999, times, 0.05), misses


def test_taking_repetitions_for_independent_would_not_cover():
    rng, missed = np.random.default_rng(7), {True: 0, False: 0}
    of_prompt = np.repeat(np.arange(20), 50)
    for _ in range(200):
        shared = rng.normal(size=(20, 1)) * np.sqrt(0.7)
        drawn = np.exp(shared + rng.normal(size=(20, 50)) * np.sqrt(0.3)).ravel()
        for clustered in missed:
            middle = quantiles(drawn, q=(0.5,), clusters=of_prompt if clustered else None)[0.5]
            missed[clustered] += not middle.lower <= 1 <= middle.upper
    assert missed[False] > 80
    assert missed[True] < 25


def test_timeouts_keep_the_coverage_below_them_and_are_never_contradicted_above():
    rng, missed = np.random.default_rng(9), 0
    limit = float(np.exp(stats.norm.ppf(0.97)))
    for _ in range(300):
        drawn = np.exp(rng.normal(size=200))
        found = quantiles(drawn[drawn <= limit], [limit] * int((drawn > limit).sum()))
        middle, high = found[0.5], found[0.99]
        missed += not middle.lower <= 1 <= middle.upper
        assert high.upper is None
        assert high.lower is None or high.lower <= np.exp(stats.norm.ppf(0.99))
    assert missed <= 27


def test_what_is_no_time_or_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="finite"):
        quantiles([1.0, float("nan")])
    with pytest.raises(ValueError, match="2 clusters for 3 times"):
        quantiles([1.0, 2.0], [3.0], clusters=["a", "b"])
