"""Weeks with and without drift: small versions of the benchmarks ``drift_false_alarms`` and ``drift_power``."""

import numpy as np
import pytest

from benchmarks.drift_false_alarms import false_findings, thresholds
from benchmarks.drift_power import GOALS, checks_to_alarm, power
from benchmarks.simulated_weeks import ACCEPTABLE, Planted, World, year

WORLDS = {
    "shocks of 5 %": World(),
    "shocks of 10 % that hit all": World(shock=0.1, is_shared=True),
    "one baseline run of nine": World(baseline=(9,)),
    "a tenth of the repetitions missing": World(missing=0.1),
    "one unsteady candidate": World(shocks=(0.1, 0.02, 0.02, 0.02, 0.02)),
}


@pytest.mark.parametrize("name", WORLDS)
def test_weeks_in_which_nothing_changes_raise_no_alarm_and_hardly_a_watch(name) -> None:
    found = false_findings(np.random.default_rng(1), WORLDS[name], years=1, weeks=12)
    assert found["false_alarm_years"] == 0
    assert found["false_watch_checks"] <= 0.25


def test_a_fixed_threshold_would_call_every_week() -> None:
    everywhere, over_all = thresholds(year(np.random.default_rng(2), World(), weeks=12))
    assert everywhere.all()
    assert over_all.mean() > 0.2


@pytest.mark.parametrize("name", GOALS)
def test_what_ought_to_be_told_within_two_checks_is(name) -> None:
    assert power(np.random.default_rng(3), *GOALS[name], replications=8) >= 0.75


def test_a_slow_decline_is_told_before_it_is_over() -> None:
    slow = Planted(5, ACCEPTABLE, -0.22, 3, weeks=26)
    assert checks_to_alarm(np.random.default_rng(4), World(), slow, longest=26) <= 26


@pytest.mark.long
@pytest.mark.parametrize("name", WORLDS)
def test_years_in_which_nothing_changes_hold_what_is_promised(name) -> None:
    found = false_findings(np.random.default_rng(5), WORLDS[name], years=12)
    assert found["false_alarm_years"] <= 2 / 12
    assert found["false_watch_checks"] <= 0.1


@pytest.mark.long
@pytest.mark.parametrize("name", GOALS)
def test_the_power_holds(name) -> None:
    assert power(np.random.default_rng(6), *GOALS[name], replications=60) >= 0.85
