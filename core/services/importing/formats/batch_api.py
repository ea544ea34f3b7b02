"""Batch files: requests (``custom_id``, ``body``) are prompts, results (``custom_id``, ``response``) are responses.

Source: OpenAI's Batch API reference (BatchRequestInput, BatchRequestOutput); Anthropic's Message Batches
(``params``; ``result`` of type succeeded, errored, canceled or expired).
"""

from collections.abc import Iterable, Iterator

from core.domain import fields
from core.domain.fields import Flaw, Row
from core.services.importing import conversations, exchanges, usage
from core.services.importing.answers import answers
from core.services.importing.conversations import NotText
from core.services.importing.records import Format, Kind, PromptRecord, Reading, Record, ResponseRecord


def _detect(row: Row, _: Kind) -> bool:
    return "custom_id" in row and exchanges.first(row, "body", "params", "response", "result", "error") is not None


def _read(rows: Iterable[tuple[int, Row]], reading: Reading) -> Iterator[Record]:
    for line, row in rows:
        yield _prompt(line, row) if reading.kind is Kind.PROMPTS else _response(line, row)


def _prompt(line: int, row: Row) -> PromptRecord:
    request = exchanges.part(row, "body", "params")
    place = exchanges.first(request, "messages", "input", "prompt")
    if place is None:
        raise Flaw("holds no messages; prompts are read from the batch's input file.", field="body")
    messages = conversations.asked(request[place], f"body.{place}", request)
    return PromptRecord(line, fields.name(row, "custom_id"), "general", messages, None, None, [])


def _response(line: int, row: Row) -> ResponseRecord:
    if exchanges.first(row, "response", "result", "error") is None:
        raise Flaw("is missing; responses are read from the batch's output file.", field="response")
    answered = exchanges.part(row, "response")
    message = exchanges.part(answered, "body") or exchanges.part(exchanges.part(row, "result"), "message")
    if row.get("error") or not message or answered.get("status_code") not in (None, 200):
        raise NotText("is a failed request.", field="response")
    said = answers(message, "response.body")
    if not said:
        raise NotText("has no answer.", field="response")
    return ResponseRecord(
        line,
        fields.name(row, "custom_id"),
        fields.name(message, "model"),
        [said[0].text],
        None,
        exchanges.moment(message, "created", "created_at"),
        facts={**usage.tokens(usage.usage_in(message)), "finish_reason": said[0].finish_reason},
    )


FORMAT = Format("batch", "a Batch API file", frozenset({Kind.PROMPTS, Kind.RESPONSES}), _detect, _read)
