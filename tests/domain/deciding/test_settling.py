"""What would settle a verdict: amounts that do settle it when they are bought, and what they cost."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.planted_choices import World, year
from benchmarks.settle import WORLDS, compared
from core.domain.deciding import Decision, Evidence, Need, Settings, Way, decide
from tests.domain.deciding.made import CHALLENGER, CHAMPION, candidate, first, share

NEAR = World((0.8, 0.8), (0.002, 0.0014), 6000)
SETTINGS = Settings(rater_hour_usd=90.0, pairs_an_hour=30.0)


def ways(found) -> dict[Need, Way]:
    return {way.need: way for way in found.settlement.ways}


def on_first(candidates: list[Evidence], prompts: int) -> list[Evidence]:
    return [replace(one, judged=one.judged * (np.arange(len(one.judged)) < prompts)) for one in candidates]


def test_as_many_more_prompts_as_it_says_settle_it_four_times_in_five():
    settled = []
    for seed in range(40):
        candidates = year(np.random.default_rng(seed), NEAR, 1).scope(0)
        before = first(*on_first(candidates, 150))
        if before.decision is Decision.NOT_ENOUGH and Need.PROMPTS in ways(before):
            more = min(ways(before)[Need.PROMPTS].amount, 6000 - 150)
            after = first(*on_first(candidates, 150 + more))
            settled.append(after.decision is not Decision.NOT_ENOUGH)
    assert len(settled) >= 20
    assert 0.65 <= np.mean(settled) <= 1.0


def test_more_prompts_cost_what_both_take_for_them():
    before = first(*on_first([candidate(CHAMPION), candidate(CHALLENGER, usd=0.007)], 12))
    way = ways(before)[Need.PROMPTS]
    assert way.usd == pytest.approx(way.amount * 10 * (0.01 + 0.007), rel=0.05)


def test_more_responses_help_only_where_prompts_are_alike():
    rng = np.random.default_rng(3)
    noisy = [candidate(number, prompts=600, asked=2) for number in (CHAMPION, CHALLENGER)]
    alike = [replace(one, acceptable=rng.binomial(2, 0.8, 600).astype(float)) for one in noisy]
    assert Need.RESPONSES in ways(first(*alike))
    apart = [replace(one, acceptable=2.0 * (rng.random(600) < 0.8)) for one in noisy]
    assert Need.RESPONSES not in ways(first(*apart))


def test_one_response_each_cannot_tell_prompts_from_luck_so_more_of_them_are_not_promised():
    rng = np.random.default_rng(4)
    once = [
        replace(candidate(number, prompts=200, asked=1), acceptable=(rng.random(200) < 0.8).astype(float))
        for number in (CHAMPION, CHALLENGER)
    ]
    assert Need.RESPONSES not in ways(first(*once))


def test_votes_and_raters_have_the_price_of_a_raters_hour():
    few = {"rated": 240}
    world = [
        candidate(CHAMPION, prompts=20, human=share(0.60, **few)),
        candidate(CHALLENGER, prompts=20, human=share(0.72, seed=1, **few)),
    ]
    found = ways(first(*world, settings=SETTINGS))
    assert found[Need.VOTES].usd == pytest.approx(3.0 * found[Need.VOTES].amount)
    assert found[Need.RATERS].usd == pytest.approx(3.0 * 20 * found[Need.RATERS].amount)
    assert ways(first(*world))[Need.VOTES].usd is None


def test_more_votes_of_raters_who_disagree_do_not_settle_what_more_raters_do():
    rng = np.random.default_rng(2)

    def tastes(mean: float):
        made = share(mean, rated=2400)
        shift = rng.normal(0, 0.12, 12)
        clustered = made.share
        influence = clustered.influence + shift[clustered.rater] / len(clustered.rater)
        return replace(made, share=replace(clustered, influence=influence))

    world = [
        candidate(CHAMPION, prompts=20, human=tastes(0.6)),
        candidate(CHALLENGER, prompts=20, human=tastes(0.68)),
    ]
    found = ways(first(*world))
    assert Need.RATERS in found
    assert Need.VOTES not in found


def test_the_cheapest_way_comes_first_and_unknown_costs_last():
    few = {"rated": 240}
    world = [
        candidate(CHAMPION, prompts=20, human=share(0.60, **few)),
        candidate(CHALLENGER, prompts=20, human=share(0.72, seed=1, **few)),
    ]
    costs = [way.usd for way in first(*world, settings=SETTINGS).settlement.ways]
    assert costs == sorted(costs)
    assert [way.usd is None for way in first(*world).settlement.ways] == [False] * (len(costs) - 2) + [True, True]


def test_what_is_settled_needs_nothing_and_settling_can_be_left_out():
    assert first(candidate(CHAMPION), candidate(CHALLENGER)).settlement is None
    few = [candidate(CHAMPION, prompts=5), candidate(CHALLENGER, prompts=5)]
    assert decide({None: few}, CHAMPION, Settings(), settle=False)[0].comparisons[0].settlement is None
    assert first(*few).settlement is not None


@pytest.mark.parametrize("name", WORLDS)
def test_following_the_advice_takes_less_than_spreading_the_money(name):
    found = compared(5, *WORLDS[name], 10)
    assert found["ratio"] < 0.75
    assert found["wrong"] == {"advised": 0, "evenly": 0}
