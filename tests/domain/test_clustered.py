"""Estimates that keep what every prompt and every rater contributes to their error."""

import math

import numpy as np
import pytest

from core.domain.clustered import NO_RATER, Clustered, dense, standard_error


def mean_of(votes: np.ndarray, prompt: np.ndarray, rater: np.ndarray) -> Clustered:
    """The plain mean of votes."""
    value = float(votes.mean())
    return Clustered(value, prompt, rater, (votes - value) / len(votes), np.full(len(votes), 1 / len(votes)))


def simulated(
    rng: np.random.Generator, raters: int, *, leniency: float = 1.0, votes: int = 240, activity: float = 0.5
) -> Clustered:
    """The mean of votes around 0: two a prompt on average, by raters with a leniency of their own."""
    prompt = rng.integers(0, votes // 2, votes)
    share = rng.lognormal(0, activity, raters)
    rater = rng.choice(raters, votes, p=share / share.sum())
    noise = rng.normal(size=votes) + rng.normal(0, 0.7, votes // 2)[prompt]
    return mean_of(noise + rng.normal(0, leniency, raters)[rater], prompt, rater)


def test_without_raters_it_is_the_usual_error_of_a_mean_of_prompts() -> None:
    values = np.random.default_rng(1).normal(size=40)
    found = mean_of(values, np.arange(40), np.full(40, NO_RATER))
    error = standard_error(found)
    assert error is not None
    assert error.value == pytest.approx(values.std(ddof=1) / math.sqrt(40))
    assert error.degrees == pytest.approx(39)
    assert (error.raters, error.holds_for_these_raters_only) == (0, False)
    assert error.half_width() == pytest.approx(2.0227 * error.value, rel=1e-4)


def test_both_ways_of_clustering_are_what_leaving_each_prompt_and_each_rater_out_tells() -> None:
    rng = np.random.default_rng(2)
    prompt, rater = rng.integers(0, 30, 200), np.minimum(rng.geometric(0.25, 200), 9)
    votes = rng.normal(size=200) + rng.normal(0, 2, 10)[rater] + rng.normal(0, 2, 30)[prompt]
    left_out = []
    for code in (prompt, rater):
        codes = np.unique(code)
        part = np.array([(code == one).mean() for one in codes])
        without = np.array([votes[code != one].mean() for one in codes])
        left_out.append((1 - (part**2).sum()) * ((without - votes.mean()) ** 2).sum())
    both = sum(
        ((votes[(prompt == p) & (rater == r)] - votes.mean()).sum() / 200) ** 2 for p in range(30) for r in range(10)
    )
    error = standard_error(mean_of(votes, prompt, rater))
    assert error is not None
    assert error.value**2 == pytest.approx(left_out[0] + left_out[1] - both)
    assert error.value**2 > max(left_out)


def test_it_is_no_less_than_prompts_or_raters_alone_tell() -> None:
    rng = np.random.default_rng(12)
    prompt, rater = np.arange(240) // 2, np.arange(240) % 8
    opposed = np.where(np.arange(240) % 2, 1.0, -1.0) + rng.normal(0, 0.1, 240)  # each prompt's votes cancel out
    found = mean_of(opposed, prompt, rater)
    part = np.bincount(rater, found.influence) / (1 - 1 / 8)
    error = standard_error(found)
    assert error is not None
    assert error.value == pytest.approx(math.sqrt(7 / 8 * (part**2).sum()))


def test_below_six_raters_it_holds_for_these_raters_only_and_what_others_would_say_is_left_out() -> None:
    rng = np.random.default_rng(3)
    few, many = (standard_error(simulated(rng, raters, leniency=3.0)) for raters in (5, 6))
    assert few is not None
    assert many is not None
    assert few.holds_for_these_raters_only
    assert not many.holds_for_these_raters_only
    assert (few.raters, many.raters) == (5, 6)
    assert many.value > 3 * few.value
    assert few.degrees > 30 > many.degrees


def test_a_rater_with_most_of_the_votes_leaves_few_degrees_of_freedom() -> None:
    rng = np.random.default_rng(4)
    prompt, votes = np.arange(200), rng.normal(size=200)
    even, uneven = np.arange(200) % 8, np.where(np.arange(200) < 140, 0, np.arange(200) % 8)
    alike, heavy = (standard_error(mean_of(votes + code, prompt, code)) for code in (even, uneven))
    assert alike is not None
    assert heavy is not None
    assert alike.degrees == pytest.approx(7, abs=0.5)
    assert heavy.degrees < 2


@pytest.mark.parametrize("heaviest", [0.95, 1.0])
def test_a_rater_with_nearly_all_votes_still_leaves_an_error(heaviest: float) -> None:
    rng = np.random.default_rng(5)
    rater = np.where(np.arange(400) < heaviest * 400, 0, np.arange(400) % 7)
    error = standard_error(mean_of(rng.normal(size=400), np.arange(400), rater))
    assert error is not None
    assert math.isfinite(error.half_width())
    assert error.value > 0


def test_one_prompt_tells_no_error() -> None:
    assert standard_error(mean_of(np.array([0.0, 1.0]), np.array([4, 4]), np.array([0, 1]))) is None


def test_of_a_difference_what_both_share_falls_away() -> None:
    rng = np.random.default_rng(6)
    one = simulated(rng, 12)
    nothing = one.plus(one, sign=-1.0)
    error = standard_error(nothing)
    assert error is not None
    assert (nothing.value, error.value) == (0.0, pytest.approx(0.0))


def test_the_leniency_of_raters_who_judged_both_sides_falls_out_of_the_difference() -> None:
    rng = np.random.default_rng(7)
    prompt, rater = np.arange(300), rng.integers(0, 12, 300)
    lenient = rng.normal(0, 3, 12)[rater]
    one, other = (mean_of(rng.normal(size=300) + lenient, prompt, rater) for _ in range(2))
    both, alone = standard_error(one.plus(other, sign=-1.0)), standard_error(one)
    assert both is not None
    assert alone is not None
    assert both.value < 0.3 * alone.value


def test_other_raters_on_the_other_side_add_their_error() -> None:
    rng = np.random.default_rng(8)
    one, other = simulated(rng, 10), simulated(rng, 10)
    apart = Clustered(other.value, other.prompt + 1000, other.rater + 10, other.influence, other.weight)
    parts = [standard_error(each) for each in (one, other)]
    whole = standard_error(one.plus(apart, sign=-1.0))
    assert whole is not None
    assert whole.raters == 20
    # With half the part of the votes each, leaving a rater out changes a little less.
    assert whole.value == pytest.approx(math.hypot(*(part.value for part in parts if part)), rel=0.1)


def test_scaled_and_mapped_estimates_have_their_error_in_proportion() -> None:
    found = simulated(np.random.default_rng(9), 8)
    plain, scaled, mapped = (standard_error(one) for one in (found, found.scaled(-3.0), found.mapped(7.0, 0.5)))
    assert plain is not None
    assert scaled is not None
    assert mapped is not None
    assert (found.scaled(-3.0).value, found.mapped(7.0, 0.5).value) == (-3 * found.value, 7.0)
    assert (scaled.value, mapped.value) == (pytest.approx(3 * plain.value), pytest.approx(0.5 * plain.value))
    assert scaled.degrees == pytest.approx(plain.degrees)


def test_a_sum_of_parts_is_as_sure_as_the_whole() -> None:
    found = simulated(np.random.default_rng(13), 8)
    halves, whole = (standard_error(one) for one in (found.scaled(0.9).plus(found.scaled(0.1)), found))
    assert halves is not None
    assert whole is not None
    assert (halves.value, halves.degrees) == (pytest.approx(whole.value), pytest.approx(whole.degrees))


def test_a_part_that_counts_little_lends_little_of_its_raters() -> None:
    rng = np.random.default_rng(14)
    few, many = simulated(rng, 7, activity=0.0), simulated(rng, 40, activity=0.0)
    apart = Clustered(many.value, many.prompt + 1000, many.rater + 7, many.influence, many.weight)
    mostly_few, mostly_many = (standard_error(few.scaled(part).plus(apart.scaled(1 - part))) for part in (0.95, 0.05))
    assert mostly_few is not None
    assert mostly_many is not None
    assert mostly_few.degrees < 9
    assert mostly_many.degrees > 25


def test_votes_without_weights_count_alike() -> None:
    found = simulated(np.random.default_rng(10), 8)
    bare = Clustered(found.value, found.prompt, found.rater, found.influence)
    for one, other in ((bare, found), (bare.plus(found), found.plus(found))):
        said, meant = standard_error(one), standard_error(other)
        assert said is not None
        assert meant is not None
        assert (said.value, said.degrees) == (pytest.approx(meant.value), pytest.approx(meant.degrees))


def test_far_apart_codes_are_as_good_as_close_ones() -> None:
    code = np.array([7, 900_000_000, 7, 3])
    count, place = dense(code)
    assert (count, place.tolist()) == (3, [1, 2, 1, 0])
    count, place = dense(np.array([7, 9, 7, 3]))
    assert (count, place.tolist()) == (3, [1, 2, 1, 0])
    assert dense(np.zeros(0, dtype=np.intp))[0] == 0


@pytest.mark.parametrize(
    ("raters", "leniency", "activity"), [(6, 0.5, 0.5), (6, 0.0, 0.5), (12, 1.0, 1.0), (24, 0.5, 1.0)]
)
def test_intervals_hold_the_truth_of_all_raters(raters: int, leniency: float, activity: float) -> None:
    rng, held = np.random.default_rng(11), []
    for _ in range(300):
        found = simulated(rng, raters, leniency=leniency, activity=activity)
        error = standard_error(found)
        assert error is not None
        held.append(abs(found.value) <= error.half_width())
    assert np.mean(held) >= 0.93


def test_summed_by_prompt_and_rater_an_estimate_has_the_same_errors():
    rng = np.random.default_rng(4)
    prompt, rater = rng.integers(0, 12, 300), rng.integers(-1, 8, 300)
    weight = np.where(rater < 0, 0.0, rng.random(300))
    found = Clustered(0.5, prompt, rater, rng.normal(0, 0.01, 300), weight / weight.sum())
    short = found.summed()
    assert len(short.prompt) == len({*zip(prompt.tolist(), rater.tolist(), strict=True)})
    whole, summed = standard_error(found), standard_error(short)
    assert summed.value == pytest.approx(whole.value, rel=1e-12)
    assert (summed.degrees, summed.raters) == (pytest.approx(whole.degrees, rel=1e-9), whole.raters)
