"""Acceptable responses: the verdict on one, the share of many, and what one costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from benchmarks.cost_coverage import planted
from core.domain.acceptability import (
    CostState,
    Endings,
    cost_per_acceptable,
    share_acceptable,
)
from core.domain.acceptability.verdicts import Check, Floats, Outcomes, combined, gate_outcomes, requirements


@dataclass(frozen=True)
class Facts:
    """What is known of one response; None: not known.

    ``is_cut_short`` and ``refuses`` are what evaluators found; where they are None the finish reason decides.
    """

    finish_reason: str | None
    is_empty: bool = False
    is_cut_short: bool | None = None
    refuses: bool | None = None
    expects_refusal: bool = False


class GateScore(NamedTuple):
    """A gate's evaluator on a response. ``value`` in [0, 1], None: unscored; ``applies`` false: no gate here."""

    value: float | None
    at_least: float
    applies: bool = True


@dataclass(frozen=True)
class Verdict:
    """``acceptable``: None where something is open and nothing failed. ``failed``, ``open``: requirements and gates."""

    acceptable: bool | None
    failed: tuple[str, ...]
    open: tuple[str, ...]


def verdict(facts: Facts, gates: Mapping[str, GateScore]) -> Verdict:
    """Whether one response is automatically acceptable, and if not, why. ``gates``: by name."""
    found = requirements(
        Endings.of([facts.finish_reason]),
        is_empty=np.array([facts.is_empty]),
        cut_short=_as_number(facts.is_cut_short),
        refuses=_as_number(facts.refuses),
        expects_refusal=np.array([facts.expects_refusal]),
    )
    outcomes: dict[str, Outcomes] = {str(name): outcome for name, outcome in found.items()}
    for name, (value, at_least, applies) in gates.items():
        outcomes[name] = gate_outcomes(np.array([np.nan if value is None else value]), at_least, np.array([applies]))
    overall = combined(list(outcomes.values()))[0]
    return Verdict(
        acceptable={Check.OPEN: None, Check.FAILED: False, Check.PASSED: True}[Check(overall)],
        failed=tuple(name for name, outcome in outcomes.items() if outcome[0] == Check.FAILED),
        open=tuple(name for name, outcome in outcomes.items() if outcome[0] == Check.OPEN),
    )


def _as_number(known: bool | None) -> Floats:
    return np.array([np.nan if known is None else float(known)])


PASSES, FAILS, UNSCORED = GateScore(1.0, 1.0), GateScore(0.5, 0.75), GateScore(None, 1.0)
NO_GATE = GateScore(None, 1.0, applies=False)
WHOLE = Facts("stop", is_cut_short=False, refuses=False)


@pytest.mark.parametrize(
    ("facts", "gates", "acceptable", "failed", "still_open"),
    [
        (WHOLE, {}, True, (), ()),
        (WHOLE, {"json": PASSES, "reference": NO_GATE}, True, (), ()),
        (WHOLE, {"json": PASSES, "judge": FAILS}, False, ("judge",), ()),
        (WHOLE, {"judge": UNSCORED}, None, (), ("judge",)),
        (WHOLE, {"judge": UNSCORED, "json": FAILS}, False, ("json",), ("judge",)),
        (Facts("length", refuses=False), {}, False, ("cut short",), ()),
        (Facts("truncated", is_cut_short=False, refuses=False), {}, False, ("cut short",), ()),
        (Facts("stop", is_cut_short=True, refuses=False), {}, False, ("cut short",), ()),
        (Facts("stop", is_empty=True), {}, False, ("empty",), ()),
        (Facts("content_filter", is_empty=True), {}, False, ("blocked by a content filter",), ()),
        (Facts("refusal"), {}, False, ("refuses",), ()),
        (Facts("stop", refuses=True), {}, False, ("refuses",), ()),
        (Facts("refusal", expects_refusal=True), {}, True, (), ()),
        (Facts("stop", refuses=True, expects_refusal=True), {}, True, (), ()),
        (
            Facts("stop", refuses=False, expects_refusal=True),
            {},
            False,
            ("does not refuse where the prompt expects it",),
            (),
        ),
        (Facts("stop"), {}, None, (), ("refuses",)),
        (Facts(None), {}, None, (), ("cut short", "refuses")),
        (Facts(None, is_cut_short=False, refuses=False), {}, True, (), ()),
    ],
)
def test_a_verdict_names_what_failed_and_what_is_open(facts, gates, acceptable, failed, still_open) -> None:
    found = verdict(facts, gates)
    assert (found.acceptable, found.failed, found.open) == (acceptable, failed, still_open)


def test_a_value_that_is_short_by_rounding_alone_passes() -> None:
    assert verdict(WHOLE, {"mean of three": GateScore(0.1 + 0.2, 0.3)}).acceptable
    assert verdict(WHOLE, {"mean of ten": GateScore(sum([0.1] * 8), 0.8)}).acceptable
    assert verdict(WHOLE, {"less": GateScore(0.799, 0.8)}).acceptable is False


def test_the_planted_cost_is_exact() -> None:
    found = cost_per_acceptable([0.010, 0.002, 0.006], [2, 0, 1], [2, 2, 2])
    assert found.state is CostState.KNOWN
    assert found.value == pytest.approx(0.018 / 3, rel=1e-12)
    assert found.lower is not None
    assert found.upper is not None
    assert found.lower < found.value < found.upper


def test_no_acceptable_response_is_none_and_never_a_number() -> None:
    found = cost_per_acceptable([0.01] * 20, [0] * 20, [1] * 20)
    assert (found.state, found.value, found.upper) == (CostState.NONE, None, None)
    share = share_acceptable([0] * 20, [1] * 20)
    assert found.lower == pytest.approx(0.01 / share.upper)


def test_one_unknown_price_makes_the_cost_unknown_whatever_the_rest_cost() -> None:
    found = cost_per_acceptable([0.01, np.nan, 0.01], [1, 0, 1], [1, 1, 1])
    assert (found.state, found.value, found.lower, found.upper) == (CostState.UNKNOWN, None, None, None)


def test_none_acceptable_is_none_also_where_the_price_is_unknown() -> None:
    found = cost_per_acceptable([0.01, np.nan, 0.01], [0, 0, 0], [1, 1, 1])
    assert (found.state, found.value, found.lower) == (CostState.NONE, None, None)


def test_without_any_verdict_share_and_cost_are_unknown() -> None:
    assert cost_per_acceptable([0.01], [0], [0]).state is CostState.UNKNOWN
    share = share_acceptable([0, 0], [0, 0])
    assert (share.value, share.lower, share.n) == (None, None, 0)


@pytest.mark.parametrize("prompts", [1, 2])
def test_one_or_two_prompts_give_a_figure_and_no_interval(prompts: int) -> None:
    cost = cost_per_acceptable([0.03] * prompts, [3] * prompts, [5] * prompts)
    assert (cost.value, cost.lower, cost.upper) == (pytest.approx(0.01), None, None)
    share = share_acceptable([3] * prompts, [5] * prompts)
    assert (share.value, share.lower, share.upper) == (0.6, None, None)


def test_where_one_prompt_alone_brought_acceptable_responses_there_is_no_upper_bound() -> None:
    found = cost_per_acceptable([0.01] * 16, [1] + [0] * 15, [1] * 16)
    assert found.upper is None
    assert 0 < found.lower < found.value


def test_what_costs_nothing_costs_nothing_per_acceptable_response() -> None:
    found = cost_per_acceptable([0.0] * 3, [1, 0, 1], [1] * 3)
    assert (found.value, found.lower, found.upper) == (0.0, 0.0, 0.0)


def test_equal_costs_and_no_failure_still_leave_an_interval() -> None:
    found = cost_per_acceptable([0.01] * 16, [1] * 16, [1] * 16)
    assert found.value == pytest.approx(0.01)
    assert found.upper > 0.0115


def test_the_interval_does_not_depend_on_the_unit_or_on_the_order() -> None:
    rng = np.random.default_rng(3)
    paid, good, judged = rng.lognormal(-6, 1, 30), rng.integers(0, 4, 30), np.full(30, 3)
    found, cents = cost_per_acceptable(paid, good, judged), cost_per_acceptable(100 * paid, good, judged)
    turned = cost_per_acceptable(paid[::-1], good[::-1], judged)
    for name in ("value", "lower", "upper"):
        assert getattr(cents, name) == pytest.approx(100 * getattr(found, name))
        assert getattr(turned, name) == pytest.approx(getattr(found, name))


def test_repetitions_of_a_prompt_that_always_agree_tell_no_more_than_one() -> None:
    once = share_acceptable([1] * 12 + [0] * 8, [1] * 20)
    thrice = share_acceptable([3] * 12 + [0] * 8, [3] * 20)
    assert (thrice.lower, thrice.upper) == (pytest.approx(once.lower), pytest.approx(once.upper))
    mixed = share_acceptable([2, 1] * 10, [3] * 20)
    assert mixed.upper - mixed.lower < once.upper - once.lower


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.95])
@pytest.mark.parametrize(("prompts", "repetitions"), [(16, 1), (64, 5)])
def test_the_intervals_hold_the_planted_truth(rate: float, prompts: int, repetitions: int) -> None:
    world = planted(np.random.default_rng(7), prompts=prompts, repetitions=repetitions, rate=rate, datasets=300)
    assert world.cost_coverage() >= 0.93
    assert world.share_coverage() >= 0.93


def test_a_score_that_is_still_to_come_leaves_a_verdict_open_whatever_failed_by_then() -> None:
    outcomes = [np.array([Check.FAILED, Check.PASSED, Check.FAILED, Check.PASSED], dtype=np.int8)]
    found = combined(outcomes, np.array([True, True, False, False]))
    assert found.tolist() == [Check.OPEN, Check.OPEN, Check.FAILED, Check.PASSED]
