"""A few planted years: no false switches, and true ones in time. `benchmarks/` has two hundred of each."""

import numpy as np
import pytest

from benchmarks import safety_cautions
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


@pytest.mark.parametrize("name", list(safety_cautions.WORLDS)[:2])
def test_who_is_as_safe_as_all_others_is_never_said_to_be_less_safe(name):
    rng = np.random.default_rng(5)
    assert safety_cautions.first_caution(rng, safety_cautions.WORLDS[name], weeks=16) is None


def test_who_is_less_safe_is_said_to_be_within_weeks():
    less = list(safety_cautions.WORLDS.values())[2]
    assert safety_cautions.first_caution(np.random.default_rng(5), less, weeks=16) is not None


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
