"""Who is recommended where, and what so many answers cost with them."""

from dataclasses import replace

from core.domain.deciding import Because, Comparison, Decision, Difference, Source, Verdict
from core.domain.overview import Spent, recommended, thousand, usd_for

ALDER, BIRCH, CEDAR = 1, 2, 3


def compared(challenger: int, decision: Decision, because: Because, **more) -> Comparison:
    none = {"quality": None, "automatic": None, "human": None, "cost": None, "safety": None, "proofs": ()}
    return Comparison(None, ALDER, challenger, decision, because, **none, **more)


def seen(points: float) -> Difference:
    """A difference of quality that proves nothing yet."""
    return Difference(points, points - 0.3, points + 0.3, 0.1, 0.025, 8, Source.AUTOMATIC)


def verdict(category: str | None, *comparisons: Comparison) -> Verdict:
    first = comparisons[0]
    return Verdict(category, ALDER, first.challenger, first.decision, first.because, 0.05, 0.1, False, comparisons)


SWITCH = compared(BIRCH, Decision.SWITCH, Because.CHEAPER)
KEEP = compared(BIRCH, Decision.KEEP, Because.WORSE)
OPEN = replace(compared(BIRCH, Decision.NOT_ENOUGH, Because.QUALITY_OPEN), quality=seen(0.02))


def whom(*verdicts: Verdict) -> dict[str, int]:
    found = recommended(verdicts)
    assert found is not None
    return dict(found.by_category)


def test_a_category_that_says_something_comes_before_what_holds_over_all():
    assert whom(verdict(None, SWITCH), verdict("support", SWITCH), verdict("safety", KEEP)) == {
        "support": BIRCH, "safety": ALDER,
    }  # fmt: skip
    assert whom(verdict(None, KEEP), verdict("support", SWITCH)) == {"support": BIRCH}


def test_where_the_evidence_is_not_enough_what_holds_over_all_holds():
    assert whom(verdict(None, SWITCH), verdict("coding", OPEN)) == {"coding": BIRCH}
    assert whom(verdict(None, OPEN), verdict("coding", OPEN)) == {"coding": ALDER}


def test_a_switch_over_all_does_not_reach_where_something_speaks_against_that_candidate():
    nearest = compared(CEDAR, Decision.NOT_ENOUGH, Because.QUALITY_OPEN)
    worse_here = verdict("coding", nearest, KEEP)
    contradicted = verdict("coding", replace(OPEN, because=Because.CONTRADICTION))
    too_slow = verdict("coding", replace(OPEN, because=Because.LATENCY_UNKNOWN))
    seen_worse = verdict("coding", replace(OPEN, quality=seen(-0.02)))
    unseen = verdict("coding", replace(OPEN, quality=None))
    never_asked = verdict("coding", nearest)
    for here in (worse_here, contradicted, too_slow, seen_worse, unseen, never_asked):
        assert whom(verdict(None, SWITCH), here) == {"coding": ALDER}


def test_of_equals_the_cheaper_one_is_taken_and_without_one_the_champion_stays():
    cheaper = compared(BIRCH, Decision.PRACTICALLY_EQUAL, Because.EQUAL_ONE_CHEAPER, cheaper=BIRCH)
    equal = compared(BIRCH, Decision.PRACTICALLY_EQUAL, Because.EQUAL)
    assert whom(verdict(None, OPEN), verdict("a", cheaper), verdict("b", equal)) == {"a": BIRCH, "b": ALDER}


def test_without_a_champion_nobody_is_recommended():
    nobody = Verdict(None, None, None, Decision.NOT_ENOUGH, Because.NO_CHAMPION, 0.05, 0.1, False)
    assert recommended([nobody, replace(nobody, category="support")]) is None


def test_answers_cost_what_each_of_them_did_times_how_many_there_are():
    spent = {(ALDER, "a"): Spent(2.0, 100), (BIRCH, "b"): Spent(1.0, 200)}
    assert usd_for({"a": ALDER, "b": BIRCH}, spent, {"a": 1000.0, "b": 4000.0}) == 1000 * 0.02 + 4000 * 0.005


def test_one_unknown_price_or_no_answers_make_the_whole_unknown_and_never_nothing():
    spent = {(ALDER, "a"): Spent(2.0, 100), (ALDER, "b"): Spent(None, 100), (ALDER, "c"): Spent(0.0, 0)}
    everywhere = {"a": ALDER, "b": ALDER, "c": ALDER, "d": ALDER}
    assert usd_for(everywhere, spent, {"a": 10.0}) == 0.2
    for unknown in ("b", "c", "d"):
        assert usd_for(everywhere, spent, {"a": 10.0, unknown: 10.0}) is None
    assert usd_for(everywhere, spent, {}) is None


def test_a_thousand_is_shared_out_in_proportion():
    assert thousand({"a": 3.0, "b": 1.0, "c": 0.0}) == {"a": 750.0, "b": 250.0}
    assert thousand({}) == thousand({"a": 0.0}) == {}
