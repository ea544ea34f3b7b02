"""Alarms and watches: examples worked by hand, and what must never raise one."""

import numpy as np
import pytest
from scipy import stats

from core.domain.drift import Metric, Prompts, Scale, State, Tier, judge
from tests.domain.drift.made import (
    COST,
    HUMAN,
    LATENCY,
    REFUSALS,
    SHARE,
    amounts,
    categories,
    constant,
    one_category,
    run,
    series,
    shares,
)

NAN = np.nan


def test_a_cell_tells_the_paired_difference_with_its_t_interval() -> None:
    before = [[0.2, 0.4, 0.5, 0.6, 0.3, 0.1], [0.4, 0.4, 0.7, 0.6, 0.1, 0.1]]
    after = [0.5, 0.6, 0.5, 0.9, 0.4, 0.3]
    found = judge([series(SHARE, [run(one) for one in before], [run(after)])], one_category(6))
    (cell,) = found.cells
    oracle = stats.ttest_1samp(np.array(after) - np.mean(before, axis=0), 0.0)
    interval = oracle.confidence_interval(0.95)
    assert (cell.candidate, cell.metric, cell.category, cell.prompts) == (0, SHARE, None, 6)
    assert (cell.before, cell.after) == (pytest.approx(np.mean(before)), pytest.approx(np.mean(after)))
    assert (cell.lower, cell.upper) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert cell.change == pytest.approx(np.mean(after) - np.mean(before))


def test_a_ratio_is_geometric_over_prompts_and_leaves_out_what_is_unknown_or_free() -> None:
    before = np.array([1.0, 2.0, 4.0, 1.0, 5.0, 3.0, 0.0, NAN])
    after = np.array([2.0, 4.0, 8.0, 2.0, 10.0, 12.0, 1.0, 1.0])
    (cell,) = judge([series(COST, [run(before)] * 2, [run(after)])], one_category(8)).cells
    assert cell.prompts == 6
    assert cell.change == pytest.approx(2 * 2 ** (1 / 6))
    assert cell.after / cell.before == pytest.approx(cell.change)


def test_a_fall_that_every_prompt_shows_is_an_alarm_with_who_what_and_since() -> None:
    baseline, checks = [constant(0.9, 40)] * 3, [constant(0.9, 40)] * 4 + [constant(0.6, 40)] * 2
    (found,) = judge([series(SHARE, baseline, checks, candidate=7)], one_category(40)).findings
    assert (found.candidate, found.metric, found.category, found.tier) == (7, SHARE, None, Tier.ALARM)
    assert (found.before, found.after, found.change) == pytest.approx((0.9, 0.6, -0.3))
    assert (found.since, found.prompts, len(found.showing)) == (4, 40, 12)
    assert found.p == pytest.approx(2 / 10**20, rel=0.5)  # one of C(5, 2) orders, forty times over


def test_a_price_that_rose_by_the_same_everywhere_is_an_alarm() -> None:
    usd = np.linspace(0.001, 0.01, 30)
    (found,) = judge([series(COST, [run(usd)] * 3, [run(1.2 * usd)])], one_category(30)).findings
    assert (found.tier, found.change) == (Tier.ALARM, pytest.approx(1.2))


def test_a_change_below_the_minimum_is_neither_alarm_nor_watch_however_certain() -> None:
    usd = np.linspace(0.001, 0.01, 30)
    found = judge([series(COST, [run(usd)] * 3, [run(1.09 * usd)])], one_category(30))
    assert not found.findings
    assert found.cells[0].state is State.STEADY
    assert found.cells[0].p < 1e-10


def test_a_change_of_just_the_minimum_is_found_whatever_the_rounding() -> None:
    for before in (0.9, 0.75, 0.3):
        one = series(SHARE, [constant(before, 40)] * 3, [constant(before - 0.05, 40)])
        assert judge([one], one_category(40)).findings[0].tier is Tier.ALARM
    (found,) = judge([series(COST, [constant(0.02, 40)] * 3, [constant(0.022, 40)])], one_category(40)).findings
    assert found.tier is Tier.ALARM


def test_two_refusals_among_sixty_four_prompts_are_nothing() -> None:
    after = np.zeros(64)
    after[:2] = 1.0
    found = judge([series(REFUSALS, [constant(0.0, 64)] * 3, [run(after)])], one_category(64), checks_a_year=1)
    assert not found.findings


def test_the_same_values_again_are_no_change_with_an_interval_that_few_prompts_allow() -> None:
    found = judge([series(REFUSALS, [constant(0.0, 64)] * 3, [constant(0.0, 64)])], one_category(64))
    (cell,) = found.cells
    assert not found.findings
    assert (cell.change, cell.p) == (0.0, 1.0)
    assert (cell.lower, cell.upper) == pytest.approx((-np.log(40) / 64, np.log(40) / 64))


@pytest.mark.parametrize("prompts", [1, 4])
def test_fewer_than_five_prompts_are_not_enough(prompts) -> None:
    found = judge([series(SHARE, [constant(1.0, prompts)] * 3, [constant(0.0, prompts)])], one_category(prompts))
    assert not found.findings
    assert found.cells[0].state is State.NOT_ENOUGH
    assert np.isnan(found.cells[0].p)


def test_nothing_at_all_is_judged_without_complaint() -> None:
    assert judge([], one_category(3)).cells == ()
    nothing = judge([series(SHARE, [constant(1.0, 0)], [constant(1.0, 0)])], Prompts(np.zeros(0, np.int64), ()))
    assert nothing.cells[0].state is State.NOT_ENOUGH
    no_check = judge([series(SHARE, [constant(1.0, 6)], [])], one_category(6))
    assert no_check.cells == ()
    no_baseline = judge([series(SHARE, [], [constant(1.0, 6)])], one_category(6))
    assert no_baseline.cells[0].state is State.NOT_ENOUGH


def test_a_category_without_prompts_is_not_enough_and_hinders_no_other() -> None:
    prompts = Prompts(np.zeros(40, np.int64), ("full", "empty"))
    found = judge([series(SHARE, [constant(0.9, 40)] * 3, [constant(0.4, 40)])], prompts)
    states = {cell.category: cell.state for cell in found.cells}
    assert states == {None: State.ALARM, "full": State.ALARM, "empty": State.NOT_ENOUGH}


def test_a_candidate_that_was_not_asked_in_the_newest_check_is_not_enough() -> None:
    absent = run(np.full(40, NAN))
    checks = [constant(0.4, 40), absent]
    found = judge([series(SHARE, [constant(0.9, 40)] * 3, checks)], one_category(40))
    assert not found.findings
    assert found.cells[0].state is State.NOT_ENOUGH


def test_a_check_that_a_candidate_missed_does_not_hide_a_change_before_and_after() -> None:
    checks = [constant(0.9, 40), constant(0.5, 40), run(np.full(40, NAN)), constant(0.5, 40)]
    (found,) = judge([series(SHARE, [constant(0.9, 40)] * 3, checks)], one_category(40)).findings
    assert (found.tier, found.since, found.change) == (Tier.ALARM, 1, pytest.approx(-0.4))


def test_prompts_are_paired_and_those_of_one_side_alone_say_nothing() -> None:
    before, after = np.full(60, 0.9), np.full(60, 0.9)
    before[:20], before[20:40], after[20:40] = NAN, 0.1, NAN
    found = judge([series(SHARE, [run(before)] * 3, [run(after)])], one_category(60))
    assert not found.findings
    assert (found.cells[0].prompts, found.cells[0].change) == (20, 0.0)


def test_a_change_that_is_over_is_no_longer_found() -> None:
    checks = [constant(0.5, 40)] * 5 + [constant(0.9, 40)]
    assert not judge([series(SHARE, [constant(0.9, 40)] * 3, checks)], one_category(40)).findings


def test_a_change_in_one_category_is_found_there_and_shown_by_its_prompts() -> None:
    prompts = categories(200, 4)
    after = np.where(prompts.category == 2, 0.4, 0.9)
    found = judge([series(SHARE, [constant(0.9, 200)] * 3, [run(after)])], prompts).findings
    by_category = {one.category: one for one in found}
    assert by_category["category 2"].change == pytest.approx(-0.5)
    assert set(by_category) <= {None, "category 2"}
    assert all(prompts.category[by_category["category 2"].showing] == 2)


def test_what_is_only_watched_raises_no_alarm() -> None:
    (found,) = judge([series(HUMAN, [constant(0.9, 40)] * 3, [constant(0.4, 40)])], one_category(40)).findings
    assert found.tier is Tier.WATCH


def test_prompts_that_show_a_change_most_come_first_and_those_that_moved_otherwise_never() -> None:
    after = np.full(50, 0.5)
    after[[3, 8]], after[[4, 5]] = [0.1, 0.3], 1.0
    (found,) = judge([series(SHARE, [constant(0.9, 50)] * 3, [run(after)])], one_category(50)).findings
    assert found.showing[:2].tolist() == [3, 8]
    assert not set(found.showing.tolist()) & {4, 5}


def test_a_small_lasting_change_is_seen_by_several_checks_together_that_one_alone_does_not_show() -> None:
    rng = np.random.default_rng(11)
    chance, prompts = np.full(64, 0.8), one_category(64)
    baseline, checks = shares(rng, chance, 3), shares(rng, chance - 0.14, 8)
    first = judge([series(SHARE, baseline, checks[:1])], prompts, checks_a_year=52 * 240)
    eighth = judge([series(SHARE, baseline, checks)], prompts, checks_a_year=52 * 240)
    assert not any(one.tier is Tier.ALARM for one in first.findings)
    assert eighth.findings[0].tier is Tier.ALARM
    assert eighth.findings[0].since <= 2


def test_the_more_is_looked_at_the_more_an_alarm_has_to_prove() -> None:
    after = np.where(np.arange(40) < 12, 0.6, 0.9)
    one = series(SHARE, [constant(0.9, 40)] * 3, [run(after)])
    alone, many = judge([one], one_category(40)), judge([one] * 200, one_category(40))
    assert [found.tier for found in alone.findings] == [Tier.ALARM]
    assert all(found.tier is Tier.WATCH for found in many.findings)


def test_shares_of_one_long_baseline_run_are_compared_as_counts() -> None:
    before = np.where(np.arange(64) < 40, 1 / 9, 0.0)
    metric = Metric("errors", "Errors", Scale.SHARE, 0.01, -1)
    found = judge([series(metric, [run(before, 9)], [constant(0.0, 64)])], one_category(64))
    (cell,) = found.cells
    assert cell.p == pytest.approx(2 * 0.75**40, rel=0.3)  # t would say 1e-12


def test_fewer_repetitions_alone_do_not_make_an_amount_smaller() -> None:
    """The mean of nine is larger than that of three in its logarithm, though nothing changed."""
    rng = np.random.default_rng(12)
    changes = []
    for _ in range(20):
        baseline, checks = amounts(rng, 200, [0.0], within=0.8, n=9), amounts(rng, 200, [0.0], within=0.8, n=2)
        changes.append(judge([series(COST, baseline, checks)], one_category(200)).cells[0].change)
    assert np.log(changes).mean() == pytest.approx(0.0, abs=0.03)


def slower(rng, factor: float, checks: int, candidates: int = 5, shock: float = 0.05):
    """One of several candidates is slower in the newest check."""
    prompts, found = 60, []
    for candidate in range(candidates):
        by = shock * rng.standard_normal(3 + checks)
        by[-1] += np.log(factor) if candidate == 0 else 0.0
        runs = amounts(rng, prompts, by)
        found.append(series(LATENCY, runs[:3], runs[3:], candidate))
    return judge(found, one_category(prompts))


def test_slowness_is_watched_before_eight_runs_and_an_alarm_from_then_on() -> None:
    rng = np.random.default_rng(13)
    early, later = slower(rng, 1.8, checks=4), slower(rng, 1.8, checks=5)
    assert {(one.candidate, one.tier) for one in early.findings} == {(0, Tier.WATCH)}
    assert {(one.candidate, one.tier) for one in later.findings} == {(0, Tier.ALARM)}
    assert later.findings[0].change == pytest.approx(1.8, rel=0.2)


def test_a_run_that_is_slower_for_all_is_not_taken_for_one_candidates_change() -> None:
    rng = np.random.default_rng(14)
    by = 0.15 * rng.standard_normal(10)
    by[-1] = 0.5
    runs = [amounts(rng, 60, by) for _ in range(5)]
    found = judge([series(LATENCY, one[:3], one[3:], place) for place, one in enumerate(runs)], one_category(60))
    assert not any(one.tier is Tier.ALARM for one in found.findings)


def test_one_candidate_that_is_slower_than_the_others_is_told_through_shocks_that_hit_all() -> None:
    rng = np.random.default_rng(15)
    by, found = 0.15 * rng.standard_normal(9), []
    for candidate in range(5):
        own = by + (np.log(1.5) - by[-1] if candidate == 2 else 0.0) * (np.arange(9) == 8)
        runs = amounts(rng, 60, own)
        found.append(series(LATENCY, runs[:3], runs[3:], candidate))
    alarms = [one for one in judge(found, one_category(60)).findings if one.tier is Tier.ALARM]
    assert [(one.candidate, one.is_against_others) for one in alarms] == [(2, True)]


def test_of_a_single_candidate_with_two_runs_nothing_is_known_of_shocks() -> None:
    rng = np.random.default_rng(16)
    runs = amounts(rng, 60, [0.0, 0.4])
    found = judge([series(LATENCY, runs[:1], runs[1:])], one_category(60))
    assert not found.findings
    assert found.cells[0].state is State.NOT_ENOUGH
