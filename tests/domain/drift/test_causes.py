"""What a change is put down to, given the evidence."""

import math

import pytest

from core.domain.drift import Metric, Scale
from core.domain.drift.causes import Cause, Effect, Evidence, Moved, causes, parts

SHARE = Metric("acceptable", "Share acceptable", Scale.SHARE, 0.05, 1)
COST = Metric("cost_usd", "Cost per 1,000 responses", Scale.RATIO, 0.10, -1)
FELL = Effect(-0.22, -0.30, -0.14)
DEARER = Effect(1.5, 1.45, 1.55)


def share(middle: float, reach: float) -> Effect:
    return Effect(middle, middle - reach, middle + reach)


@pytest.mark.parametrize(
    ("change", "evidence", "expected"),
    [
        (FELL, Evidence(), (Cause.PROVIDER,)),
        (FELL, Evidence(has_new_name=True), (Cause.MODEL_VERSION,)),
        (FELL, Evidence(beside={Cause.GATES: Effect.exact(-0.1)}), (Cause.PROVIDER, Cause.GATES)),
        (FELL, Evidence(beside={Cause.GATES: Effect.exact(-0.3)}), (Cause.GATES, Cause.PROVIDER)),
        (FELL, Evidence(beside={Cause.GATES: Effect.exact(-0.01)}), (Cause.PROVIDER,)),
        (None, Evidence(beside={Cause.TRAFFIC: share(-0.2, 0.05)}), (Cause.TRAFFIC,)),
        (None, Evidence(beside={Cause.TRAFFIC: share(-0.2, 0.25)}), ()),
        (FELL, Evidence(inside={Cause.JUDGE: share(-0.2, 0.1)}), (Cause.JUDGE,)),
        (FELL, Evidence(inside={Cause.JUDGE: share(0.0, 0.09)}), (Cause.PROVIDER,)),
        (FELL, Evidence(inside={Cause.JUDGE: share(0.1, 0.12)}), (Cause.PROVIDER,)),
        (share(-0.45, 0.08), Evidence(inside={Cause.JUDGE: share(-0.2, 0.1)}), (Cause.PROVIDER, Cause.JUDGE)),
        (share(-0.06, 0.03), Evidence(inside={Cause.JUDGE: share(-0.05, 0.08)}), (Cause.JUDGE,)),
    ],
)
def test_a_share_that_fell(change: Effect | None, evidence: Evidence, expected: tuple[Cause, ...]):
    assert causes(SHARE, change, evidence) == expected


@pytest.mark.parametrize(
    ("change", "price", "expected"),
    [
        (DEARER, 1.5, (Cause.PRICES,)),
        (DEARER, 1.48, (Cause.PRICES,)),
        (DEARER, 1.0, (Cause.PROVIDER,)),
        (DEARER, 0.9, (Cause.PROVIDER, Cause.PRICES)),
        (Effect(1.95, 1.9, 2.0), 1.5, (Cause.PRICES, Cause.PROVIDER)),
        (Effect(1.95, 1.9, 2.0), 1.2, (Cause.PROVIDER, Cause.PRICES)),
    ],
)
def test_a_cost_that_rose(change: Effect, price: float, expected: tuple[Cause, ...]):
    assert causes(COST, change, Evidence(inside={Cause.PRICES: Effect.exact(price)})) == expected


def test_parts_of_a_ratio_multiply_to_the_whole():
    found = parts(COST, Effect(1.8, 1.7, 1.9), Evidence(inside={Cause.PRICES: Effect.exact(1.2)}))
    assert math.prod(part.effect.change for part in found if part.effect is not None) == pytest.approx(1.8)


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([("b", -0.2), ("c", -0.15)], Cause.UNKNOWN),
        ([("b", -0.2)], Cause.UNKNOWN),
        ([("b", -0.05), ("c", -0.05)], Cause.PROVIDER),
        ([("b", -0.2), ("c", 0.0)], Cause.PROVIDER),
        ([("b", 0.2), ("c", 0.2)], Cause.PROVIDER),
        ([("a", -0.2), ("a", -0.2), ("b", 0.0)], Cause.PROVIDER),
        ([("b", math.nan), ("c", math.nan)], Cause.PROVIDER),
    ],
)
def test_what_most_other_endpoints_do_at_once_is_nobodys_known_doing(others: list, expected: Cause):
    evidence = Evidence(endpoint="a", others=[Moved(*other) for other in others])
    assert causes(SHARE, FELL, evidence) == (expected,)


def test_what_a_judge_explains_for_all_is_no_move_of_all():
    """Each fell by what the judge takes; one fell further."""
    judge = {Cause.JUDGE: share(-0.2, 0.05)}
    others = [Moved("b", -0.2), Moved("c", -0.21)]
    found = causes(SHARE, share(-0.45, 0.08), Evidence(inside=judge, endpoint="a", others=others))
    assert found == (Cause.PROVIDER, Cause.JUDGE)
