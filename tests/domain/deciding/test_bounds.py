"""Bounds of differences: an oracle for their size, and simulations of how often they are wrong at any look."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import stdtrit

from core.domain.clustered import Clustered, standard_error
from core.domain.deciding import paired, voted
from core.domain.deciding.bounds import Estimate, one_sided_factor
from core.domain.deciding.verdicts import Source
from tests.domain.deciding.made import candidate, share


@pytest.mark.parametrize(("se", "share", "times"), [(0.012, 0.9, 1.0), (0.15, 0.1, 6.0)])
def test_a_bound_reaches_as_far_as_half_of_the_published_two_sided_mixture_at_twice_its_part_of_the_level(
    se, share, times
):
    whole, margin = 0.00625, 0.05
    target = margin / (_smallest(whole) + 0.8416212)
    level = share * whole
    log = -2 * np.log(2 * level)
    x = (log + np.log(1 + log)) * (times * target / se) ** 2
    expected = np.sqrt((x + 1) / x * (np.log(x + 1) + log))
    assert one_sided_factor(se, whole, margin, 1e7) == pytest.approx(expected, rel=1e-5)
    widened = expected * stdtrit(30, 1 - level) / stdtrit(1e7, 1 - level)
    assert one_sided_factor(se, whole, margin, 30.0) == pytest.approx(widened, rel=1e-5)


def _smallest(level: float) -> float:
    """The mixture's factor at the error it is tuned to."""
    log = -2 * np.log(2 * level)
    x = log + np.log(1 + log)
    return float(np.sqrt((x + 1) / x * (np.log(x + 1) + log)))


def test_what_was_never_seen_is_not_excluded_by_few_prompts():
    """No failure in n prompts excludes a share of failures only where (1 − share)ⁿ is below the level."""
    level = 0.00625
    for margin in (0.05, 0.1):
        certain = int(np.ceil(np.log(level) / np.log1p(-margin)))
        few, many = (_of_perfect(prompts, margin) for prompts in (certain - 8, 3 * certain))
        assert few is not None
        assert many is not None
        assert few.se == many.se == 0
        assert few.lower(level) < -margin < many.lower(level)


def _of_perfect(prompts: int, margin: float) -> Estimate | None:
    """Of two whose responses are all acceptable."""
    sides = [candidate(number, prompts=prompts) for number in (0, 1)]
    one, other = (replace(side, acceptable=side.judged) for side in sides)
    return paired.quality(paired.rates(one, [other]), margin)[0]


def test_costs_with_a_long_tail_are_bounded_more_cautiously_on_its_side():
    estimate = Estimate(0.3, 0.05, 50.0, 0.0, 0.1, 51, Source.AUTOMATIC, 20.0, skewness=-2.0)
    plain = replace(estimate, skewness=0.0)
    assert estimate.lower(0.01) < plain.lower(0.01)
    assert estimate.upper(0.01) == plain.upper(0.01)


def test_the_error_of_automatic_quality_is_that_of_the_clustered_estimate():
    rng = np.random.default_rng(5)
    one, other = candidate(0, prompts=40), candidate(1, prompts=40)
    for side in (one, other):
        side.acceptable[:] = rng.binomial(10, rng.beta(4, 2, 40))
    found = paired.quality(paired.rates(one, [other]), 0.05)[0]
    change = (other.acceptable - one.acceptable) / 10
    assert found is not None
    assert found.value == pytest.approx(change.mean())
    assert found.se == pytest.approx(change.std(ddof=1) / np.sqrt(40))
    assert found.degrees == pytest.approx(39)


def test_the_error_of_a_saving_is_the_jackknifes():
    rng = np.random.default_rng(6)
    one, other = candidate(0, prompts=300), candidate(1, prompts=300)
    for side in (one, other):
        side.acceptable[:] = rng.binomial(10, rng.beta(4, 2, 300))
        side.paid_usd[:] = rng.lognormal(0, 0.7, 300)

    def log_ratio(left_out: int | None = None) -> float:
        kept = np.arange(300) != left_out
        costs = [side.paid_usd[kept].sum() / side.acceptable[kept].sum() for side in (one, other)]
        return float(np.log(costs[0] / costs[1]))

    found = paired.cost(paired.rates(one, [other]), 0.1)[0]
    without = np.array([log_ratio(prompt) for prompt in range(300)])
    assert found is not None
    assert found.value == pytest.approx(log_ratio())
    assert found.se == pytest.approx(np.sqrt(299 / 300 * ((without - without.mean()) ** 2).sum()), rel=0.02)


def test_the_error_of_a_human_difference_counts_raters_that_both_share():
    champion, challenger = share(0.6).share, share(0.7, seed=1).share
    assert champion is not None
    assert challenger is not None
    found = voted.quality(champion, challenger, 0.05)
    error = standard_error(challenger.plus(champion, sign=-1.0))
    assert found is not None
    assert error is not None
    assert (found.value, found.se) == (pytest.approx(0.1), error.value)


@pytest.mark.parametrize("grows", ["more answers to the same prompts", "new prompts every week"])
def test_bounds_are_wrong_at_any_of_52_looks_no_oftener_than_they_say(grows):
    assert ever_wrong(np.random.default_rng(8), grows, replications=150, level=0.05) <= 0.05


@pytest.mark.long
@pytest.mark.parametrize("grows", ["more answers to the same prompts", "new prompts every week"])
def test_bounds_are_wrong_at_any_of_52_looks_no_oftener_than_they_say_in_many_years(grows):
    assert ever_wrong(np.random.default_rng(9), grows, replications=3000, level=0.0125) <= 0.0125


def ever_wrong(rng: np.random.Generator, grows: str, *, replications: int, level: float, looks: int = 52) -> float:
    """How often a lower bound lies above the truth at any look: rare losses, which look like none at first."""
    wrong = 0
    loss, win = 0.10, 0.05
    for _ in range(replications):
        if grows == "new prompts every week":
            sizes = np.arange(1, looks + 1) * 12
            change = rng.choice([-1.0, 1.0, 0.0], int(sizes[-1]), p=[loss, win, 1 - loss - win])
            means = np.cumsum(change)[sizes - 1] / sizes
            errors = np.sqrt((np.cumsum(change**2)[sizes - 1] / sizes - means**2) / (sizes - 1))
        else:
            sizes = np.full(looks, 60)
            own = rng.choice([-1.0, 1.0, 0.0], 60, p=[loss, win, 1 - loss - win])
            seen = own + rng.normal(0, 0.5, (looks, 60)).cumsum(axis=0) / np.arange(1, looks + 1)[:, None]
            means, errors = seen.mean(axis=1), seen.std(axis=1, ddof=1) / np.sqrt(60)
        wrong += any(
            Estimate(float(m), float(e), n - 1.0, 1 / n, 0.05, int(n), Source.AUTOMATIC).lower(level) > win - loss
            for m, e, n in zip(means, errors, sizes, strict=True)
        )
    return wrong / replications


def test_bounds_of_what_raters_say_are_wrong_at_any_of_ten_looks_no_oftener_than_they_say():
    assert raters_ever_wrong(np.random.default_rng(12), replications=60) <= 0.05


@pytest.mark.long
def test_bounds_of_what_raters_say_are_wrong_no_oftener_than_they_say_in_many_years():
    assert raters_ever_wrong(np.random.default_rng(13), replications=1500) <= 0.05


def raters_ever_wrong(rng: np.random.Generator, *, replications: int, raters: int = 12, looks: int = 10) -> float:
    """How often a lower bound at 5 % lies above what all raters there could be think of two alike, who have tastes."""
    wrong = 0
    for _ in range(replications):
        taste = rng.normal(0, 0.08, (2, raters))
        rater, prompt = np.tile(np.arange(raters), 25 * looks), rng.integers(0, 400, 25 * looks * raters)
        said = (rng.random((2, len(rater))) < 0.7 + taste[:, rater]).astype(float)
        wrong += any(_lower_of_votes(said[:, : 25 * raters * look], rater, prompt) > 0 for look in range(1, looks + 1))
    return wrong / replications


def _lower_of_votes(said: np.ndarray, rater: np.ndarray, prompt: np.ndarray) -> float:
    votes = said.shape[1]
    shares = [Clustered(row.mean(), prompt[:votes], rater[:votes], (row - row.mean()) / votes) for row in said]
    found = voted.quality(shares[0], shares[1], 0.05)
    assert found is not None
    return found.lower(0.05)
