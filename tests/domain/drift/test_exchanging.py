"""The exchange of runs: held against all orders written out, and against counts."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats

from core.domain.drift.exchanging import tail

NAN = np.nan


def every_order(baseline, window, *, up: bool) -> float:
    """The exact chance, prompt by prompt, from all ways to draw the window among a prompt's known runs."""
    sums = np.zeros(1)
    seen = 0.0
    for sides in zip(np.transpose(baseline), np.transpose(window), strict=True):
        before, after = (side[~np.isnan(side)] for side in sides)
        values = np.concatenate([before, after])
        drawn = [list(one) for one in combinations(range(len(values)), len(after))]
        each = [values[one].mean() - np.delete(values, one).mean() for one in drawn]
        sums = (sums[:, None] + np.array(each)).ravel()
        seen += after.mean() - before.mean()
    return float((sums >= seen - 1e-9).mean() if up else (sums <= seen + 1e-9).mean())


def even(table) -> np.ndarray:
    return np.full(np.shape(table), 3.0)


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("window", [1, 2])
def test_the_chance_is_near_that_of_all_orders_written_out(window, up) -> None:
    rng = np.random.default_rng(4)
    for shift in (0.3, 0.5, 0.7):
        baseline, newest = rng.random((2, 7)), rng.random((window, 7)) + (shift if up else -shift)
        exact = every_order(baseline, newest, up=up)
        found = tail(baseline, newest, even(baseline), even(newest), up=up)
        assert exact / 2 < found < 4 * exact


def test_it_is_exact_where_every_prompt_moved_as_far_as_it_can() -> None:
    baseline, window = np.zeros((3, 10)), np.ones((1, 10))
    assert tail(baseline, window, even(baseline), even(window), up=True) == pytest.approx(4.0**-10, rel=0.1)
    assert tail(1 - baseline, 1 - window, even(baseline), even(window), up=False) == pytest.approx(4.0**-10, rel=0.1)


def test_nothing_moved_or_the_other_way_is_no_proof() -> None:
    same = np.full((2, 8), 0.5)
    assert tail(same, same[:1], even(same), even(same[:1]), up=True) == 1.0
    assert tail(same, same[:1] - 0.2, even(same), even(same[:1]), up=True) == 1.0


def test_unknown_values_leave_their_run_of_that_prompt_out_alone() -> None:
    baseline = np.array(
        [[0.1, 0.2, NAN, 0.4, 0.3, 0.2], [0.2, NAN, 0.3, 0.2, 0.1, 0.4], [0.3, 0.1, 0.1, 0.2, 0.2, NAN]]
    )
    window = np.array([[0.9, 0.8, 0.7, 0.9, NAN, 0.6]])
    exact = every_order(baseline[:, [0, 1, 2, 3, 5]], window[:, [0, 1, 2, 3, 5]], up=True)
    found = tail(baseline, window, even(baseline), even(window), up=True)
    assert exact == pytest.approx(4.0**-2 * 3.0**-3)
    assert exact / 2 < found < 2 * exact


def test_of_one_long_run_before_shares_are_counted_by_repetition() -> None:
    """40 events in nine repetitions before and none in three since are as likely as 40 draws that miss a quarter."""
    before, window = np.where(np.arange(64) < 40, 1 / 9, 0.0)[None], np.zeros((1, 64))
    found = tail(before, window, np.full((1, 64), 9.0), np.full((1, 64), 3.0), up=False)
    assert found == pytest.approx(0.75**40, rel=0.3)
    assert stats.ttest_1samp((window - before)[0], 0).pvalue < 1e-6 * found


def test_of_rare_values_that_are_no_counts_no_chance_is_below_what_the_longer_run_allows() -> None:
    before, window = np.where(np.arange(50) < 20, 0.55, 0.25)[None], np.full((1, 50), 0.25)
    found = tail(before, window, np.full((1, 50), 9.0), np.full((1, 50), 3.0), up=False)
    assert found == pytest.approx(0.75**20)


def test_a_repetition_that_is_missing_somewhere_hardly_changes_the_chance() -> None:
    rng = np.random.default_rng(9)
    baseline, window = rng.standard_normal((3, 20)), rng.standard_normal((1, 20)) + 1.5
    whole = tail(baseline, window, even(baseline), even(window), up=True)
    fewer = even(baseline)
    fewer[0, 0] = 2.0
    assert whole < 1e-6
    assert tail(baseline, window, fewer, even(window), up=True) == pytest.approx(whole, rel=0.5)


def test_a_shorter_run_is_not_taken_for_a_change() -> None:
    """A check of one repetition varies three times as much as the runs of three before it."""
    rng = np.random.default_rng(8)
    n_before, n_window = np.full((3, 40), 3.0), np.ones((1, 40))
    found = [
        tail(
            rng.standard_normal((3, 40)) / np.sqrt(3),
            rng.standard_normal((1, 40)),
            n_before,
            n_window,
            up=True,
        )
        for _ in range(400)
    ]
    assert np.mean(np.array(found) < 0.05) < 0.08


@pytest.mark.parametrize(("chance", "window"), list(product([0.02, 0.5, 0.97], [1, 4])))
def test_where_nothing_changed_small_chances_are_rare(chance, window) -> None:
    rng = np.random.default_rng(5)
    found = []
    for _ in range(300):
        table = rng.binomial(3, chance, (3 + window, 30)) / 3
        found.append(tail(table[:3], table[3:], even(table[:3]), even(table[3:]), up=True))
    assert np.mean(np.array(found) < 0.05) < 0.09
