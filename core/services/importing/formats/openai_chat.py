"""Logs of chat completions: the request (model, messages) and the response (choices, usage), nested or side by side.

Read are ``{"request": {…}, "response": {…}}``, the request's and the response's fields in one object, and lines of
a fine-tuning file (``{"messages": […, assistant]}``), whose last answer becomes the prompt's reference.
"""

from collections.abc import Iterable, Iterator

from core.domain import fields
from core.domain.fields import Flaw, Row
from core.services.importing import conversations, exchanges, times
from core.services.importing.conversations import said
from core.services.importing.records import Format, Kind, Reading, Record

_REQUEST = ("request", "request_body", "kwargs", "body")
_RESPONSE = ("response", "response_body", "completion", "output")
_MESSAGES = ("messages", "input", "prompt")


def _detect(row: Row, _: Kind) -> bool:
    request = exchanges.part(row, *_REQUEST) or row
    answered = "choices" in row or exchanges.first(row, *_RESPONSE) is not None
    return "custom_id" not in row and (
        exchanges.first(request, "messages") is not None
        or (answered and exchanges.first(request, "input", "prompt") is not None)
    )


def _read(rows: Iterable[tuple[int, Row]], reading: Reading) -> Iterator[Record]:
    return exchanges.exchanges(rows, reading, _exchange)


def _exchange(row: Row, reading: Reading) -> exchanges.Exchange:
    request = exchanges.part(row, *_REQUEST) or row
    place = exchanges.first(request, *_MESSAGES)
    if place is None:
        raise Flaw("is missing.", field="messages")
    written = fields.decoded(request[place])
    response = exchanges.part(row, *_RESPONSE) or row
    usage = exchanges.part(response, "usage")
    answers = _answers(row, response)
    reference = None
    if not answers and isinstance(written, list) and reading.kind is Kind.PROMPTS:
        reference = said(written, place) or None
    start = exchanges.moment(row, "start_time", "started_at", "startTime")
    end = exchanges.moment(row, "end_time", "ended_at", "endTime")
    return exchanges.Exchange(
        conversations.asked(written, place),
        answers or (said(written, place) if isinstance(written, list) else []),
        exchanges.model(request, "model") or exchanges.model(response, "model"),
        created_at=start
        or exchanges.moment(row, "created_at", "timestamp", "created")
        or exchanges.moment(response, "created", "created_at"),
        reference=reference,
        facts={
            "latency_ms": exchanges.amount(row, "latency_ms", "duration_ms", "response_ms")
            or times.elapsed_ms(start, end),
            "ttft_ms": exchanges.amount(row, "ttft_ms", "time_to_first_token_ms"),
            "input_tokens": exchanges.tokens(usage, "prompt_tokens", "input_tokens"),
            "output_tokens": exchanges.tokens(usage, "completion_tokens", "output_tokens"),
            "cost_usd": exchanges.amount(row, "cost_usd"),
            "finish_reason": exchanges.finish_reason(response),
        },
    )


def _answers(row: Row, response: Row) -> list[str]:
    if isinstance(response.get("choices"), list):
        return said({"choices": response["choices"]}, "choices")
    place = exchanges.first(row, *_RESPONSE)
    return [] if place is None else said(row[place], place)


FORMAT = Format(
    "openai-chat",
    "a log of chat completions",
    frozenset({Kind.PROMPTS, Kind.RESPONSES}),
    _detect,
    _read,
    carries_prompts=True,
    may_repeat=True,
)
