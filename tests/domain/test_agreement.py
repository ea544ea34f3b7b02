"""Agreement, held against published worked examples."""

import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.agreement import (
    flagged,
    gwet_ac1,
    krippendorff,
    positive_agreement,
    preference,
)
from core.domain.votes import Outcome

NONE = None
# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C: four observers, twelve units.
FOUR_OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
    [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
]
# The same paper, section A: two observers.
BINARY = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]


def krippendorff_alpha(units, values, level="nominal"):
    found = krippendorff(units, values, level)
    return None if found is None else found.value


def long_form(observers):
    """(units, values) of a table with one row an observer."""
    rated = [(unit, value) for row in observers for unit, value in enumerate(row) if value is not None]
    return [unit for unit, _ in rated], [value for _, value in rated]


def two_raters(both, first_only, second_only, neither):
    """(units, flags) of a two-by-two table."""
    pairs = [(1, 1)] * both + [(1, 0)] * first_only + [(0, 1)] * second_only + [(0, 0)] * neither
    return [n for n in range(len(pairs)) for _ in (0, 1)], [flag for pair in pairs for flag in pair]


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_is_that_of_krippendorffs_example_with_four_observers_and_gaps(level, alpha):
    assert krippendorff_alpha(*long_form(FOUR_OBSERVERS), level) == pytest.approx(alpha, abs=0.0005)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_alpha_is_that_of_krippendorffs_binary_example(level):
    assert krippendorff_alpha(*long_form(BINARY), level) == pytest.approx(0.095, abs=0.0005)


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.2906), ("ordinal", 0.2876)])
def test_alpha_of_the_published_crowd_votes_is_the_published_one(shared_data, level, alpha):
    with (shared_data / "llmfao" / "crowd-comparisons.csv").open(newline="") as file:
        votes = list(csv.DictReader(file))
    place = {"left": -1, "tie": 0, "right": 1}
    found = krippendorff([vote["id"] for vote in votes], [place[vote["winner"]] for vote in votes], level)
    assert found.value == pytest.approx(alpha, abs=0.0001)
    assert (found.units, found.ratings) == (2124, 8916)
    assert found.lower < alpha < found.upper < found.lower + 0.1


def test_alpha_is_zero_when_ratings_are_drawn_at_random_and_its_interval_says_so():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        found = krippendorff(np.repeat(np.arange(60), 3), rng.integers(0, 3, 180), "ordinal")
        covered += found.lower <= 0 <= found.upper
    assert covered >= 180


@given(values=st.lists(st.integers(0, 3), min_size=2, max_size=40), raters=st.integers(2, 5))
def test_raters_who_always_agree_have_alpha_one_or_none(values, raters):
    units = list(range(len(values))) * raters
    expected = None if len(set(values)) == 1 else 1.0
    for level in ("nominal", "ordinal", "interval"):
        assert krippendorff_alpha(units, values * raters, level) == expected


@given(
    ratings=st.lists(st.tuples(st.integers(0, 9), st.integers(-1, 1)), max_size=60),
    level=st.sampled_from(["nominal", "ordinal", "interval"]),
)
def test_alpha_does_not_depend_on_order_nor_on_units_that_one_rater_saw(ratings, level):
    alone = [(100 + n, n % 3 - 1) for n in range(5)]
    before = krippendorff_alpha([u for u, _ in ratings], [v for _, v in ratings], level)
    shuffled = (ratings + alone)[::-1]
    after = krippendorff_alpha([u for u, _ in shuffled], [v for _, v in shuffled], level)
    assert after == (before if before is None else pytest.approx(before))
    assert before is None or before <= 1


@pytest.mark.parametrize(("units", "values"), [([], []), ([1], [1]), ([1, 2], [1, 2]), ([1, 1], [2, 2])])
def test_alpha_is_undefined_without_pairs_or_without_variation(units, values):
    assert krippendorff_alpha(units, values) is None


def test_ac1_is_that_of_gwets_example_with_four_raters_and_gaps():
    # Gwet, Handbook of Inter-Rater Reliability (2014); data set raw4raters of his irrCAC: 0.77544.
    assert gwet_ac1(*long_form(FOUR_OBSERVERS)) == pytest.approx(0.77544, abs=5e-6)


def test_ac1_stands_where_kappa_like_coefficients_collapse():
    # Gwet (2002), "Kappa statistic is not satisfactory …": 118 agree on +, 7 disagree; AC1 0.9408, kappa −0.0234.
    units, flags = two_raters(118, 5, 2, 0)
    assert gwet_ac1(units, flags) == pytest.approx(0.9408, abs=5e-5)
    assert krippendorff_alpha(units, flags) < 0


def test_ac1_counts_a_category_that_nobody_used():
    units, flags = two_raters(0, 0, 0, 20)
    assert gwet_ac1(units, flags) is None
    assert gwet_ac1(units, flags, categories=[0, 1]) == 1.0


def test_positive_agreement_of_two_raters_is_the_share_of_their_flags_that_meet():
    assert positive_agreement(*two_raters(10, 5, 7, 200)) == pytest.approx(20 / 32)
    assert positive_agreement(*two_raters(0, 0, 0, 20)) is None


def test_positive_agreement_of_three_raters_counts_whom_each_flag_meets():
    units, flags = [1, 1, 1, 2, 2, 2, 3], [1, 1, 0, 1, 0, 0, 1]
    assert positive_agreement(units, flags) == pytest.approx((1 + 0) / (2 + 1))


def test_a_preference_belongs_to_the_response_and_not_to_the_side():
    for outcome in Outcome:
        assert preference(outcome, first_is_left=True) == preference(outcome.mirrored, first_is_left=False)
    assert [preference(outcome, first_is_left=True) for outcome in Outcome] == [-1, 1, 0, 0]
    assert [flagged(outcome) for outcome in Outcome] == [False, False, False, True]
