"""The next best step is the first thing that stands in the way, and says what it costs."""

from dataclasses import replace

import pytest

from core.domain.deciding import Need, Way
from core.domain.overview import Alarm, OpenVerdict, Situation, StepKind, next_step

SETTLED = Situation(
    prompts=64, candidates=3, responses=192, champion="Alder", is_champion_asked=True, challengers=2, votes=300,
    raters=9, is_traffic_entered=True, last_run_usd=0.41,
)  # fmt: skip
FELL = (Alarm(7, "A's share acceptable fell"),)


def opened(*ways: Way, category: str | None = None) -> Situation:
    return replace(SETTLED, open=OpenVerdict(category, "Birch", ways))


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"prompts": 0}, StepKind.IMPORT_PROMPTS),
        ({"candidates": 0}, StepKind.ADD_CANDIDATES),
        ({"responses": 0}, StepKind.EVALUATE),
        ({"is_judged": False}, StepKind.WAIT),
        ({"champion": None}, StepKind.NAME_CHAMPION),
        ({"is_champion_asked": False}, StepKind.EVALUATE),
        ({"challengers": 0, "candidates": 1}, StepKind.ADD_CANDIDATES),
        ({"challengers": 0}, StepKind.EVALUATE),
        ({"alarms": FELL}, StepKind.LOOK_AT_DRIFT),
        ({"has_proposed_route": True}, StepKind.LOOK_AT_ROUTE),
        ({"to_take": OpenVerdict(None, "Birch")}, StepKind.DECIDE),
        ({"unpriced": ("Birch",)}, StepKind.ENTER_PRICES),
        ({"votes": 0}, StepKind.RATE),
        ({"votes": 0, "raters": 0}, StepKind.INVITE),
        ({"is_traffic_entered": False}, StepKind.ENTER_TRAFFIC),
        ({}, StepKind.WATCH),
    ],
)
def test_what_stands_in_the_way_is_the_step(changes: dict, kind: StepKind):
    assert next_step(replace(SETTLED, **changes)).kind is kind


def test_of_several_things_the_earlier_one_comes_first():
    everything = replace(
        SETTLED,
        alarms=FELL,
        has_proposed_route=True,
        to_take=OpenVerdict(None, "Birch"),
        unpriced=("Birch",),
        votes=0,
    )
    kinds = []
    for settled in ({"alarms": ()}, {"has_proposed_route": False}, {"to_take": None}, {"unpriced": ()}, {"votes": 9}):
        kinds.append(next_step(everything).kind)
        everything = replace(everything, **settled)
    assert kinds == [
        StepKind.LOOK_AT_DRIFT, StepKind.LOOK_AT_ROUTE, StepKind.DECIDE, StepKind.ENTER_PRICES, StepKind.RATE,
    ]  # fmt: skip


def test_a_change_on_which_no_decision_rests_waits_until_the_decision_is_taken():
    elsewhere = Alarm(8, "C's cost rose", "C is not recommended anywhere.", is_decisive=False)
    situation = replace(SETTLED, alarms=(elsewhere,), has_proposed_route=True, to_take=OpenVerdict(None, "Birch"))
    kinds = []
    for settled in ({"has_proposed_route": False}, {"to_take": None}, {"alarms": ()}):
        kinds.append(next_step(situation).kind)
        situation = replace(situation, **settled)
    assert kinds == [StepKind.LOOK_AT_ROUTE, StepKind.DECIDE, StepKind.LOOK_AT_DRIFT]
    both = next_step(replace(SETTLED, alarms=(elsewhere, *FELL)))
    assert (both.finding_id, both.title) == (7, "Look at drift: A's share acceptable fell")


def test_an_open_verdict_is_settled_in_the_cheapest_way_at_its_price():
    found = next_step(opened(Way(Need.VOTES, 120, 80.0), Way(Need.PROMPTS, 40, 90.0), category="coding"))
    assert (found.kind, found.title, found.price) == (
        StepKind.RATE, "Collect about 120 more votes", "About $80 of raters' time.",
    )  # fmt: skip
    assert "to Birch in coding" in found.why
    assert found.usd == 80.0


@pytest.mark.parametrize(
    ("way", "kind", "title"),
    [
        (Way(Need.PROMPTS, 1, 0.5), StepKind.IMPORT_PROMPTS, "Add about 1 more prompt"),
        (Way(Need.RESPONSES, 2, 0.5), StepKind.EVALUATE, "Ask every prompt 2 more times"),
        (Way(Need.RATERS, 3, 90.0), StepKind.INVITE, "Invite about 3 more raters"),
    ],
)
def test_each_need_has_its_own_step(way: Way, kind: StepKind, title: str):
    found = next_step(opened(way))
    assert (found.kind, found.title) == (kind, title)


@pytest.mark.parametrize("need", Need)
def test_an_unknown_price_is_said_and_never_nothing(need: Need):
    found = next_step(opened(Way(need, 5, None)))
    assert found.usd is None
    assert "nknown" in found.price
    assert "$0" not in found.price


def test_what_no_amount_settles_leaves_the_next_rule():
    assert next_step(opened()).kind is StepKind.WATCH


def test_the_first_votes_have_a_price_once_an_hour_has_one():
    nobody = replace(SETTLED, votes=0)
    assert next_step(nobody).usd is None
    assert next_step(replace(nobody, rater_hour_usd=40.0)).usd == 20.0


def test_whoever_is_unpriced_is_named_at_most_three_of_them():
    assert "What A, B, C and 2 more cost" in next_step(replace(SETTLED, unpriced=tuple("ABCDE"))).why
    assert "What A and B cost" in next_step(replace(SETTLED, unpriced=tuple("AB"))).why
