"""Which responses are acceptable, and why the others are not.

A response is automatically acceptable when it is complete, not blocked, refuses where the prompt expects it and only
there, and passes every gate that applies. What should have been scored and was not leaves the verdict open: None, never
a failure and never a pass. So does a score that is still to come, whatever failed by then: a failure must not be known
sooner than a pass. A response that no gate applies to is *unchecked*: its verdict is one on form alone, and
whoever shows the verdicts says of how many that is so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from core.domain.answering import INCOMPLETE, FinishReason

Floats = NDArray[np.float64]
Outcomes = NDArray[np.int8]
_ROUNDING = 1e-9


class Requirement(StrEnum):
    """What is asked of every response before any gate; the value says in words what is wrong without it."""

    COMPLETE = "cut short"
    NOT_EMPTY = "empty"
    NOT_BLOCKED = "blocked by a content filter"
    NO_REFUSAL = "refuses"
    REFUSAL = "does not refuse where the prompt expects it"


class Check(IntEnum):
    """Of one requirement or gate on one response; NOT_ASKED: it does not apply."""

    OPEN = -1
    FAILED = 0
    PASSED = 1
    NOT_ASKED = 2


@dataclass(frozen=True)
class Endings:
    """How n responses ended: few different words, so that a million are compared as numbers."""

    words: list[str]
    """Empty: nobody said."""
    code: NDArray[np.intp]
    """[n] a place in ``words``."""

    @classmethod
    def of(cls, finish_reasons: Iterable[str | None]) -> "Endings":
        """Of n finish reasons, None where nobody said."""
        places: dict[str | None, int] = {}
        code = [places.setdefault(word, len(places)) for word in finish_reasons]
        return cls([word or "" for word in places], np.array(code, dtype=np.intp))

    def among(self, *wanted: str) -> NDArray[np.bool_]:
        """[n] which ended with one of these."""
        return np.array([word in wanted for word in self.words], dtype=bool)[self.code]


def requirements(
    endings: Endings,
    *,
    is_empty: NDArray[np.bool_],
    cut_short: Floats,
    refuses: Floats,
    expects_refusal: NDArray[np.bool_],
) -> dict[Requirement, Outcomes]:
    """The outcome of each requirement on n responses; every array is [n], ``cut_short`` and ``refuses`` 1, 0 or nan.

    A finish reason that says *length*, *refusal* or the like is believed before an evaluator; one that says *stop*
    means complete unless an evaluator saw otherwise. A response without either is open.
    """
    blocked, said = endings.among(FinishReason.CONTENT_FILTER), endings.among(FinishReason.REFUSAL)
    by_reason, ended = endings.among(*INCOMPLETE), ~endings.among("")
    refused = np.where(said, 1.0, refuses)
    cut = np.where(by_reason, 1.0, np.where(np.isnan(cut_short) & ended, 0.0, cut_short))
    nothing_there = is_empty & ~blocked & ~said
    return {
        Requirement.COMPLETE: _outcomes(cut, passes_at=0.0, asked=~nothing_there | by_reason),
        Requirement.NOT_EMPTY: np.where(nothing_there, Check.FAILED, Check.PASSED).astype(np.int8),
        Requirement.NOT_BLOCKED: np.where(blocked, Check.FAILED, Check.PASSED).astype(np.int8),
        Requirement.NO_REFUSAL: _outcomes(refused, passes_at=0.0, asked=~expects_refusal & ~blocked & ~nothing_there),
        Requirement.REFUSAL: _outcomes(refused, passes_at=1.0, asked=expects_refusal & ~blocked & ~nothing_there),
    }


def _outcomes(found: Floats, *, passes_at: float, asked: NDArray[np.bool_]) -> Outcomes:
    outcome = np.where(np.isnan(found), Check.OPEN, np.where(found == passes_at, Check.PASSED, Check.FAILED))
    return np.where(asked, outcome, Check.NOT_ASKED).astype(np.int8)


def gate_outcomes(value: Floats, at_least: float, applies: NDArray[np.bool_]) -> Outcomes:
    """[n] of one gate; ``value`` nan where it is unscored, ``applies`` false where there is no gate."""
    with np.errstate(invalid="ignore"):
        outcome = np.where(
            np.isnan(value),
            Check.OPEN,
            np.where(value >= at_least - _ROUNDING, Check.PASSED, Check.FAILED),
        )
    return np.where(applies, outcome, Check.NOT_ASKED).astype(np.int8)


def combined(outcomes: Sequence[Outcomes], awaited: NDArray[np.bool_] | None = None) -> Outcomes:
    """[n] FAILED where anything failed, else OPEN where anything is open, else PASSED.

    ``awaited``: where some score is still to come; OPEN there, even where something failed already.
    """
    table = np.stack(outcomes)
    overall = np.where((table == Check.OPEN).any(axis=0), Check.OPEN, Check.PASSED)
    overall = np.where((table == Check.FAILED).any(axis=0), Check.FAILED, overall)
    return (overall if awaited is None else np.where(awaited, Check.OPEN, overall)).astype(np.int8)


def checked(gates: Sequence[Outcomes], n: int) -> NDArray[np.bool_]:
    """[n] whether any of the ``gates`` applies; none does to a response that is *unchecked*."""
    return np.any([outcome != Check.NOT_ASKED for outcome in gates], axis=0) if gates else np.zeros(n, dtype=bool)
