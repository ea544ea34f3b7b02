"""How the fact of a conversation comes of its turns'."""

from dataclasses import fields
from typing import Any

import pytest

from core.domain.answering import FinishReason, Timings, TokenUsage
from core.domain.facts import Fact, OverTurns
from core.storage.tables import Attempt
from core.storage.tables.facts import FACTS


@pytest.mark.parametrize(
    ("over_turns", "of_turns", "whole"),
    [
        (OverTurns.SUM, [3, 0, 4], 7),
        (OverTurns.SUM, [3, None], None),
        (OverTurns.FIRST, [None, 5.0], None),
        (OverTurns.FIRST, [2.5, 5.0], 2.5),
        (OverTurns.LAST, ["a", "b"], "b"),
        (OverTurns.ENDING, [FinishReason.STOP, FinishReason.STOP], FinishReason.STOP),
        (OverTurns.ENDING, [FinishReason.LENGTH, FinishReason.STOP], FinishReason.LENGTH),
    ],
)
def test_a_conversation_has_the_fact_that_its_turns_make(over_turns: OverTurns, of_turns: list[Any], whole: Any):
    fact = Fact("fact", int, "", over_turns, "fact")
    assert fact.of_conversation(of_turns) == whole


def test_what_is_counted_over_attempts_does_not_come_of_turns():
    with pytest.raises(ValueError, match="over attempts"):
        Fact("attempts", int, "", OverTurns.ATTEMPTS, "attempts").of_conversation([1])


def test_a_turn_has_every_fact_in_its_row_and_a_provider_tells_nothing_that_is_not_kept():
    kept = set(Attempt.__table__.columns.keys())  # type: ignore[attr-defined]
    assert {fact.of_turn for fact in FACTS if fact.over_turns is not OverTurns.ATTEMPTS} <= kept
    assert {field.name for told in (TokenUsage, Timings) for field in fields(told)} <= kept
