"""Compiling a routing table: who takes a category, who never does, and what keeps the incumbent."""

from dataclasses import replace

import pytest

from core.domain.acceptability import ShareAcceptable
from core.domain.deciding import Because, Claim, Comparison, Decision, Difference, Proof, Source
from core.domain.latency import Quantile
from core.domain.routing import (
    P50,
    P95,
    P99,
    Compiling,
    Limits,
    Option,
    Route,
    RouteBecause,
    RoutingTable,
    Scope,
    changes,
    compile_table,
)

A, B, C, D = 1, 2, 3, 4
ALL = frozenset({A, B, C, D})


def difference(estimate: float) -> Difference:
    return Difference(estimate, estimate - 0.05, estimate + 0.05, 0.02, 0.025, 100, Source.AUTOMATIC)


def compared(
    challenger: int, decision: Decision, because: Because, *, not_worse: bool = True, saved: float = 0.4,
    quality: float = 0.0, champion: int = A, cheaper: int | None = None,
) -> Comparison:  # fmt: skip
    proof = Proof(Claim.NOT_WORSE, not_worse, quality, -0.05, -0.1, 0.0, 0.025, Source.AUTOMATIC)
    return Comparison(
        "support", champion, challenger, decision, because, difference(quality), difference(quality), None,
        difference(saved), None, (proof,), cheaper,
    )  # fmt: skip


def switch(challenger: int, because: Because = Because.CHEAPER, **more: object) -> Comparison:
    return compared(challenger, Decision.SWITCH, because, **more)  # type: ignore[arg-type]


def open_(challenger: int, **more: object) -> Comparison:
    return compared(challenger, Decision.NOT_ENOUGH, Because.GAIN_OPEN, **more)  # type: ignore[arg-type]


def latency(p95: float, lower: float | None = None, n: int = 200, p99: float | None = None) -> dict[float, Quantile]:
    values = {P50: p95 / 2, P95: p95, P99: p99 or 1.2 * p95}
    return {q: Quantile(q, value, lower if q == P95 else None, None, n) for q, value in values.items()}


def option(candidate: int, share: float = 0.8, **more: object) -> Option:
    return Option(candidate, share=share, share_lower=share - 0.05, cost_usd=0.01, **more)  # type: ignore[arg-type]


def refusing(share: float, lower: float) -> ShareAcceptable:
    return ShareAcceptable(share, lower, min(share + 0.1, 1.0), 10, 100, 50)


def scope(*comparisons: Comparison, incumbent: Route | None = None, **more: object) -> Scope:
    told: dict[str, object] = {"options": {one: option(one) for one in ALL}, "against_champion": {}}
    found = told | more
    return Scope("support", incumbent or Route("support", A), comparisons, **found)  # type: ignore[arg-type]


def route(of: Scope, **told: object) -> Route:
    found: dict[str, object] = {"champion": A, "limits": Limits(), "usable": ALL}
    return compile_table([of], Compiling(**(found | told))).of("support")  # type: ignore[arg-type]


def test_a_category_leaves_its_incumbent_where_the_verdict_says_switch_and_nowhere_else():
    found = route(scope(switch(B)))
    assert (found.primary, found.because) == (B, RouteBecause.SWITCH)
    for decision, because in (
        (Decision.NOT_ENOUGH, Because.GAIN_OPEN), (Decision.NOT_ENOUGH, Because.QUALITY_OPEN),
        (Decision.KEEP, Because.WORSE), (Decision.KEEP, Because.LESS_SAFE), (Decision.KEEP, Because.CONTRADICTION),
        (Decision.PRACTICALLY_EQUAL, Because.EQUAL), (Decision.PRACTICALLY_EQUAL, Because.EQUAL_PRICE_UNKNOWN),
    ):  # fmt: skip
        kept = route(scope(compared(B, decision, because, saved=0.9)))
        assert (kept.primary, kept.because) == (A, RouteBecause.KEPT)


def test_who_got_worse_here_or_was_never_acceptable_relieves_nobody():
    assert route(scope()).fallbacks == (B, C)
    assert route(scope(worsened={B})).fallbacks == (C, D)
    in_force = Route("support", A, (B, C))
    assert route(scope(incumbent=in_force, worsened={B})).fallbacks == (C, D)
    useless = {one: option(one) for one in ALL} | {B: Option(B, share=0.0, cost_usd=0.01)}
    assert route(scope(options=useless)).fallbacks == (C, D)


def test_of_equals_the_one_that_is_proven_cheaper_takes_it_and_a_cheaper_champion_keeps_it():
    equal = compared(B, Decision.PRACTICALLY_EQUAL, Because.EQUAL_ONE_CHEAPER, cheaper=B)
    assert route(scope(equal)).because is RouteBecause.CHEAPER
    assert route(scope(replace(equal, cheaper=A))).primary == A


def test_who_cannot_be_asked_or_is_over_a_limit_or_was_never_timed_takes_nothing():
    assert route(scope(switch(B)), usable={A, C}).primary == A
    within = {A: option(A, latency=latency(900)), C: option(C, latency=latency(900))}
    slow = within | {B: option(B, latency=latency(5000))}
    limits = Limits({"support": 1000.0})
    assert route(scope(switch(B), options=slow), limits=limits).primary == A
    assert route(scope(switch(B), options=within | {B: option(B)}), limits=limits).primary == A
    refuses = within | {B: option(B, refusals=refusing(0.2, 0.1))}
    assert route(scope(switch(B), options=refuses), limits=Limits(refusals=0.1)).primary == A
    assert route(scope(switch(B), switch(C), options=refuses), limits=Limits(refusals=0.1)).primary == C


def test_a_limit_without_a_category_holds_in_those_that_have_none_of_their_own():
    slow = {A: option(A), B: option(B, latency=latency(5000))}
    assert route(scope(switch(B), options=slow), limits=Limits({None: 1000.0})).primary == A
    assert route(scope(switch(B), options=slow), limits=Limits({None: 1000.0, "support": 9000.0})).primary == B


def test_an_incumbent_surely_over_a_limit_goes_to_the_best_that_is_proven_not_worse_and_else_stays():
    options = {
        A: option(A, latency=latency(5000, lower=4000)), B: option(B, 0.8, latency=latency(800)),
        C: option(C, 0.85, latency=latency(900)), D: option(D, 0.95, latency=latency(900)),
    }  # fmt: skip
    limits = Limits({"support": 1000.0})
    found = route(scope(open_(B), open_(C), open_(D, not_worse=False), options=options), limits=limits)
    assert (found.primary, found.because) == (C, RouteBecause.OVER_LIMIT)
    assert route(scope(open_(D, not_worse=False), options=options), limits=limits).primary == A
    harmful = compared(C, Decision.KEEP, Because.LESS_SAFE)
    assert route(scope(harmful, options=options), limits=limits).primary == A
    by_chance = options | {A: option(A, latency=latency(1100, lower=900))}
    assert route(scope(open_(B), options=by_chance), limits=limits).primary == A


def test_many_small_steps_down_do_not_add_up():
    """B is not worse than C, who holds the category; but nobody proved that B is not worse than the champion."""
    held = Route("support", C)
    step = switch(B, champion=C)
    assert route(scope(step, incumbent=held)).primary == C
    behind = {B: open_(B, not_worse=False)}
    assert route(scope(step, incumbent=held, against_champion=behind)).primary == C
    assert route(scope(step, incumbent=held, against_champion={B: open_(B)})).primary == B
    better = switch(B, Because.BETTER, champion=C)
    assert route(scope(better, incumbent=held, against_champion=behind)).primary == B
    assert route(scope(switch(A, champion=C), incumbent=held)).primary == A


def test_an_alarm_gives_a_category_back_to_the_champion_where_that_one_is_better_now():
    held = Route("support", B)
    better = {A: option(A, 0.8), B: option(B, 0.6)}
    found = route(scope(incumbent=held, options=better, has_drifted=True))
    assert (found.primary, found.because) == (A, RouteBecause.DRIFTED)
    assert route(scope(incumbent=held, options=better)).primary == B
    still_best = {A: option(A, 0.5), B: option(B, 0.6)}
    assert route(scope(incumbent=held, options=still_best, has_drifted=True)).primary == B
    assert route(scope(has_drifted=True)).primary == A


def test_the_verdict_over_all_moves_categories_of_the_champion_that_nothing_speaks_against():
    over_all = switch(B)
    found = route(scope(open_(B, quality=0.02)), over_all=over_all)
    assert (found.primary, found.because) == (B, RouteBecause.OVER_ALL)
    assert route(scope(open_(B, quality=-0.02)), over_all=over_all).primary == A
    assert route(scope(compared(B, Decision.KEEP, Because.DEARER, quality=0.02)), over_all=over_all).primary == A
    assert route(scope(open_(B, quality=0.02), incumbent=Route("support", C)), over_all=over_all).primary == C


def test_a_retired_incumbent_gives_way_to_the_champion_or_to_its_fallback():
    gone = Route("support", C, fallbacks=(D,))
    assert route(scope(incumbent=gone), usable={A, B, D}).primary == A
    found = route(scope(incumbent=gone), usable={B, D})
    assert (found.primary, found.because) == (D, RouteBecause.UNUSABLE)


def test_what_would_pass_the_spending_limit_stays_and_an_unknown_price_is_not_free():
    def dear(category: str, usd: float | None, better: Comparison) -> Scope:
        options = {A: option(A), B: replace(option(B), cost_usd=usd)}
        return Scope(category, Route(category, A), [better], {}, options, answers_a_month=1000.0)

    scopes = [dear("small", 0.02, switch(B, Because.BETTER)), dear("large", 0.05, switch(B, Because.BETTER))]

    def primaries(limit: float | None, of: list[Scope] = scopes) -> list[int]:
        table = compile_table(of, Compiling(A, Limits(spend_usd_a_month=limit), ALL))
        return [one.primary for one in table.routes]

    assert primaries(None) == [B, B]
    assert primaries(70.0) == [B, B]
    assert primaries(69.0) == [B, A]
    assert primaries(29.0) == [A, A]
    assert primaries(69.0, [scopes[0], dear("large", None, switch(B, Because.BETTER))]) == [B, A]


def test_fallbacks_are_the_surest_others_and_first_who_is_asked_elsewhere():
    options = {A: option(A), B: option(B, 0.9), C: option(C, 0.85), D: option(D, 0.7)}
    assert route(scope(options=options)).fallbacks == (B, C)
    places = {A: "one", B: "one", C: "one", D: "two"}
    assert route(scope(options=options), places=places).fallbacks == (D, B)
    harmful = compared(B, Decision.KEEP, Because.LESS_SAFE)
    assert route(scope(harmful, options=options)).fallbacks == (C, D)
    assert route(scope(options=options), usable={A, D}).fallbacks == (D,)


def test_who_falls_back_behind_a_new_primary_is_held_against_that_one():
    less_safe = compared(A, Decision.KEEP, Because.LESS_SAFE, champion=B)
    assert route(scope(switch(B))).fallbacks == (A, C), "what is known against the incumbent alone"
    assert route(scope(switch(B), against_new=[less_safe, open_(C, champion=B)])).fallbacks == (C, D)
    assert route(scope(open_(B), against_new=[less_safe])).fallbacks == (B, C), "the incumbent stays"


def test_fallbacks_and_timeouts_in_force_stay_while_they_can():
    options = {A: option(A, latency=latency(1000)), B: option(B, 0.9), C: option(C, 0.85), D: option(D, 0.7)}
    held = Route("support", A, fallbacks=(D, C), timeout_ms=1600.0)
    assert route(scope(incumbent=held, options=options)) == held
    gone = route(scope(incumbent=held, options=options), usable={A, B, C})
    assert gone.fallbacks == (C, B)
    far_off = replace(held, timeout_ms=5000.0)
    assert route(scope(incumbent=far_off, options=options)).timeout_ms == 1500.0


@pytest.mark.parametrize(
    ("measured", "limits", "timeout"),
    [
        (latency(1000), Limits(), 1500.0),
        (latency(1000, n=20), Limits(), 2400.0),
        (latency(10), Limits(), 1000.0),
        (latency(1_000_000), Limits(), 120_000.0),
        (latency(1000), Limits({"support": 1200.0}), 1200.0),
        (None, Limits(), None),
    ],
)
def test_a_timeout_is_a_quarter_above_what_99_of_100_take_and_within_the_limit(measured, limits, timeout):
    options = {A: option(A, latency=measured)}
    assert route(scope(options=options), limits=limits).timeout_ms == timeout


def test_everything_else_is_the_champions_with_who_stands_behind_most_routes():
    options = {A: option(A, latency=latency(1000)), B: option(B, 0.9), C: option(C, 0.85)}
    found = compile_table([scope(options=options)], Compiling(A, Limits(), ALL)).of("nobody knows it")
    assert (found.category, found.primary, found.fallbacks, found.timeout_ms) == (None, A, (B, C), 1500.0)


def test_changes_tell_another_primary_from_other_fallbacks_or_timeouts():
    was = RoutingTable((Route("a", A), Route("b", A, (B,)), Route("c", A), Route("gone", A)), Route(None, A))
    now = RoutingTable((Route("a", B), Route("b", A, (C,)), Route("c", A), Route("new", A)), Route(None, A))
    found = changes(was, now)
    assert [(one.category, one.is_of_primary) for one in found] == [
        ("a", True), ("gone", True), ("new", True), ("b", False),
    ]  # fmt: skip
