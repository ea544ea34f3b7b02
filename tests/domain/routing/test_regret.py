"""What a table misses on prompts held out, beside one model for all and an oracle."""

import numpy as np
import pytest

from core.domain.routing import Counted, Fold, best_single, dealt, regret

HELD_OUT = {"support": {1: 0.8, 2: 0.9}, "coding": {1: 0.7, 2: 0.4}}
EVEN = {"support": 1.0, "coding": 1.0}
BEST, WORST = {"support": 2, "coding": 1}, {"support": 1, "coding": 2}


def counted(shares: dict[str, dict[int, float]], of: int = 10) -> dict[str, dict[int, Counted]]:
    return {at: {one: Counted(of * share, of) for one, share in found.items()} for at, found in shares.items()}


def test_regret_is_what_the_best_of_each_category_would_win():
    found = regret([Fold(BEST, 1, counted(HELD_OUT))], EVEN, 20)
    assert (found.of_table, found.oracle - found.single) == (pytest.approx(0.0), pytest.approx(0.05))
    wrong = regret([Fold(WORST, 2, counted(HELD_OUT))], EVEN, 20)
    assert (wrong.of_table, wrong.oracle - wrong.single) == (pytest.approx(0.2), pytest.approx(0.15))


def test_categories_count_by_their_weight():
    found = regret([Fold(dict.fromkeys(EVEN, 1), 1, counted(HELD_OUT))], {"support": 3.0, "coding": 1.0}, 20)
    assert found.of_table == pytest.approx(0.075)


def test_a_category_in_which_somebody_chosen_was_not_asked_is_left_out():
    held_out = counted({**HELD_OUT, "safety": {2: 0.1}})
    found = regret([Fold({**BEST, "safety": 1}, 1, held_out)], {**EVEN, "safety": 9.0}, 20)
    assert found.oracle - found.single == pytest.approx(0.05)
    assert regret([Fold({"safety": 1}, 1, counted({"safety": {2: 0.1}}))], {"safety": 1.0}, 20) is None


def test_the_best_single_model_is_among_those_who_were_asked_everywhere():
    assert best_single(HELD_OUT, EVEN) == 1
    assert best_single(HELD_OUT, {"support": 9.0, "coding": 1.0}) == 2
    assert best_single({"support": {1: 0.1, 3: 1.0}, "coding": {1: 0.1}}, EVEN) == 1
    assert best_single({}, {}) is None


def test_each_fold_is_answered_by_its_own_choice_and_counts_by_its_responses():
    folds = [Fold(BEST, 1, counted(HELD_OUT, of=30)), Fold(WORST, 2, counted(HELD_OUT, of=10))]
    found = regret(folds, EVEN, 40)
    assert (found.of_table, found.oracle - found.single, found.folds, found.prompts) == (
        pytest.approx(0.05), pytest.approx(0.075), 2, 40,
    )  # fmt: skip
    assert regret([], EVEN, 40) is None


def test_the_best_in_hindsight_is_never_worse_than_the_one_that_was_learnt():
    found = regret([Fold(BEST, 2, counted(HELD_OUT))], EVEN, 20)
    assert found.hindsight == 1
    assert found.single == pytest.approx(0.65)
    assert found.alone[1] == pytest.approx(0.75)


def test_a_fold_in_which_a_category_has_no_prompt_takes_nothing_from_it():
    rest = {"support": HELD_OUT["support"]}
    found = regret([Fold(BEST, 1, counted(HELD_OUT)), Fold(BEST, 1, counted(rest))], EVEN, 30)
    assert found.table == pytest.approx((0.9 + 0.7) / 2)


def test_every_fold_has_of_each_category_its_part():
    category = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 2])
    assert dealt(category, 4).tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0, 0]
