"""The smallest visible change: what it says comes true, and when it says nothing."""

import numpy as np
import pytest

from core.domain.drift import Tier, judge, smallest_visible
from tests.domain.drift.made import COST, HUMAN, LATENCY, SHARE, amounts, categories, constant, run, series, shares


def said(found) -> dict:
    return {(one.metric.name, one.category): one for one in found}


def test_a_change_of_that_size_raises_an_alarm_within_two_checks() -> None:
    rng, prompts = np.random.default_rng(21), categories(256, 4)
    chance = rng.beta(2.4, 0.6, 256)
    baseline = shares(rng, chance, 3)
    size = said(smallest_visible([series(SHARE, baseline, [])], prompts))["acceptable", "category 1"].size
    assert 0.08 < size < 0.25
    lowered = np.where(prompts.category == 1, chance * (1 - size / chance[prompts.category == 1].mean()), chance)
    told = 0
    for _ in range(40):
        runs = [*shares(rng, chance, 3), *shares(rng, lowered, 2)]
        found = [judge([series(SHARE, runs[:3], runs[3:][:n])], prompts).findings for n in (1, 2)]
        told += any(one.category == "category 1" and one.tier is Tier.ALARM for each in found for one in each)
    assert told >= 32


def test_more_prompts_and_more_repetitions_show_smaller_changes_and_more_metrics_larger_ones() -> None:
    rng = np.random.default_rng(22)

    def size(prompts: int, n: int = 3, metrics: int = 1) -> float:
        runs = shares(rng, np.full(prompts, 0.8), 3, n)
        return smallest_visible([series(SHARE, runs, [])] * metrics, categories(prompts, 1))[0].size

    assert size(400) < size(60)
    assert size(60, n=9) < size(60)
    assert size(60, metrics=100) > size(60)


def test_what_never_varied_can_be_seen_from_the_least_change_that_matters_on() -> None:
    (found,) = smallest_visible([series(COST, [constant(0.01, 50)] * 3, [])], categories(50, 1))
    assert found.size == pytest.approx(1.1, abs=0.01)


def test_nothing_is_visible_of_what_is_only_watched_or_of_too_few_prompts_or_before_eight_runs_of_latency() -> None:
    rng, prompts = np.random.default_rng(23), categories(8, 2)
    slow = amounts(rng, 8, 0.05 * rng.standard_normal(7))
    of_all = [
        series(HUMAN, [constant(0.5, 8)] * 3, []),
        series(LATENCY, slow[:3], slow[3:]),
        series(SHARE, [run(rng.random(8)) for _ in range(3)], []),
    ]
    found = said(smallest_visible(of_all, prompts))
    assert all(found[name, None].size is None for name in ("human", "latency_ms"))
    assert found["acceptable", "category 0"].size is None  # four prompts


def test_latency_has_a_size_from_eight_runs_on_and_a_candidate_that_no_size_is_enough_for_is_told() -> None:
    rng = np.random.default_rng(24)
    runs = [amounts(rng, 60, 0.05 * rng.standard_normal(8)) for _ in range(5)]
    found = smallest_visible(
        [series(LATENCY, one[:3], one[3:], place) for place, one in enumerate(runs)], categories(60, 1)
    )
    assert 1.2 < found[0].size < 2.0
    absent = [constant(np.nan, 60)] * 8
    worst = smallest_visible(
        [series(SHARE, shares(rng, np.full(60, 0.8), 3), []), series(SHARE, absent[:3], absent[3:], 1)],
        categories(60, 1),
    )
    assert worst[0].largest is None
