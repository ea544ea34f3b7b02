"""Batch files: requests (``custom_id``, ``body``) are prompts, results (``custom_id``, ``response``) are responses.

Source: OpenAI's Batch API reference (BatchRequestInput, BatchRequestOutput); Anthropic's Message Batches
(``params``; ``result`` of type succeeded, errored, canceled or expired).
"""

from collections.abc import Iterable, Iterator

from core.domain import fields
from core.domain.fields import Flaw, Row
from core.services.importing import conversations, exchanges
from core.services.importing.conversations import NotText, said
from core.services.importing.records import Format, Kind, PromptRecord, Reading, Record, ResponseRecord


def _detect(row: Row, _: Kind) -> bool:
    return "custom_id" in row and exchanges.first(row, "body", "params", "response", "result", "error") is not None


def _read(rows: Iterable[tuple[int, Row]], reading: Reading) -> Iterator[Record]:
    failed = 0
    for line, row in rows:
        if reading.kind is Kind.PROMPTS:
            yield _prompt(line, row)
            continue
        try:
            yield _response(line, row)
        except NotText:
            failed += 1
    if failed:
        reading.notes.add(f"{failed} requests of the batch failed or hold no text, and were left out.")


def _prompt(line: int, row: Row) -> PromptRecord:
    request = exchanges.part(row, "body", "params")
    place = exchanges.first(request, "messages", "input", "prompt")
    if place is None:
        raise Flaw("holds no messages; prompts are read from the batch's input file.", field="body")
    messages = conversations.asked(request[place], f"body.{place}")
    if isinstance(request.get("system"), str):
        messages = [{"role": "system", "content": fields.text(request, "system")}, *messages]
    return PromptRecord(line, fields.name(row, "custom_id"), "general", messages, None, None, [])


def _response(line: int, row: Row) -> ResponseRecord:
    if exchanges.first(row, "response", "result", "error") is None:
        raise Flaw("is missing; responses are read from the batch's output file.", field="response")
    answered = exchanges.part(row, "response")
    message = exchanges.part(answered, "body") or exchanges.part(exchanges.part(row, "result"), "message")
    texts = said(message, "response.body")
    if not texts or answered.get("status_code", 200) != 200:
        raise NotText("failed.")
    usage = exchanges.part(message, "usage")
    return ResponseRecord(
        line,
        fields.name(row, "custom_id"),
        fields.name(message, "model"),
        texts[:1],
        None,
        exchanges.moment(message, "created", "created_at"),
        facts={
            "input_tokens": exchanges.tokens(usage, "prompt_tokens", "input_tokens"),
            "output_tokens": exchanges.tokens(usage, "completion_tokens", "output_tokens"),
            "finish_reason": exchanges.finish_reason(message),
        },
    )


FORMAT = Format("batch", "a Batch API file", frozenset({Kind.PROMPTS, Kind.RESPONSES}), _detect, _read)
