"""What a table misses on prompts held out, beside one model for all and an oracle."""

import pytest

from core.domain.routing import averaged, best_single, regret

HELD_OUT = {"support": {1: 0.8, 2: 0.9}, "coding": {1: 0.7, 2: 0.4}}
EVEN = {"support": 1.0, "coding": 1.0}


def test_regret_is_what_the_best_of_each_category_would_win():
    found = regret({"support": 2, "coding": 1}, 1, HELD_OUT, EVEN)
    assert (found.of_table, found.of_single) == (pytest.approx(0.0), pytest.approx(0.05))
    wrong = regret({"support": 1, "coding": 2}, 2, HELD_OUT, EVEN)
    assert (wrong.of_table, wrong.of_single) == (pytest.approx(0.2), pytest.approx(0.15))


def test_categories_count_by_their_weight():
    found = regret({"support": 1, "coding": 1}, 1, HELD_OUT, {"support": 3.0, "coding": 1.0})
    assert found.of_table == pytest.approx(0.075)


def test_a_category_in_which_somebody_chosen_was_not_asked_is_left_out():
    held_out = {**HELD_OUT, "safety": {2: 0.1}}
    assert regret({"support": 2, "coding": 1, "safety": 1}, 1, held_out, {**EVEN, "safety": 9.0}).of_single == (
        pytest.approx(0.05)
    )
    assert regret({"safety": 1}, 1, {"safety": {2: 0.1}}, {"safety": 1.0}) is None


def test_the_best_single_model_is_among_those_who_were_asked_everywhere():
    assert best_single(HELD_OUT, EVEN) == 1
    assert best_single(HELD_OUT, {"support": 9.0, "coding": 1.0}) == 2
    assert best_single({"support": {1: 0.1, 3: 1.0}, "coding": {1: 0.1}}, EVEN) == 1
    assert best_single({}, {}) is None


def test_folds_are_averaged_and_none_stay_none():
    folds = [
        regret({"support": 2, "coding": 1}, 1, HELD_OUT, EVEN),
        regret({"support": 1, "coding": 2}, 2, HELD_OUT, EVEN),
    ]
    found = averaged(folds, 40)
    assert (found.of_table, found.of_single, found.folds, found.prompts) == (
        pytest.approx(0.1), pytest.approx(0.1), 2, 40,
    )  # fmt: skip
    assert averaged([], 40) is None
