"""The hour of the day: examples by hand, and its share of the variance against simulation."""

import numpy as np
import pytest

from core.domain.drift import by_hour


def planted(rng, of_hour: float, of_occasion: float, *, hours=(6, 14, 22), runs: int = 10, prompts: int = 30):
    """Latency of prompts that are asked in each hour of each run, nine times in ten."""
    effects = of_hour * rng.standard_normal(len(hours))
    run, place, prompt = np.meshgrid(np.arange(runs), np.arange(len(hours)), np.arange(prompts), indexing="ij")
    log = 7.0 + rng.standard_normal(prompts)[prompt] + effects[place]
    log = log + of_occasion * rng.standard_normal((runs, len(hours)))[run, place] + 0.4 * rng.standard_normal(log.shape)
    kept = rng.random(log.shape) < 0.9
    hour = np.array(hours)[place]
    return by_hour(hour[kept], prompt[kept], run[kept], np.exp(log[kept]), is_amount=True)


def test_hours_are_compared_as_if_they_had_the_same_prompts() -> None:
    """Prompt 0 takes 100 ms and prompt 1 takes 900, both twice as long at 20 h; each hour has more of one of them."""
    hour, prompt = np.array([8, 8, 8, 20, 20, 20]), np.array([0, 0, 1, 0, 1, 1])
    value = np.array([100.0, 900.0])[prompt] * np.where(hour == 20, 2.0, 1.0)
    found = by_hour(hour, prompt, np.zeros(6, np.int64), value, is_amount=True)
    assert [one.hour for one in found.hours] == [8, 20]
    assert [one.responses for one in found.hours] == [3, 3]
    assert found.hours[1].value / found.hours[0].value == pytest.approx(2.0)
    assert found.hours[0].lower is None
    assert found.share is None


def test_the_share_and_intervals_of_hours_are_those_of_a_balanced_analysis_of_variance() -> None:
    """Two hours, two runs, two prompts: means of occasions 1, 3 at 8 h and 5, 7 at 20 h."""
    run, hour, prompt = (one.ravel() for one in np.meshgrid([0, 1], [8, 20], [0, 1], indexing="ij"))
    value = np.where(hour == 8, 1.0, 5.0) + 2.0 * run + 0.5 * prompt
    found = by_hour(hour, prompt, run, value / 10, is_amount=False)
    assert [one.value for one in found.hours] == pytest.approx([0.225, 0.625])
    within = np.var([0.1, 0.3, 0.5, 0.7], ddof=1) * 3 * 2 / 6  # of eight values around two prompts' means
    between_hours = (0.16 - 0.02) / 2
    assert found.share == pytest.approx(min(between_hours / within, 1.0))
    assert found.hours[0].upper == pytest.approx(0.225 + 4.302653 * np.sqrt(0.02 / 2))


@pytest.mark.parametrize(("of_hour", "of_occasion"), [(0.0, 0.05), (0.1, 0.05)])
def test_the_interval_of_the_share_holds(of_hour, of_occasion) -> None:
    rng, true = np.random.default_rng(6), of_hour**2 / (of_hour**2 + of_occasion**2 + 0.16)
    found = [planted(rng, of_hour, of_occasion) for _ in range(60)]
    assert np.mean([one.lower <= true <= one.upper for one in found]) >= 0.9
    assert np.mean([one.share for one in found]) == pytest.approx(true, abs=0.03)


def test_failures_by_hour_stay_within_nothing_and_all() -> None:
    rng = np.random.default_rng(7)
    run, hour, prompt = (one.ravel() for one in np.meshgrid(np.arange(6), [0, 12], np.arange(20), indexing="ij"))
    failed = (rng.random(len(hour)) < np.where(hour == 0, 0.02, 0.5)).astype(float)
    night, noon = by_hour(hour, prompt, run, failed, is_amount=False).hours
    assert 0.0 <= night.lower <= night.value < 0.1
    assert noon.lower < 0.5 < noon.upper


def test_unknown_values_and_free_amounts_are_left_out_and_nothing_gives_nothing() -> None:
    zero = np.zeros(3, np.int64)
    found = by_hour(np.array([1, 2, 3]), zero, zero, np.array([np.nan, 0.0, 5.0]), is_amount=True)
    assert [(one.hour, one.responses) for one in found.hours] == [(3, 1)]
    assert by_hour(zero, zero, zero, np.full(3, np.nan), is_amount=False).hours == ()


def test_what_never_varies_has_no_share() -> None:
    run, hour, prompt = (one.ravel() for one in np.meshgrid(np.arange(3), [0, 12], np.arange(4), indexing="ij"))
    found = by_hour(hour, prompt, run, np.zeros(len(hour)), is_amount=False)
    assert [(one.value, one.lower, one.upper) for one in found.hours] == [(0.0, 0.0, 0.0)] * 2
    assert found.share is None
