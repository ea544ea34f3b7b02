"""Changes between two runs: worked by hand, and held against simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from core.domain.changes import Change, State, difference, hold_false_discoveries, per_prompt, ratio

NAN = math.nan


def test_repetitions_are_averaged_within_their_prompt_and_unknown_ones_left_out() -> None:
    means = per_prompt([0, 0, 1, 2, 2], [1.0, 3.0, NAN, 5.0, NAN], 4)
    assert means.tolist()[0] == 2.0
    assert means.tolist()[2] == 5.0
    assert np.isnan(means[[1, 3]]).all()


def test_a_difference_is_the_paired_t_interval_over_prompts() -> None:
    before = [0.2, 0.4, 0.5, 0.6, 0.3, 0.1]
    after = [0.3, 0.6, 0.5, 0.9, 0.4, 0.3]
    found = difference(before, after)
    oracle = stats.ttest_rel(after, before)
    interval = oracle.confidence_interval(0.95)
    assert (found.n, found.unknown, found.is_ratio) == (6, 0, False)
    assert found.value == pytest.approx(0.15)
    assert (found.before, found.after) == (pytest.approx(0.35), pytest.approx(0.5))
    assert (found.lower, found.upper) == (pytest.approx(interval.low), pytest.approx(interval.high))
    # five of six prompts moved: exchanging the runs within prompts cannot give less than 2/2⁵
    assert oracle.pvalue < found.p == 1 / 16
    assert found.state is State.POSSIBLE


def test_a_ratio_is_the_geometric_mean_over_prompts_and_leaves_out_zeros_and_unknown() -> None:
    before = [100.0, 200.0, 400.0, 100.0, 50.0, 80.0, 0.0, NAN, 10.0]
    factors = [2.0, 1.0, 2.0, 4.0, 2.0, 2.0]
    after = [b * f for b, f in zip(before, factors, strict=False)] + [5.0, 5.0, NAN]
    found = ratio(before, after)
    logs = np.log(factors)
    reach = stats.t.ppf(0.975, 5) * logs.std(ddof=1) / math.sqrt(6)
    assert (found.n, found.unknown, found.zeros, found.is_ratio) == (6, 2, 1, True)
    assert found.value == pytest.approx(2.0)
    assert found.after / found.before == pytest.approx(found.value)
    assert (found.lower, found.upper) == (pytest.approx(2 * math.exp(-reach)), pytest.approx(2 * math.exp(reach)))


def test_swapping_the_runs_turns_a_change_around() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.gamma(4, 100, 40), rng.gamma(4, 130, 40)
    there, back = ratio(a, b), ratio(b, a)
    assert there.value * back.value == pytest.approx(1.0)
    assert there.lower * back.upper == pytest.approx(1.0)
    assert there.p == pytest.approx(back.p)


@pytest.mark.parametrize("change", [difference, ratio])
def test_fewer_than_five_prompts_are_not_enough(change) -> None:
    found = change([0.1, 0.2, 0.3, 0.4], [0.9, 0.8, 0.9, 0.8])
    assert (found.state, found.n, found.lower, found.upper, found.p) == (State.NOT_ENOUGH, 4, None, None, None)
    assert found.value is not None
    assert change([], []) == Change(change is ratio, State.NOT_ENOUGH, 0)


def test_where_nothing_moved_there_is_no_change_and_no_interval() -> None:
    for found in (difference([0.5] * 30, [0.5] * 30), ratio([0.1 + 0.2] * 30, [0.3] * 30)):
        assert (found.state, found.p, found.lower) == (State.NONE, 1.0, None)
        assert found.is_uniform
        assert found.is_unchanged


def test_a_change_that_is_the_same_on_every_prompt_rests_on_how_many_there_are() -> None:
    """A price that doubles doubles every cost: the t test knows no spread, the randomisation test does."""
    costs = np.linspace(0.001, 0.002, 30)
    many = ratio(costs, 2 * costs)
    assert (many.state, many.p, many.lower, many.is_unchanged) == (State.POSSIBLE, 2.0**-29, None, False)
    assert many.value == pytest.approx(2.0)
    assert hold_false_discoveries([many])[0].state is State.CLEAR
    five = ratio(costs[:5], 2 * costs[:5])
    assert (five.state, five.p) == (State.NOT_ENOUGH, 1 / 16)


def test_a_handful_of_prompts_that_moved_among_many_may_be_chance() -> None:
    """Four of 100 turned bad: t says p = .045, McNemar's exact test .125."""
    before = np.ones(100)
    after = np.where(np.arange(100) < 4, 0.0, 1.0)
    found = difference(before, after)
    assert found.upper < 0
    assert found.p == 0.125
    assert hold_false_discoveries([found])[0].state is State.POSSIBLE


def test_the_interval_of_a_share_stays_within_what_is_possible() -> None:
    found = difference([1.0] * 6, [0.0, 0.0, 0.0, 0.0, 0.0, 0.8])
    assert found.lower == -1.0
    assert found.upper > -1.0


def test_only_what_survives_benjamini_and_hochberg_is_clear() -> None:
    """Their own example (1995, section 3.2): of 15 p-values the first four are discoveries at 5 %."""
    published = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
        0.7590, 1.0,
    ]  # fmt: skip
    made = [Change(False, State.POSSIBLE if p < 0.05 else State.NONE, 20, value=0.1, p=p) for p in published]
    too_few = Change(False, State.NOT_ENOUGH, 2, value=0.1)
    held = hold_false_discoveries([too_few, *reversed(made)])
    assert [change.p for change in held if change.state is State.CLEAR] == published[:4][::-1]
    assert [change.state for change in held if change.p == 0.0201] == [State.POSSIBLE]
    assert held[0] is too_few
    assert hold_false_discoveries([]) == []


def test_two_runs_that_do_not_differ_rarely_show_a_clear_change() -> None:
    """300 comparisons of a run with itself, 20 measures each: any clear change at all in at most 5 % (+ 3 s.e.)."""
    rng = np.random.default_rng(20_261_122)
    wrong = naive = 0
    for _ in range(300):
        sides = rng.gamma(3, 100, (2, 10, 40)), rng.binomial(3, 0.8, (2, 10, 40)) / 3
        found = [
            change(*side[:, i]) for change, side in zip((ratio, difference), sides, strict=True) for i in range(10)
        ]
        wrong += any(change.state is State.CLEAR for change in hold_false_discoveries(found))
        naive += any(change.state is State.POSSIBLE for change in found)
    assert wrong / 300 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)
    assert naive / 300 > 0.5


def test_intervals_cover_the_change_that_is_there() -> None:
    rng = np.random.default_rng(7)
    hits = np.zeros(2)
    for _ in range(600):
        prompt = rng.normal(0, 1, 30)
        before = np.exp(5 + prompt + rng.normal(0, 0.3, 30))
        after = np.exp(5 + math.log(1.4) + prompt + rng.normal(0, 0.3, 30))
        times = ratio(before, after)
        share = difference(rng.binomial(4, 0.8, 30) / 4, rng.binomial(4, 0.6, 30) / 4)
        hits += times.lower <= 1.4 <= times.upper, share.lower <= -0.2 <= share.upper
    assert (hits / 600 >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / 600)).all()
