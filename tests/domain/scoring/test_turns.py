"""A conversation whose turns have a reference each is as right as its worst turn."""

import pytest

from core.domain.scoring import number_match
from core.domain.scoring.base import Score, Subject
from core.domain.scoring.turns import by_turn

RIGHT, WRONG = ["It takes in $28.", "Then it takes in $35."], ["It takes in $28.", "Still $28."]


def said(turns: list[str], references: object) -> Score:
    subject = Subject(turns, reference=["35"], constraints={"turn_references": references})
    return by_turn(subject, lambda each: number_match.score(each, number_match.NumberParams()))


@pytest.mark.parametrize(
    ("turns", "references", "value", "reason"),
    [
        (RIGHT, ["28", "35"], 1.0, "turn 1"),
        (WRONG, ["28", "35"], 0.0, "turn 2"),
        (["It is $2.", "Then it takes in $35."], ["28", "35"], 0.0, "turn 1"),
        (["Well.", "Then it takes in $35."], [None, "35"], 1.0, "$35"),
        (RIGHT[:1], ["28", "35"], 1.0, "28"),
        (RIGHT, "28", 1.0, "$35"),
        (RIGHT, [], 1.0, "$35"),
    ],
)
def test_each_turn_is_compared_with_its_own(turns: list[str], references: object, value: float, reason: str):
    found = said(turns, references)
    assert found.value == value and reason in found.reason


def test_one_turn_that_could_not_be_scored_leaves_the_whole_unscored_unless_another_failed():
    scores = iter([Score(None, "too long"), Score(1.0)])
    subject = Subject(RIGHT, constraints={"turn_references": ["28", "35"]})
    assert by_turn(subject, lambda _: next(scores)) == Score(None, "turn 1: too long")
    scores = iter([Score(None, "too long"), Score(0.0, "wrong")])
    assert by_turn(subject, lambda _: next(scores)) == Score(0.0, "turn 2: wrong")
