"""What one hard case is: a response, what it answers, and what an evaluator must say of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.domain.scoring.base import Score, Subject
from core.services.scoring.registry import kind_named

UNSCORED = "unscored"
NOT_APPLICABLE = "not applicable"
Expected = float | tuple[float, float] | str


@dataclass(frozen=True)
class Case:
    """``value``: the exact value, the least and the most it may be, UNSCORED or NOT_APPLICABLE.

    ``says``: words that the reason must hold. ``turns``: several answers, in place of ``text``.
    """

    name: str
    text: str
    value: Expected
    says: str = ""
    reference: tuple[str, ...] = ()
    constraints: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    finish_reason: str | None = "stop"
    turns: tuple[str, ...] | None = None

    def scored_by(self, key: str) -> Score:
        """What the evaluator says."""
        kind = kind_named(key)
        assert kind.score is not None
        kind.params.check(self.params)
        subject = Subject(
            turns=(self.text,) if self.turns is None else self.turns,
            reference=self.reference,
            constraints=self.constraints,
            finish_reason=self.finish_reason,
        )
        return kind.score(subject, kind.params.of(self.params))
