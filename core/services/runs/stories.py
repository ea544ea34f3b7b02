"""What has become of one unit of work so far: its answers turn by turn, its attempts, what they cost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.domain.answering import INCOMPLETE, FinishReason, TokenUsage
from core.domain.content_hash import digest
from core.domain.lengths import count_words
from core.providers.base import Completion, ProviderFault
from core.services.runs.work_order import Unit
from core.storage.tables import Attempt

_NO_USAGE = TokenUsage()


@dataclass(slots=True)
class Answer:
    """One turn's answer. None: not known."""

    text: str
    finish_reason: str
    latency_ms: float | None
    first_byte_ms: float | None
    first_token_ms: float | None
    first_visible_ms: float | None
    input_tokens: int | None
    cached_tokens: int | None
    reasoning_tokens: int | None
    output_tokens: int | None
    answered_by: str | None
    fingerprint: str | None


@dataclass(slots=True)
class Story:
    """A unit's past. ``cost_usd`` None: an attempt's price is not known. ``numbers``: the last attempt's, by turn."""

    answers: list[Answer] = field(default_factory=list)
    attempts: int = 0
    cost_usd: float | None = 0.0
    numbers: dict[int, int] = field(default_factory=dict)

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
    usage, times = came.usage or _NO_USAGE, came.timings
    return Answer(
        text=came.text,
        finish_reason=finish_reason.value,
        latency_ms=times.latency_ms,
        first_byte_ms=times.first_byte_ms,
        first_token_ms=times.first_token_ms,
        first_visible_ms=times.first_visible_ms,
        input_tokens=usage.input_tokens,
        cached_tokens=usage.cached_tokens,
        reasoning_tokens=usage.reasoning_tokens,
        output_tokens=usage.output_tokens,
        answered_by=came.answered_by,
        fingerprint=came.fingerprint if isinstance(came, Completion) else None,
    )


def earlier_stories(session: Session, run_id: int, units: Sequence[Unit]) -> dict[Unit, Story]:
    """What earlier processes made of those ``units`` that are begun: they go on from the turn that failed."""
    begun = {(unit.candidate_id, unit.prompt_id, unit.repetition): unit for unit in units if unit.is_begun}
    if not begun:
        return {}
    query = (
        select(Attempt)
        .where(Attempt.run_id == run_id, col(Attempt.prompt_id).in_({unit.prompt_id for unit in begun.values()}))
        .order_by(col(Attempt.id))
    )
    stories = {unit: Story() for unit in begun.values()}
    for attempt in session.exec(query):
        unit = begun.get((attempt.candidate_id, attempt.prompt_id, attempt.repetition))
        if unit is not None:
            _retell(stories[unit], attempt)
    return stories


def _retell(story: Story, attempt: Attempt) -> None:
    story.count(attempt.cost_usd)
    story.numbers[attempt.turn] = max(attempt.number, story.numbers.get(attempt.turn, 0))
    is_answer = attempt.error_kind is None and attempt.finish_reason is not None and attempt.text is not None
    if is_answer and attempt.turn == len(story.answers):
        names = Answer.__dataclass_fields__
        story.answers.append(Answer(**{name: getattr(attempt, name) for name in names}))


def response_row(run_id: int, unit: Unit, story: Story, now: datetime) -> dict[str, Any]:
    """The row of the response that ``story`` has led to; see tables.Response for what is a sum and what the first's."""
    answers, texts = story.answers, story.texts
    first, last = answers[0], answers[-1]
    return {
        "run_id": run_id,
        "prompt_id": unit.prompt_id,
        "candidate_id": unit.candidate_id,
        "repetition": unit.repetition,
        "turns": texts,
        "words": sum(map(count_words, texts)),
        "content_hash": digest(texts),
        "latency_ms": _sum(answer.latency_ms for answer in answers),
        "ttft_ms": first.first_token_ms,
        "first_byte_ms": first.first_byte_ms,
        "first_visible_ms": first.first_visible_ms,
        "input_tokens": _sum(answer.input_tokens for answer in answers),
        "output_tokens": _sum(answer.output_tokens for answer in answers),
        "cached_tokens": _sum(answer.cached_tokens for answer in answers),
        "reasoning_tokens": _sum(answer.reasoning_tokens for answer in answers),
        "cost_usd": story.cost_usd,
        "finish_reason": _finish_reason(answers),
        "attempts": story.attempts,
        "answered_by": last.answered_by,
        "fingerprint": last.fingerprint,
        "created_at": now,
    }


def _finish_reason(answers: Sequence[Answer]) -> str:
    """The last turn's, unless a turn before it was cut short: then the conversation is."""
    return next((answer.finish_reason for answer in answers if answer.finish_reason in INCOMPLETE), None) or (
        answers[-1].finish_reason
    )


def _sum(parts: Iterable[Any]) -> Any:
    known = list(parts)
    return None if None in known else sum(known)
