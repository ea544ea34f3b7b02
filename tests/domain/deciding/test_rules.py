"""The rules of champion against challengers, each on small made evidence."""

from dataclasses import replace

import numpy as np
import pytest

from core.domain.deciding import Because, Claim, Decision, Margins, Reading, Settings, Source, Verdict, decide
from tests.domain.deciding.made import CHALLENGER, CHAMPION, candidate, first, share, unsafe, whole, without_prompts


def said(verdict: Verdict) -> tuple[Decision, Because]:
    return verdict.decision, verdict.because


def test_a_cheaper_challenger_that_is_not_worse_is_switched_to():
    verdict = whole(candidate(CHAMPION), candidate(CHALLENGER, usd=0.007))
    assert said(verdict) == (Decision.SWITCH, Because.CHEAPER)
    assert verdict.challenger == CHALLENGER
    cost = verdict.comparisons[0].cost
    assert cost is not None
    assert cost.estimate == pytest.approx(0.3, abs=0.01)
    assert 0 < cost.lower < cost.estimate < cost.upper < 1


def test_a_better_challenger_at_the_same_cost_per_response_is_switched_to():
    assert said(whole(candidate(CHAMPION, 0.7), candidate(CHALLENGER, 0.8, usd=0.0115))) == (
        Decision.SWITCH,
        Because.BETTER,
    )


def test_a_better_and_cheaper_one_says_both():
    assert whole(candidate(CHAMPION, 0.7), candidate(CHALLENGER, 0.8)).because is Because.BETTER_AND_CHEAPER


def test_a_saving_below_what_matters_is_no_switch_but_names_the_cheaper():
    comparison = first(candidate(CHAMPION), candidate(CHALLENGER, usd=0.0095))
    assert (comparison.decision, comparison.because) == (Decision.PRACTICALLY_EQUAL, Because.EQUAL_ONE_CHEAPER)
    assert comparison.cheaper == CHALLENGER


def test_of_equals_neither_is_called_cheaper():
    comparison = first(candidate(CHAMPION), candidate(CHALLENGER))
    assert (comparison.decision, comparison.because) == (Decision.PRACTICALLY_EQUAL, Because.EQUAL)
    assert comparison.cheaper is None


def test_a_gain_that_matters_but_is_not_proven_is_open():
    few = {"prompts": 8}
    assert whole(candidate(CHAMPION, **few), candidate(CHALLENGER, usd=0.007, **few)).decision is Decision.NOT_ENOUGH


def test_a_worse_challenger_is_no_reason_to_switch_however_cheap():
    assert said(whole(candidate(CHAMPION), candidate(CHALLENGER, 0.7, usd=0.001))) == (Decision.KEEP, Because.WORSE)


def test_a_dearer_challenger_that_is_not_better_is_no_reason_to_switch():
    assert said(whole(candidate(CHAMPION), candidate(CHALLENGER, usd=0.013))) == (Decision.KEEP, Because.DEARER)


def test_a_loss_within_the_margin_may_be_bought_by_a_lower_cost_and_one_beyond_may_not():
    world = (candidate(CHAMPION, 0.8), candidate(CHALLENGER, 0.77, usd=0.005))
    assert whole(*world).decision is Decision.SWITCH
    narrow = Settings(margins=Margins(over_all=0.02))
    assert said(whole(*world, settings=narrow)) == (Decision.KEEP, Because.WORSE)


def test_an_unknown_price_is_never_free():
    unknown = candidate(CHALLENGER)
    unknown.paid_usd[3] = np.nan
    comparison = first(candidate(CHAMPION), unknown)
    assert (comparison.decision, comparison.because) == (Decision.PRACTICALLY_EQUAL, Because.EQUAL_PRICE_UNKNOWN)
    assert comparison.cost is None
    assert comparison.cheaper is None


def test_an_unknown_price_does_not_hide_a_better_quality():
    unknown = candidate(CHALLENGER, 0.9)
    unknown.paid_usd[:] = np.nan
    assert said(whole(candidate(CHAMPION), unknown)) == (Decision.SWITCH, Because.BETTER)


def test_a_challenger_that_costs_nothing_is_cheaper_by_all_of_it():
    comparison = first(candidate(CHAMPION), candidate(CHALLENGER, usd=0.0))
    assert comparison.decision is Decision.SWITCH
    assert comparison.cost is not None
    assert comparison.cost.estimate == pytest.approx(1.0, abs=1e-6)


def test_safety_votes_that_prove_it_worse_forbid_a_switch():
    world = (candidate(CHAMPION, unsafe=unsafe(0.02)), candidate(CHALLENGER, 0.9, usd=0.001, unsafe=unsafe(0.10)))
    assert said(whole(*world)) == (Decision.KEEP, Because.LESS_SAFE)
    alike = replace(world[1], unsafe=unsafe(0.02))
    assert whole(world[0], alike).decision is Decision.SWITCH


def test_a_harm_proven_over_all_forbids_a_switch_in_every_category_too():
    champion, challenger = candidate(CHAMPION), candidate(CHALLENGER, 0.9, usd=0.001)
    voted = [replace(champion, unsafe=unsafe(0.02)), replace(challenger, unsafe=unsafe(0.10))]
    found = decide({None: voted, "legal": [champion, challenger]}, CHAMPION, Settings())
    assert [said(one) for one in found] == 2 * [(Decision.KEEP, Because.LESS_SAFE)]


def test_latency_over_the_limit_forbids_a_switch_and_an_unmeasured_one_leaves_it_open():
    settings = Settings(latency_limit_ms={None: 2000.0})
    champion, cheap = candidate(CHAMPION), candidate(CHALLENGER, usd=0.007)
    assert said(whole(champion, replace(cheap, latency_p95_ms=2500.0), settings=settings)) == (
        Decision.KEEP,
        Because.TOO_SLOW,
    )
    assert said(whole(champion, cheap, settings=settings)) == (Decision.NOT_ENOUGH, Because.LATENCY_UNKNOWN)
    assert whole(champion, replace(cheap, latency_p95_ms=1500.0), settings=settings).decision is Decision.SWITCH


def test_a_limit_of_one_category_binds_there_and_over_all_but_in_no_other():
    champion, quick = candidate(CHAMPION), candidate(CHALLENGER, usd=0.007, latency_p95_ms=1500.0)
    slow = replace(quick, latency_p95_ms=2500.0)
    evidence = {None: [champion, quick], "chat": [champion, slow], "letters": [champion, slow]}
    found = decide(evidence, CHAMPION, Settings(latency_limit_ms={"chat": 2000.0}))
    assert [one.because for one in found] == [Because.TOO_SLOW, Because.TOO_SLOW, Because.CHEAPER]


def test_raters_decide_before_automatic_verdicts_where_they_can():
    world = (candidate(CHAMPION, human=share(0.6)), candidate(CHALLENGER, human=share(0.8, seed=1)))
    comparison = first(*world)
    assert (comparison.decision, comparison.because) == (Decision.SWITCH, Because.BETTER_AND_CHEAPER)
    assert comparison.quality is not None
    assert comparison.quality.source is Source.HUMAN
    assert comparison.quality.raters == 12
    assert not comparison.quality.holds_for_these_raters_only


def test_automatic_verdicts_decide_where_votes_are_too_few_to():
    few = {"rated": 40}
    world = (
        candidate(CHAMPION, human=share(0.6, **few)),
        candidate(CHALLENGER, usd=0.007, human=share(0.6, seed=1, **few)),
    )
    comparison = first(*world)
    assert comparison.decision is Decision.SWITCH
    assert comparison.quality is not None
    assert comparison.quality.source is Source.AUTOMATIC
    assert comparison.human is not None


def test_where_votes_and_automatic_verdicts_contradict_each_other_there_is_no_switch():
    disliked = candidate(CHALLENGER, usd=0.005, human=share(0.66, rated=250, seed=1))
    world = (candidate(CHAMPION, human=share(0.80, rated=250)), disliked)
    assert said(whole(*world)) == (Decision.KEEP, Because.CONTRADICTION)
    failing = candidate(CHALLENGER, 0.6, usd=0.001, human=share(0.8, seed=1))
    assert said(whole(candidate(CHAMPION, human=share(0.6)), failing)) == (Decision.KEEP, Because.CONTRADICTION)


def test_few_raters_speak_for_themselves_only_and_it_is_said():
    world = (candidate(CHAMPION, human=share(0.6, raters=3)), candidate(CHALLENGER, human=share(0.8, raters=3, seed=1)))
    comparison = first(*world)
    assert comparison.quality is not None
    assert comparison.quality.holds_for_these_raters_only
    assert comparison.quality.raters == 3


def test_a_few_raters_here_and_a_few_others_there_compare_nothing():
    other = share(0.8, raters=3, seed=1)
    assert other.share is not None
    elsewhere = replace(other, share=replace(other.share, rater=other.share.rater + 3))
    world = (candidate(CHAMPION, human=share(0.6, raters=2)), candidate(CHALLENGER, human=elsewhere))
    assert first(*world).human is None
    many = replace(other, share=replace(other.share, rater=np.arange(3000) % 12 + 12))
    assert first(candidate(CHAMPION, human=share(0.6)), candidate(CHALLENGER, human=many)).human is not None


def test_cost_per_acceptable_goes_by_the_eyes_that_judge_quality():
    world = (candidate(CHAMPION, human=share(0.4)), candidate(CHALLENGER, usd=0.015, human=share(0.8, seed=1)))
    cost = first(*world).cost
    assert cost is not None
    assert cost.source is Source.HUMAN
    assert cost.estimate == pytest.approx(1 - (0.015 / 0.8) / (0.01 / 0.4), abs=0.01)


def test_over_all_is_weighted_by_answers_a_month_where_every_category_has_them():
    legal = [candidate(CHAMPION, 0.8), candidate(CHALLENGER, 0.9)]
    chat = [candidate(CHAMPION, 0.8), candidate(CHALLENGER, 0.5)]
    chat = [replace(one, prompt=one.prompt + 2000) for one in chat]
    both = [
        replace(
            a,
            prompt=np.concatenate([a.prompt, b.prompt]),
            judged=np.concatenate([a.judged, b.judged]),
            acceptable=np.concatenate([a.acceptable, b.acceptable]),
            paid_usd=np.concatenate([a.paid_usd, b.paid_usd]),
        )
        for a, b in zip(legal, chat, strict=True)
    ]
    evidence = {None: both, "legal": legal, "chat": chat}

    def over_all(**answers: float) -> tuple[float, bool]:
        verdict = decide(evidence, CHAMPION, Settings(answers_a_month=answers))[0]
        quality = verdict.comparisons[0].quality
        assert quality is not None
        return quality.estimate, verdict.weighted_by_answers

    assert over_all() == (pytest.approx(-0.1, abs=1e-3), False)
    assert over_all(legal=9000, chat=1000) == (pytest.approx(0.06, abs=1e-3), True)
    assert over_all(legal=9000) == (pytest.approx(-0.1, abs=1e-3), False)


def test_answers_a_month_weight_votes_as_they_weight_verdicts():
    legal = [candidate(CHAMPION, human=share(0.5)), candidate(CHALLENGER, human=share(0.9, seed=1))]
    chat = [candidate(CHAMPION, human=share(0.5)), candidate(CHALLENGER, human=share(0.4, seed=1))]
    evidence = {None: legal, "legal": legal, "chat": chat}
    verdict = decide(evidence, CHAMPION, Settings(answers_a_month={"legal": 3.0, "chat": 1.0}))[0]
    human = verdict.comparisons[0].human
    assert human is not None
    assert human.estimate == pytest.approx(0.75 * 0.4 - 0.25 * 0.1, abs=1e-3)


@pytest.mark.parametrize(("small", "source"), [(1.0, Source.HUMAN), (40.0, Source.AUTOMATIC)])
def test_a_small_category_that_nobody_rated_widens_the_whole_by_all_that_it_could_be(small: float, source: Source):
    legal = [candidate(CHAMPION, human=share(0.8)), candidate(CHALLENGER, usd=0.005, human=share(0.8, seed=1))]
    chat = [candidate(CHAMPION, 1.0), candidate(CHALLENGER, 0.0)]
    evidence = {None: legal, "legal": legal, "chat": chat}
    settings = Settings(Margins(over_all=0.15), answers_a_month={"legal": 100.0 - small, "chat": small})
    verdict = decide(evidence, CHAMPION, settings)[0]
    found = verdict.comparisons[0]
    assert found.quality is not None and found.human is not None
    assert found.quality.source is source
    assert found.human.estimate == pytest.approx(-0.95 * small / 100, abs=1e-3), "the automatic share stands there"
    assert found.human.se >= small / 100, "though it may be anything for either of the two"


def test_a_few_votes_on_most_of_the_traffic_prove_no_more_together_with_many_on_the_rest():
    few = [
        candidate(CHAMPION, human=share(1.0, rated=30)),
        candidate(CHALLENGER, usd=0.005, human=share(1.0, rated=30)),
    ]
    many = [candidate(CHAMPION, human=share(0.8)), candidate(CHALLENGER, usd=0.005, human=share(0.8, seed=1))]
    alone = decide({None: few}, CHAMPION, Settings())[0].comparisons[0].human
    both = decide({None: many, "a": few, "b": many}, CHAMPION, Settings(answers_a_month={"a": 97.0, "b": 3.0}))[0]
    together = both.comparisons[0].human
    assert alone is not None and together is not None
    assert together.lower <= 0.97 * alone.lower + 0.01


def test_more_responses_to_one_prompt_do_not_make_it_count_more():
    champion, challenger = candidate(CHAMPION, prompts=400), candidate(CHALLENGER, prompts=400)
    before = first(champion, challenger).automatic
    for one in (champion, challenger):
        for column in (one.judged, one.acceptable, one.paid_usd):
            column[:10] *= 50
    after = first(champion, challenger).automatic
    assert before is not None
    assert after is not None
    assert after.estimate == pytest.approx(before.estimate)
    assert after.se == pytest.approx(before.se)


def test_only_prompts_that_both_were_asked_are_compared():
    half = candidate(CHALLENGER, usd=0.007)
    half.judged[:1000] = 0
    quality = first(candidate(CHAMPION), half).quality
    assert quality is not None
    assert quality.prompts == 1000


def test_half_of_the_error_is_for_all_prompts_and_holm_shares_it_among_challengers():
    world = [candidate(CHAMPION), candidate(1, usd=0.005), candidate(2, 0.5), candidate(3, 0.5)]
    verdict = whole(*world)
    level = {one.challenger: one.quality.level for one in verdict.comparisons if one.quality}
    assert level == {1: pytest.approx(0.025 / 3), 2: pytest.approx(0.025 / 2), 3: pytest.approx(0.025 / 2)}
    scopes = {None: world} | {str(category): world for category in range(8)}
    levels = [
        quality.level
        for one in decide(scopes, CHAMPION, Settings(), settle=False)
        if (quality := one.comparisons[-1].quality)
    ]
    assert levels == [pytest.approx(0.025 / 2), *8 * [pytest.approx(0.025 / 8 / 2)]]


def test_of_several_switches_the_cheapest_per_acceptable_response_is_named():
    verdict = whole(candidate(CHAMPION), candidate(1, usd=0.008), candidate(2, usd=0.006), candidate(3, 0.5))
    assert verdict.challenger == 2
    assert [one.decision for one in verdict.comparisons] == [Decision.SWITCH, Decision.SWITCH, Decision.KEEP]


def test_a_verdict_stays_open_while_any_challenger_is():
    verdict = whole(candidate(CHAMPION), without_prompts(candidate(1)), candidate(2, 0.5))
    assert said(verdict) == (Decision.NOT_ENOUGH, Because.NO_COMMON_PROMPTS)


def test_every_claim_stands_beside_the_figures_it_rests_on():
    comparison = first(candidate(CHAMPION), candidate(CHALLENGER, usd=0.007))
    proofs = {proof.claim: proof for proof in comparison.proofs}
    assert comparison.quality is not None
    assert proofs[Claim.NOT_WORSE].is_proven
    assert proofs[Claim.NOT_WORSE].bound == comparison.quality.lower
    assert proofs[Claim.NOT_WORSE].threshold == -0.05
    assert proofs[Claim.CHEAPER].is_proven
    assert proofs[Claim.CHEAPER].matters_from == pytest.approx(0.1)
    assert not proofs[Claim.DEARER].is_proven


@pytest.mark.parametrize(
    ("world", "reading"),
    [
        ((candidate(0, 0.7), candidate(1, 0.9, usd=0.05)), (1, Reading.STRONG_AND_DEAR)),
        ((candidate(0, 0.8), candidate(1, 0.7, usd=0.003)), (1, Reading.DECENT_AND_CHEAP)),
        ((candidate(0), candidate(1, latency_p50_ms=800.0, latency_p95_ms=9000.0)), (1, Reading.UNSTEADY)),
        ((candidate(0, 0.3), candidate(1, 0.4)), (0, Reading.WEAK_EVERYWHERE)),
    ],
)
def test_plain_readings_are_given_where_they_apply_and_nowhere_else(world, reading):
    assert reading in whole(*world).readings
    assert whole(candidate(0), candidate(1)).readings == ()
