"""Exchanges out of logs and traces: one request, its answers, and the numbers beside them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.domain import fields
from core.domain.content_hash import digest
from core.domain.fields import Flaw, Row
from core.services.importing import times
from core.services.importing.conversations import NotText
from core.services.importing.records import Facts, Kind, PromptRecord, Reading, Record, ResponseRecord


@dataclass(frozen=True)
class Exchange:
    """One request and what was answered, out of a log. ``key`` None: named after its content."""

    messages: list[dict[str, str]]
    answers: list[str]
    model: str | None
    key: str | None = None
    created_at: datetime | None = None
    tags: list[str] = field(default_factory=list)
    reference: list[str] | None = None
    facts: Facts = field(default_factory=dict)

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
    """The prompts or responses of the rows that ``one`` finds an exchange of text in; notes how many had none."""
    left_out, why = 0, ""
    for line, row in rows:
        try:
            found = one(row, reading)
            if reading.kind is Kind.RESPONSES and not found.answers:
                raise NotText("has no answer.")
        except NotText as flaw:
            left_out += 1
            why = why or f"line {line}, '{flaw.field}' {flaw.problem}" if flaw.field else f"line {line} {flaw.problem}"
            continue
        yield from _records(line, found, reading)
    if left_out:
        reading.notes.add(f"{left_out} records are no exchange of text and were left out (the first: {why})")


def _records(line: int, found: Exchange, reading: Reading) -> Iterator[Record]:
    key = fields.checked_name(found.prompt_key, "id")
    prompt = PromptRecord(line, key, "general", found.messages, found.reference, None, found.tags)
    if reading.kind is Kind.PROMPTS:
        yield prompt
        return
    if found.model is None:
        raise Flaw("is missing, so the answers belong to no candidate.", field="model")
    candidate = fields.checked_name(found.model, "model")
    for answer in found.answers:
        yield ResponseRecord(line, key, candidate, [answer], None, found.created_at, prompt, found.facts)


def first(row: Row, *names: str) -> str | None:
    """The first of these fields that is there and not empty."""
    return next((name for name in names if row.get(name) not in (None, "", {}, [])), None)


def amount(row: Row, *names: str) -> float | None:
    """The number in the first of these fields that is there."""
    found = first(row, *names)
    return None if found is None else fields.amount(row, found)


def tokens(row: Row, *names: str) -> int | None:
    """The count in the first of these fields that is there."""
    found = first(row, *names)
    return None if found is None else fields.count(row, found)


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


def finish_reason(completion: Row) -> str | None:
    """Why the first choice of a chat completion, or a message of Anthropic's, ended."""
    choices = completion.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return fields.optional_name(choices[0], "finish_reason")
    return fields.optional_name(completion, "stop_reason")
