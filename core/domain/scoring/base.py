"""What evaluators have in common: what they are shown, what they say, and how they are registered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.domain.strict_params import StrictParams
from core.domain.thoughts import split_thoughts


@dataclass(frozen=True)
class Subject:
    """A response with what it answers. Nobody who scores it sees what the model thought aloud before an answer."""

    turns: Sequence[str]
    """One text per user turn answered; given with thoughts or without, kept without."""
    messages: Sequence[Mapping[str, str]] = ()
    """The prompt's."""
    reference: Sequence[str] = ()
    constraints: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    category: str = "general"
    finish_reason: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "turns", [split_thoughts(turn)[1] for turn in self.turns])

    @property
    def text(self) -> str:
        """The last answer: what references and limits are about."""
        return self.turns[-1] if self.turns else ""


@dataclass(frozen=True)
class Score:
    """``value`` in [0, 1], or None: unscored, and ``reason`` says why.

    ``applies`` is false where there is nothing to score: the prompt has no reference, or no such constraint.
    """

    value: float | None
    reason: str = ""
    applies: bool = True


def passed(reason: str = "") -> Score:
    """All is as it should be."""
    return Score(1.0, reason)


def failed(reason: str) -> Score:
    """It is not, and ``reason`` says what is wrong."""
    return Score(0.0, reason)


def not_applicable(reason: str) -> Score:
    """Nothing to score here."""
    return Score(None, reason, applies=False)


def unscored(reason: str) -> Score:
    """It should have been scored and could not be."""
    return Score(None, reason)


class Use(StrEnum):
    """What a value is good for. A flag is never called a measure of safety, and similarity never passes a response."""

    CHECK = "check"
    SIMILARITY = "similarity"
    FLAG = "flag"
    JUDGE = "judge"


@dataclass(frozen=True)
class EvaluatorKind:
    """A way of scoring, one line in the registry. ``score`` is pure; None for kinds that ask a model.

    A value of 1 is always the good end.
    """

    key: str
    title: str
    what: str
    use: Use
    score: Callable[[Subject, Any], Score] | None
    params: type[StrictParams] = StrictParams
    """What it can be told."""
    fails: str = ""
    """What is wrong with a response that fails it, after *the response*; empty: that it fails the evaluator's name."""
    reads_reference: bool = False
    """Whether it compares an answer with a reference: a conversation may have one for each turn."""
    may_gate: bool = True
    """Whether a response may pass or fail by it."""
    runs: Callable[[Subject, Any], Any] = lambda subject, params: None  # noqa: ARG005
    """The pattern or schema that scoring would run, None where there is none. Such work may take forever, so it is done
    where it can be killed; ``score`` is then a function of a module."""
