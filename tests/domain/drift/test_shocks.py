"""How much runs differ by chance: held against simulation."""

import numpy as np
import pytest
from scipy import stats

from core.domain.drift.shocks import of_others, shocks, trimmed


def told_of(rng, make, runs: int, replications: int = 400) -> tuple[np.ndarray, float]:
    """The variances told of the first of five candidates, and the median of their degrees of freedom."""
    found = [shocks(list(make(rng, runs)), [1] * 5)[0] for _ in range(replications)]
    return np.array([one.variance for one in found]), float(np.median([one.degrees for one in found]))


def is_seldom_too_small(variance, degrees: float) -> bool:
    """Whether its lower tail is that of so many degrees of freedom, or better."""
    return float(np.quantile(variance, 0.05)) > 0.85 * float(stats.chi2.ppf(0.05, degrees)) / degrees


def test_candidates_with_shocks_of_their_own_are_pooled() -> None:
    variance, degrees = told_of(np.random.default_rng(1), lambda rng, runs: rng.standard_normal((5, runs)), 12)
    assert variance.mean() == pytest.approx(1.1, abs=0.15)
    assert degrees > 12
    assert is_seldom_too_small(variance, degrees)


def test_shocks_that_hit_all_candidates_count_as_one_candidates() -> None:
    def shared(rng, runs):
        return rng.standard_normal(runs) + 0.1 * rng.standard_normal((5, runs))

    variance, degrees = told_of(np.random.default_rng(2), shared, 12)
    assert variance.mean() == pytest.approx(1.1, abs=0.15)
    assert degrees < 9
    assert is_seldom_too_small(variance, degrees)


def test_one_step_of_a_candidate_hardly_moves_what_is_told() -> None:
    rng = np.random.default_rng(3)
    quiet = 0.05 * rng.standard_normal((5, 20))
    moved = quiet.copy()
    moved[0, 9:] += 0.7
    before, after = shocks(list(quiet), [1] * 5)[0], shocks(list(moved), [1] * 5)[0]
    assert np.sqrt(after.variance) < 1.3 * np.sqrt(before.variance)


def test_the_step_into_the_window_that_is_judged_is_left_out() -> None:
    effects = np.array([0.0, 0.1, 0.0, 0.1, 0.0, 9.0, 9.1])
    within, all_steps = shocks([effects], [2])[0], shocks([effects], [1])[0]
    twice = effects.copy()
    twice[1] = 5.0  # the largest of the others is left out anyway, two are not
    assert within.variance < 0.1
    assert all_steps.variance < 0.1 < shocks([twice], [1])[0].variance


def test_an_unsteady_candidate_is_not_judged_by_steady_ones() -> None:
    rng = np.random.default_rng(4)
    effects = np.array([[0.1], *[[0.01]] * 4]) * rng.standard_normal((5, 40))
    found = [np.sqrt(one.variance) for one in shocks(list(effects), [1] * 5)]
    assert found[0] > 0.07
    assert max(found[1:]) < 0.03


def test_nothing_is_told_of_one_run_or_of_two() -> None:
    assert np.isnan(shocks([np.array([0.0])], [1])[0].variance)
    assert np.isnan(shocks([np.array([0.0, 0.3])], [1])[0].variance)
    unknown = shocks([np.array([0.0, np.nan, 0.2, np.nan, 0.1])], [1])
    assert np.isnan(unknown[0].variance)


@pytest.mark.parametrize("count", [6, 12, 30])
def test_what_is_left_of_squares_without_the_largest_is_known(count) -> None:
    rng = np.random.default_rng(5)
    squares = np.sort(rng.standard_normal((20_000, count)) ** 2, axis=1)[:, : count - 1]
    assert trimmed(count, 1)[0] == pytest.approx(squares.mean(), rel=0.02)


def test_what_others_did_is_their_median_in_the_same_run() -> None:
    found = of_others([np.array([9.0, 9.0]), np.array([0.1, 0.2]), np.array([0.3, 0.4]), np.array([5.0, 0.6])])
    assert found[0].tolist() == pytest.approx([0.3, 0.4])
    assert of_others([np.array([0.1]), np.array([0.2, 0.3]), np.array([0.4, 0.5])])[0].tolist() == pytest.approx([0.4])
    assert np.isnan(of_others([np.array([0.1, 0.2]), np.array([0.2, 0.3])])[0]).all()


def test_a_candidate_that_was_never_asked_takes_nothing_from_what_the_others_tell() -> None:
    effects = list(np.random.default_rng(6).standard_normal((5, 20)))
    with_absent = shocks([*effects, np.full(20, np.nan)], [1] * 6)
    without = shocks(effects, [1] * 5)
    assert [one.degrees for one in with_absent[:5]] == pytest.approx([one.degrees for one in without])
    assert with_absent[0].degrees > 20
