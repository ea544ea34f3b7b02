"""What has become of one unit of work so far: its answers turn by turn, its attempts, what they cost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.domain.answering import FinishReason, TokenUsage
from core.domain.content_hash import digest
from core.domain.facts import OverTurns
from core.domain.lengths import count_words
from core.providers.base import Completion, ProviderFault
from core.services.runs.work_order import Unit
from core.storage.tables import Attempt
from core.storage.tables.facts import FACTS

_NO_USAGE = TokenUsage()
_OF_TURNS = tuple(fact for fact in FACTS if fact.over_turns is not OverTurns.ATTEMPTS)


@dataclass(slots=True)
class Answer:
    """One turn's answer."""

    text: str
    reasoning: str
    """What the model thought before it."""
    facts: dict[str, Any]
    """What the attempt's row calls it, to what is known of it; None: not known."""


@dataclass(slots=True)
class UnitHistory:
    """A unit's past. ``cost_usd`` None: an attempt's price is not known."""

    answers: list[Answer] = field(default_factory=list)
    attempts: int = 0
    cost_usd: float | None = 0.0
    numbers: dict[int, int] = field(default_factory=dict)
    """The last attempt's, by turn."""

    @property
    def texts(self) -> list[str]:
        """What the candidate has said, a text a turn."""
        return [answer.text for answer in self.answers]

    def count(self, cost_usd: float | None) -> None:
        """One more attempt, at this cost."""
        self.attempts += 1
        self.cost_usd = None if self.cost_usd is None or cost_usd is None else self.cost_usd + cost_usd


def answer_of(came: Completion | ProviderFault, finish_reason: FinishReason) -> Answer:
    """The turn's answer: whole, or what had arrived of it."""
    told = vars(came.usage or _NO_USAGE) | vars(came.timings) | {"answered_by": came.answered_by}
    told["fingerprint"] = came.fingerprint if isinstance(came, Completion) else None
    told["finish_reason"] = finish_reason.value
    return Answer(came.text, came.reasoning, {fact.of_turn: told[fact.of_turn] for fact in _OF_TURNS})


def earlier_histories(session: Session, run_id: int, units: Sequence[Unit]) -> dict[Unit, UnitHistory]:
    """What earlier processes made of those ``units`` that are begun: they go on from the turn that failed."""
    begun = {(unit.candidate_id, unit.prompt_id, unit.repetition): unit for unit in units if unit.is_begun}
    if not begun:
        return {}
    query = (
        select(Attempt)
        .where(Attempt.run_id == run_id, col(Attempt.prompt_id).in_({unit.prompt_id for unit in begun.values()}))
        .order_by(col(Attempt.id))
    )
    histories = {unit: UnitHistory() for unit in begun.values()}
    for attempt in session.exec(query):
        unit = begun.get((attempt.candidate_id, attempt.prompt_id, attempt.repetition))
        if unit is not None:
            _replay(histories[unit], attempt)
    return histories


def _replay(history: UnitHistory, attempt: Attempt) -> None:
    history.count(attempt.cost_usd)
    history.numbers[attempt.turn] = max(attempt.number, history.numbers.get(attempt.turn, 0))
    is_answer = attempt.error_kind is None and attempt.finish_reason is not None and attempt.text is not None
    if is_answer and attempt.turn == len(history.answers):
        known = {fact.of_turn: getattr(attempt, fact.of_turn) for fact in _OF_TURNS}
        history.answers.append(Answer(attempt.text or "", attempt.reasoning or "", known))


def response_row(run_id: int, unit: Unit, history: UnitHistory, now: datetime) -> dict[str, Any]:
    """The row of the response that ``history`` has led to."""
    texts, reasoning = history.texts, [answer.reasoning for answer in history.answers]
    return {
        "run_id": run_id,
        "prompt_id": unit.prompt_id,
        "candidate_id": unit.candidate_id,
        "repetition": unit.repetition,
        "turns": texts,
        "reasoning": reasoning if any(reasoning) else None,
        "words": sum(map(count_words, texts)),
        "content_hash": digest(texts),
        **{
            fact.name: fact.of_conversation([each.facts[fact.of_turn] for each in history.answers])
            for fact in _OF_TURNS
        },
        "cost_usd": history.cost_usd,
        "attempts": history.attempts,
        "created_at": now,
    }
