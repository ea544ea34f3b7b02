"""The share of responses that experts would send, estimated over all of them, and what one of those costs."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from benchmarks.human_coverage import held, summary
from benchmarks.production import World
from core.domain.acceptability import (
    Answers,
    CostState,
    HumanShare,
    Rests,
    Sends,
    cost_per_acceptable,
    cost_per_sendable,
    difference,
    human_share,
    share_acceptable,
)
from core.domain.acceptability.post_strata import post_strata
from core.domain.acceptability.prediction_powered import FOLDS, corrected_mean, cross_fitted
from core.domain.clustered import standard_error

NOBODY = np.zeros(0, dtype=np.intp)


def answers(signal: np.ndarray, *, prompt: np.ndarray | None = None, hidden: object = (), judge=None) -> Answers:
    """Responses with this automatic verdict, one a prompt unless told, of which ``hidden`` were never shown."""
    never_shown = np.zeros(len(signal), dtype=bool)
    never_shown[list(hidden)] = True
    return Answers(np.arange(len(signal)) if prompt is None else prompt, signal.astype(float), never_shown, judge)


def sends(sendable: np.ndarray, *, response=None, rater=None, opponent=None, weight=None, chance=None) -> Sends:
    """Votes on the first responses, by eight raters in turn beside one opponent, unless told."""
    n = len(sendable)
    return Sends(
        np.arange(n) if response is None else response,
        np.arange(n) % 8 if rater is None else rater,
        np.zeros(n, dtype=np.intp) if opponent is None else opponent,
        sendable.astype(float),
        np.ones(n) if weight is None else weight,
        np.full(n, np.nan) if chance is None else chance,
    )


def unknown(n: int) -> np.ndarray:
    return np.full(n, np.nan)


def some(rng: np.random.Generator, n: int = 300, votes: int = 160) -> tuple[Answers, Sends]:
    """A candidate whose signals know something: two responses a prompt, three opponents, some never shown."""
    good = rng.random(n) < 0.6
    found = answers(
        np.where(rng.random(n) < 0.8, good, ~good),
        prompt=np.arange(n) // 2,
        hidden=np.flatnonzero(rng.random(n) < 0.05),
        judge=np.clip(0.3 + 0.4 * good + rng.normal(0, 0.2, n), 0, 1),
    )
    response = rng.choice(np.flatnonzero(~found.never_shown), votes)
    sendable = np.where(rng.random(votes) < 0.85, good[response], ~good[response])
    raters, opponents = rng.integers(0, 9, votes), rng.choice(3, votes, p=[0.4, 0.35, 0.25])
    return found, sends(sendable, response=response, rater=raters, opponent=opponents)


def test_without_signals_it_is_the_mean_over_opponents_of_the_mean_over_rated_responses() -> None:
    found, votes = some(np.random.default_rng(1))
    share = human_share(answers(unknown(300), prompt=found.prompt, hidden=np.flatnonzero(found.never_shown)), votes)
    means = []
    for opponent in range(3):
        beside = votes.opponent == opponent
        rated = np.unique(votes.response[beside])
        means.append(np.mean([votes.sendable[beside & (votes.response == one)].mean() for one in rated]))
    shown = 1 - found.never_shown.mean()
    assert share.value == pytest.approx(shown * np.mean(means))
    assert share.rests is Rests.VOTES
    assert (share.lam, share.gain, share.correlation) == ((0.0,), pytest.approx(1.0), None)
    counts = (share.responses, share.rated, share.votes, share.raters, share.prompts)
    assert counts == (300, len(np.unique(votes.response)), 160, 9, 150)
    assert share.never_shown == found.never_shown.sum()


def test_with_signals_it_is_corrected_by_what_they_say_of_all_responses() -> None:
    found, votes = some(np.random.default_rng(2))
    share = human_share(found, votes)
    shown = np.flatnonzero(~found.never_shown)
    place = {int(one): number for number, one in enumerate(shown)}
    response = np.array([place[int(one)] for one in votes.response])
    signals = np.column_stack([column[shown] - column[shown].mean() for column in (found.signal, found.judge)])
    strata = post_strata(response, votes.opponent, votes.weight)
    lam = cross_fitted(votes.sendable, strata, response, signals, found.prompt[shown])
    told = (signals * lam).sum(axis=1)
    of_all = sum(told) / len(told)
    of_rated = sum(w * (y - told[i]) for w, y, i in zip(strata.weight, votes.sendable, response, strict=True))
    assert share.value == pytest.approx((of_all + of_rated) * len(shown) / 300)
    assert share.lam == pytest.approx(lam.mean(axis=0))
    assert share.lam[0] > 0.1
    assert share.correlation is not None
    assert 0.3 < share.correlation < 0.9
    assert share.gain is not None
    assert share.gain > 1.05


def test_lambda_is_the_slope_and_never_saw_the_response_it_corrects() -> None:
    rng = np.random.default_rng(3)
    signal = rng.normal(size=400)
    sendable = (rng.random(200) < 0.5 + 0.2 * np.tanh(signal[:200])).astype(float)
    prompt, response = np.arange(400), np.arange(200)
    strata = post_strata(response, np.zeros(200, dtype=np.intp), np.ones(200))
    around = (signal - signal.mean())[:, None]

    def fitted(votes: np.ndarray) -> np.ndarray:
        return cross_fitted(votes, strata, response, around, prompt)[:, 0]

    before = fitted(sendable)
    first = prompt % FOLDS == 0
    turned = fitted(np.where(first[:200], 1 - sendable, sendable))
    assert turned[first] == pytest.approx(before[first])
    assert (turned[~first] != before[~first]).all()
    others = ~first[:200]
    slope = np.polyfit(signal[:200][others], sendable[others], 1)[0]
    assert before[0] == pytest.approx(slope, rel=0.25)


@pytest.mark.parametrize("signals", ["opposite", "constant", "noise"])
def test_signals_that_tell_nothing_or_the_opposite_are_hardly_used(signals: str) -> None:
    rng = np.random.default_rng(4)
    good = rng.random(600) < 0.5
    told = {"opposite": ~good, "constant": np.ones(600), "noise": rng.random(600) < 0.5}[signals]
    share, alone = (human_share(answers(one), sends(good[:150])) for one in (told, unknown(600)))
    assert share.lam[0] == pytest.approx(0, abs=0.1)
    assert share.value == pytest.approx(alone.value, abs=0.02)
    assert share.upper - share.lower <= 1.02 * (alone.upper - alone.lower)


def test_a_biased_judge_narrows_the_interval_and_does_not_shift_it() -> None:
    rng, off, ratio = np.random.default_rng(5), [], []
    for _ in range(60):
        good = rng.random(800) < 0.7
        judge = np.where(good, 0.95, 0.75) + rng.normal(0, 0.03, 800)  # likes everything
        votes = sends(good[:120])
        share, alone = human_share(answers(unknown(800), judge=judge), votes), human_share(answers(unknown(800)), votes)
        off.append(share.value - good.mean())
        ratio.append((share.upper - share.lower) / (alone.upper - alone.lower))
    assert np.mean(off) == pytest.approx(0, abs=0.01)
    assert np.mean(ratio) < 0.7


def test_where_all_are_rated_signals_change_nothing() -> None:
    rng = np.random.default_rng(6)
    good = rng.random(200) < 0.6
    told = np.where(rng.random(200) < 0.8, good, ~good)
    assert human_share(answers(told), sends(good)).value == pytest.approx(good.mean())
    assert human_share(answers(told), sends(good)).gain == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("n", [53, 177, 300])
def test_where_all_are_rated_and_weigh_alike_rounding_is_not_taken_for_a_slope(n: int) -> None:
    """Nothing is left for a signal to explain, and what rounding leaves may go with the votes by chance."""
    rng = np.random.default_rng(n)
    good = rng.random(n) < 0.7
    told = np.where(rng.random(n) < 0.8, good, ~good)
    twice = np.tile(np.arange(n), 2)
    beside_two = sends(good[twice], response=twice, opponent=np.repeat([0, 1], n))
    assert human_share(answers(told), beside_two).lam == (0.0,)


def test_missing_signals_cost_precision_and_bring_no_bias() -> None:
    rng, off = np.random.default_rng(7), []
    for _ in range(60):
        good = rng.random(500) < 0.6
        told = np.where(good & (rng.random(500) < 0.6), np.nan, good)  # what is missing is good
        off.append(human_share(answers(told), sends(good[:120])).value - 0.6)
    assert np.mean(off) == pytest.approx(0, abs=0.015)


def test_never_shown_responses_are_not_sendable_without_a_vote_and_votes_on_them_do_not_count() -> None:
    sent = np.ones(60)
    share = human_share(answers(unknown(100), hidden=range(80, 100)), sends(sent))
    assert share.value == pytest.approx(0.8)
    assert (share.never_shown, share.rated) == (20, 60)
    response = np.concatenate([np.arange(60), np.arange(80, 100)])
    with_them = human_share(answers(unknown(100), hidden=range(80, 100)), sends(np.ones(80), response=response))
    assert (with_them.value, with_them.rated, with_them.votes) == (pytest.approx(0.8), 60, 60)
    assert share.lower < 0.75
    assert 0.8 < share.upper < 0.95


def test_failing_where_votes_are_bad_too_widens_the_interval_and_failing_elsewhere_narrows_it() -> None:
    prompt, late = np.arange(240) // 4, np.arange(240) % 4 > 1
    hard = prompt % 3 == 0
    shares = []
    for failing in (hard, prompt % 3 == 1):
        hidden, shown = np.flatnonzero(failing & late), np.flatnonzero(~(failing & late))
        found = answers(unknown(240), prompt=prompt, hidden=hidden)
        shares.append(human_share(found, sends(~hard[shown], response=shown)))
    wide, narrow = shares
    assert wide.never_shown == narrow.never_shown == 40
    assert wide.upper - wide.lower > 1.1 * (narrow.upper - narrow.lower)


def test_opponents_count_alike_however_unevenly_they_were_drawn() -> None:
    opponent = np.repeat([0, 1], [300, 40])
    sendable = np.where(opponent == 0, np.arange(340) % 10 < 9, np.arange(340) % 10 < 1)
    chance = np.where(opponent == 0, 0.3, 0.04)
    share = human_share(answers(unknown(340)), sends(sendable, opponent=opponent, chance=chance))
    assert share.value == pytest.approx(0.5)
    assert share.by_weights == pytest.approx((270 / 0.3 + 4 / 0.04) / (300 / 0.3 + 40 / 0.04))
    assert human_share(answers(unknown(340)), sends(sendable, opponent=opponent)).by_weights is None


def test_an_opponent_with_few_rated_responses_shares_a_stratum_with_the_next() -> None:
    opponent = np.repeat([0, 1, 2], [100, 50, 3])
    sendable = np.concatenate([np.ones(100), np.zeros(50), np.ones(3)])
    share = human_share(answers(unknown(153)), sends(sendable, opponent=opponent))
    assert share.value == pytest.approx(1 / 3 + 2 / 3 * 3 / 53)


def test_a_response_counts_as_its_weightiest_vote_whoever_rated_it() -> None:
    strata = post_strata(np.array([0, 0, 1, 2]), np.zeros(4, dtype=np.intp), np.array([1.0, 1.0, 1.0, 0.25]))
    assert strata.weight == pytest.approx(np.array([0.5, 0.5, 1, 0.25]) / 2.25)
    strata = post_strata(np.array([0, 0, 1]), np.zeros(3, dtype=np.intp), np.array([1.0, 0.25, 1.0]))
    assert strata.weight == pytest.approx(np.array([0.8, 0.2, 1]) / 2)


@pytest.mark.parametrize("said", [0.0, 1.0])
def test_where_no_vote_disagrees_the_interval_is_honest(said: float) -> None:
    share = human_share(answers(np.full(200, said)), sends(np.full(60, said)))
    assert share.value == said
    assert share.lower == pytest.approx(0 if not said else 60 / (60 + 2.3646**2), abs=1e-3)
    assert share.upper == pytest.approx(1 if said else 2.3646**2 / (60 + 2.3646**2), abs=1e-3)


def test_below_thirty_rated_responses_the_automatic_share_stands() -> None:
    rng = np.random.default_rng(8)
    told = np.where(np.arange(90) < 10, np.nan, rng.random(90) < 0.7)
    prompt = np.arange(90) // 3
    found = answers(told, prompt=prompt, hidden=[40])
    share = human_share(found, sends(np.ones(29), response=np.arange(50, 79)))
    told[40] = 0
    by_prompt = [told[prompt == one] for one in range(30)]
    same = share_acceptable([np.nansum(one) for one in by_prompt], [(~np.isnan(one)).sum() for one in by_prompt])
    assert (share.value, share.lower, share.upper) == pytest.approx((same.value, same.lower, same.upper))
    assert (share.rests, share.rated, share.votes, share.estimate) == (Rests.AUTOMATIC, 29, 29, None)
    assert human_share(found, sends(np.ones(30), response=np.arange(50, 80))).rests is Rests.VOTES
    many_on_one = sends(np.ones(40), response=np.full(40, 50), rater=np.arange(40))
    assert human_share(found, many_on_one).rests is Rests.AUTOMATIC


@pytest.mark.parametrize("n", [0, 1, 50])
def test_without_votes_and_signals_there_is_nothing(n: int) -> None:
    for hidden in ((), range(n // 2)):
        found = answers(unknown(n), hidden=hidden)
        share = human_share(found, sends(np.zeros(0), response=NOBODY, rater=NOBODY, opponent=NOBODY))
        assert (share.value, share.lower, share.upper, share.rests) == (None, None, None, Rests.NOTHING)
        assert (share.responses, share.votes, share.raters) == (n, 0, 0)
        assert cost_per_sendable(np.ones(n), found, share).state is CostState.UNKNOWN


def test_a_candidate_whose_answers_are_all_never_shown_has_none_that_is_sendable() -> None:
    found = answers(unknown(40), hidden=range(40))
    share = human_share(found, sends(np.ones(35)))
    assert (share.value, share.lower, share.rests, share.rated) == (0.0, 0.0, Rests.AUTOMATIC, 0)
    assert 0 < share.upper < 0.2
    cost = cost_per_sendable(np.full(40, 0.5), found, share)
    assert (cost.state, cost.value) == (CostState.NONE, None)
    assert cost.lower == pytest.approx(20 / (40 * share.upper))
    assert cost_per_sendable(unknown(40), found, share).lower is None


def test_one_rater_tells_of_that_rater_only() -> None:
    rng = np.random.default_rng(9)
    share = human_share(answers(unknown(200)), sends(rng.random(80) < 0.6, rater=np.zeros(80, dtype=np.intp)))
    assert share.holds_for_these_raters_only
    assert share.upper - share.lower < 0.25
    assert not human_share(answers(unknown(200)), sends(rng.random(80) < 0.6)).holds_for_these_raters_only


def test_responses_to_one_prompt_have_a_share_without_an_interval() -> None:
    one = answers(unknown(60), prompt=np.full(60, 17))
    share = human_share(one, sends(np.arange(60) % 4 > 0))
    assert (share.value, share.lower, share.upper, share.prompts) == (pytest.approx(0.75), None, None, 1)
    cost = cost_per_sendable(np.full(18, 3.0), one, share)
    assert (cost.value, cost.lower, cost.upper) == (pytest.approx(3 / 45), None, None)


def test_the_order_of_votes_and_responses_does_not_matter() -> None:
    rng = np.random.default_rng(10)
    found, votes = some(rng)
    share = human_share(found, votes)
    order = rng.permutation(160)
    again = human_share(found, votes.only(order))
    assert (again.value, again.lower, again.upper) == pytest.approx((share.value, share.lower, share.upper))
    moved = rng.permutation(300)
    turned = Answers(found.prompt[moved], found.signal[moved], found.never_shown[moved], found.judge[moved])
    of_turned = sends(
        votes.sendable, response=np.argsort(moved)[votes.response], rater=votes.rater, opponent=votes.opponent
    )
    again = human_share(turned, of_turned)
    assert (again.value, again.lower, again.upper) == pytest.approx((share.value, share.lower, share.upper))


def test_repeated_prompts_tell_less_than_as_many_different_ones() -> None:
    good = np.random.default_rng(11).random(40) < 0.6
    apart = human_share(answers(unknown(200)), sends(np.repeat(good, 5)))
    alike = human_share(answers(unknown(200), prompt=np.arange(200) // 5), sends(np.repeat(good, 5)))
    assert alike.value == pytest.approx(apart.value)
    assert alike.upper - alike.lower > 1.3 * (apart.upper - apart.lower)


def test_the_cost_is_everything_paid_per_sendable_response() -> None:
    rng = np.random.default_rng(12)
    found, votes = some(rng)
    paid = rng.lognormal(-5, 1, 150)
    share = human_share(found, votes)
    cost = cost_per_sendable(paid, found, share)
    assert cost.value == pytest.approx(paid.sum() / (300 * share.value))
    assert cost.lower < paid.sum() / (300 * share.upper) < cost.value < paid.sum() / (300 * share.lower) < cost.upper
    cents = cost_per_sendable(100 * paid, found, share)
    assert (cents.lower, cents.upper) == pytest.approx((100 * cost.lower, 100 * cost.upper))
    elsewhere = cost_per_sendable(np.concatenate([paid, [np.nan, 5.0]]), found, share)
    assert elsewhere == cost


def test_costs_that_go_with_failing_widen_the_interval_and_costs_that_go_with_success_narrow_it() -> None:
    good = np.random.default_rng(13).random(400) < 0.5
    share = human_share(answers(unknown(400)), sends(good))
    wide, narrow = (cost_per_sendable(1 + 3.0 * one, answers(unknown(400)), share) for one in (~good, good))
    assert math.log(wide.upper / wide.lower) > 1.3 * math.log(narrow.upper / narrow.lower)


def test_a_cost_on_the_automatic_share_is_nearly_that_of_automatic_acceptability() -> None:
    rng = np.random.default_rng(14)
    told, paid = rng.random(120) < 0.7, rng.lognormal(-5, 0.8, 120)
    found = answers(told)
    share = human_share(found, sends(np.zeros(0), response=NOBODY, rater=NOBODY, opponent=NOBODY))
    cost, automatic = cost_per_sendable(paid, found, share), cost_per_acceptable(paid, told, np.ones(120))
    assert cost.value == pytest.approx(automatic.value)
    assert (cost.lower, cost.upper) == (
        pytest.approx(automatic.lower, rel=0.03),
        pytest.approx(automatic.upper, rel=0.03),
    )


@pytest.mark.parametrize(
    ("paid", "said", "expected"),
    [
        (lambda n: np.full(n, np.nan), 1.0, (CostState.UNKNOWN, None, None, None)),
        (lambda n: np.where(np.arange(n) == 3, np.nan, 1.0), 1.0, (CostState.UNKNOWN, None, None, None)),
        (np.zeros, 1.0, (CostState.KNOWN, 0.0, 0.0, 0.0)),
        (lambda n: np.full(n, np.nan), 0.0, (CostState.NONE, None, None, None)),
    ],
)
def test_what_is_not_known_and_what_is_free_are_told_apart(
    paid: Callable[[int], np.ndarray], said: float, expected: tuple[object, ...]
) -> None:
    found = answers(unknown(80))
    cost = cost_per_sendable(paid(80), found, human_share(found, sends(np.full(50, said))))
    assert (cost.state, cost.value, cost.lower, cost.upper) == expected


def test_where_hardly_any_is_sendable_the_cost_reaches_far_up() -> None:
    found, sent = answers(unknown(80)), np.zeros(60)
    sent[:2] = 1
    cost = cost_per_sendable(np.ones(80), found, human_share(found, sends(sent)))
    assert cost.value == pytest.approx(30)
    assert cost.upper > 3 * cost.value
    assert 0 < cost.lower < 0.5 * cost.value


def test_a_difference_is_surer_where_the_same_raters_saw_the_same_prompts() -> None:
    rng = np.random.default_rng(15)
    lenient, ease = rng.normal(0, 1.2, 10), rng.normal(0, 1, 200)
    rater = rng.integers(0, 10, 200)
    shares: list[HumanShare] = []
    for level in (0.6, 0.2):
        sent = rng.random(200) < 1 / (1 + np.exp(-(level + ease + lenient[rater])))
        shares.append(human_share(answers(unknown(200)), sends(sent, rater=rater)))
    found = difference(*shares)
    assert found is not None
    assert found.value == pytest.approx(shares[0].value - shares[1].value)
    error, *parts = (standard_error(one) for one in (found, shares[0].estimate, shares[1].estimate))
    assert error.value < 0.7 * math.hypot(*(part.value for part in parts))
    automatic = human_share(answers(np.ones(50)), sends(np.zeros(0), response=NOBODY, rater=NOBODY, opponent=NOBODY))
    assert difference(shares[0], automatic) is None
    assert difference(automatic, shares[0]) is None


def test_a_level_of_confidence_widens_the_interval() -> None:
    found, votes = some(np.random.default_rng(16))
    sure, usual = human_share(found, votes, level=0.99), human_share(found, votes)
    assert sure.lower < usual.lower < usual.value < usual.upper < sure.upper


def test_the_mean_at_a_given_lambda_is_the_published_formula() -> None:
    rng = np.random.default_rng(17)
    signals, response, sendable = rng.random((50, 1)), rng.integers(0, 50, 20), rng.random(20)
    told = signals[:, 0]
    expected = 0.4 * told.mean() + (sendable - 0.4 * told[response]).mean()
    found = corrected_mean(sendable, np.full(20, 0.05), response, signals, np.array([0.4]))
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(("raters", "taste"), [(3, 0.0), (6, 0.6), (24, 0.0)])
def test_intervals_hold_the_truth_of_a_simulated_production(raters: int, taste: float) -> None:
    found = summary(held(World(raters=raters, taste=taste), 60, seed=23))
    assert found["share"] >= 0.9
    assert found["cost"] >= 0.9
    assert found["these_raters_only"] == (raters < 6)
    assert found["width_ratio"] <= 1.02
    assert found["judge_alone"] < 0.5 > found["pooled"]


@pytest.mark.long
@pytest.mark.parametrize(("raters", "taste"), [(3, 0.0), (6, 0.6), (12, 0.6), (24, 0.0)])
def test_intervals_hold_the_truth_of_many_simulated_productions(raters: int, taste: float) -> None:
    found = summary(held(World(raters=raters, taste=taste), 500, seed=29))
    assert found["share"] >= 0.925
    assert found["cost"] >= 0.925
    assert found["width_ratio"] <= 1.0
    assert abs(found["off"]) <= 0.01
