"""Exchanges out of logs and traces: one request, its answers, and the numbers beside them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.domain import fields
from core.domain.content_hash import digest
from core.domain.fields import Cells, Flaw, Row
from core.services.importing import times
from core.services.importing.answers import Answer
from core.services.importing.conversations import NotText
from core.services.importing.records import Facts, Kind, PromptRecord, Reading, Record, ResponseRecord


@dataclass(frozen=True)
class Exchange:
    """One request and what was answered, out of a log. ``key`` None: named after its content."""

    messages: list[dict[str, str]]
    answers: list[Answer]
    model: str | None
    key: str | None = None
    created_at: datetime | None = None
    tags: list[str] = field(default_factory=list)
    reference: list[str] | None = None
    facts: Facts = field(default_factory=dict)
    """Of each answer, which adds why it ended."""

    @property
    def prompt_key(self) -> str:
        """The prompt's id: given, or the same for the same messages."""
        return self.key or content_key(self.messages)


def content_key(found: Any) -> str:
    """An id for a prompt that has none: the same for the same content."""
    return f"p-{digest(found)[:16]}"


def exchanges(
    rows: Iterable[tuple[int, Row]], reading: Reading, one: Callable[[Row, Reading], Exchange]
) -> Iterator[Record]:
    """The prompts or responses of the rows, in each of which ``one`` finds an exchange."""
    for line, row in rows:
        yield from records(line, one(row, reading), reading)


def records(line: int, found: Exchange, reading: Reading) -> Iterator[Record]:
    """The prompt of an exchange, or its responses; a Flaw where it has no answer, or nobody gave it."""
    key = fields.checked_name(found.prompt_key, "id")
    prompt = PromptRecord(line, key, "general", found.messages, found.reference, None, found.tags)
    if reading.kind is Kind.PROMPTS:
        yield prompt
        return
    if not found.answers:
        raise NotText("has no answer.")
    if found.model is None:
        raise Flaw("is missing, so the answers belong to no candidate.", field="model")
    candidate = fields.checked_name(found.model, "model")
    for answer in found.answers:
        facts = {**found.facts, "finish_reason": answer.finish_reason}
        yield ResponseRecord(line, key, candidate, [answer.text], None, found.created_at, prompt, facts)


def first(row: Row, *names: str) -> str | None:
    """The first of these fields that is there and not empty."""
    return next((name for name in names if row.get(name) not in (None, "", {}, [])), None)


def amount(row: Row, *names: str) -> float | None:
    """The number in the first of these fields that is there; logs write it as text, too."""
    found = first(row, *names)
    if found is None:
        return None
    return fields.amount(Cells({found: row[found]}) if isinstance(row[found], str) else row, found)


def moment(row: Row, *names: str) -> datetime | None:
    """The time in the first of these fields that is there."""
    found = first(row, *names)
    return None if found is None else times.moment(row, found)


def model(row: Row, *names: str) -> str | None:
    """The name in the first of these fields that is there."""
    found = first(row, *names)
    return None if found is None else fields.name(row, found)


def part(row: Row, *names: str) -> Row:
    """The object in the first of these fields that is there, or an empty one."""
    found = first(row, *names)
    within = fields.decoded(row[found]) if found else {}
    return within if isinstance(within, dict) else {}
