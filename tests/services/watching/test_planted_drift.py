"""Planted drift in small: one replication of everything that the benchmark plants; the benchmark has the shares."""

import pytest

from benchmarks.planted_drift import SCENARIOS, Scenario, replicate


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_what_is_planted_is_found_within_two_checks_and_put_down_to_its_causes(scenario: Scenario):
    seen = replicate(scenario, seed=2)
    assert (seen.is_found, seen.is_right, seen.false_alarms) == (True, True, 0)
