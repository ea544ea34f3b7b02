"""What is known of a response beside its texts: each fact once, and how a conversation's comes of its turns'."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.domain.answering import INCOMPLETE


class OverTurns(StrEnum):
    """How the fact of a conversation is made of those of its turns.

    SUM: added up, not known as soon as one is not. FIRST, LAST: that turn's. ENDING: the last turn's, unless a turn
    before it was cut short: then the conversation is. ATTEMPTS: counted over all attempts, failed ones too.
    """

    SUM = "sum"
    FIRST = "first"
    LAST = "last"
    ENDING = "ending"
    ATTEMPTS = "attempts"


@dataclass(frozen=True)
class Fact:
    """A fact of a response; None in a row means not known, never zero."""

    name: str
    """Its column, and its field in files that are imported and exported."""
    type: type
    """int: a count, not negative; float: an amount, not negative; str: a name."""
    unit: str
    """ms, tokens, USD, or nothing."""
    over_turns: OverTurns
    of_turn: str
    """What it is called of one turn: in TokenUsage, Timings and the attempt's row."""
    is_exported: bool = True

    def of_conversation(self, of_turns: Sequence[Any]) -> Any:
        """The fact of a conversation whose turns have these, in their order; at least one."""
        match self.over_turns:
            case OverTurns.SUM:
                return None if None in of_turns else sum(of_turns)
            case OverTurns.FIRST:
                return of_turns[0]
            case OverTurns.LAST:
                return of_turns[-1]
            case OverTurns.ENDING:
                return next((reason for reason in of_turns if reason in INCOMPLETE), of_turns[-1])
            case OverTurns.ATTEMPTS:
                raise ValueError(f"{self.name} is counted over attempts, not turns.")
