"""A few planted years: no false switches, and true ones in time. `benchmarks/` has two hundred of each."""

import numpy as np
import pytest

from benchmarks.false_switches import is_false, worlds, wrong_years
from benchmarks.planted_choices import CHAMPION, year
from benchmarks.power import GOALS, needed, power
from core.domain.deciding import Settings, decide

WORLDS = worlds(prompts=160)


@pytest.mark.parametrize("name", WORLDS)
def test_planted_years_have_no_false_switch(name):
    found = wrong_years(np.random.default_rng(3), WORLDS[name], years=3, weeks=20)
    assert found["wrong_years"] == 0
    assert found["decisions_read"] >= 1


def test_weeks_that_are_passed_over_hold_no_switch():
    planted = WORLDS["equal in quality and cost"]
    seen = year(np.random.default_rng(11), planted.world, 12)
    found = [decide(seen.evidence(week), CHAMPION, Settings(), settle=False) for week in range(12)]
    assert not any(is_false(verdicts, planted) for verdicts in found)


@pytest.mark.parametrize(("category", "prompts", "weeks"), GOALS)
def test_enough_prompts_find_a_true_saving_in_time(category, prompts, weeks):
    assert power(np.random.default_rng(2), category, prompts=prompts, weeks=weeks, replications=15) >= 0.8


def test_too_few_prompts_say_how_many_there_have_to_be():
    assert needed(np.random.default_rng(1), None, 60).startswith("not enough evidence: about ")
