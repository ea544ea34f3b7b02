"""Conversations whose turns have a reference each: an answer is compared with that of its own turn."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.domain.scoring.base import Score, Subject

TURN_REFERENCES = "turn_references"
"""The constraint of a prompt that holds a reference for each turn, or null."""


def by_turn(subject: Subject, score: Callable[[Subject], Score]) -> Score:
    """The lowest of what ``score`` says of each turn that has a reference; of the whole where none has one of its own.

    One turn that could not be scored leaves the conversation unscored, unless another one failed.
    """
    return lowest([(number, score(each)) for number, each in asked_turns(subject)])


def asked_turns(subject: Subject) -> list[tuple[int, Subject]]:
    """(its number from 1, what it is scored as) of each turn that has a reference; the whole where none has."""
    given = subject.constraints.get(TURN_REFERENCES)
    if not isinstance(given, Sequence) or isinstance(given, str):
        return [(1, subject)]
    own = [
        (number, replace(subject, turns=subject.turns[:number], reference=[reference]))
        for number, reference in enumerate(given[: len(subject.turns)], 1)
        if isinstance(reference, str) and reference.strip()
    ]
    return own or [(1, subject)]


def lowest(said: Sequence[tuple[int, Score]]) -> Score:
    """The lowest of what is said of turns, by their numbers; of several, the reason names which."""
    worst, found = min(said, key=lambda each: _rank(each[1]))
    return replace(found, reason=f"turn {worst}: {found.reason}") if len(said) > 1 else found


def _rank(said: Score) -> tuple[float, float]:
    """Failed before unscored before the lowest value; what does not apply comes last."""
    if not said.applies:
        return (3, 0.0)
    if said.value is None:
        return (1, 0.0)
    return (0, 0.0) if said.value == 0 else (2, said.value)
