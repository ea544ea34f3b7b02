"""Logs of chat completions: the request (model, messages) and the response (choices, usage), nested or side by side.

Read are ``{"request": {…}, "response": {…}}``, the request's and the response's fields in one object, and lines of
a fine-tuning file (``{"messages": […, assistant]}``), whose last answer becomes the prompt's reference.
"""

from collections.abc import Iterable, Iterator

from core.domain.fields import Flaw, Row
from core.services.importing import conversations, exchanges, finishing, shapes, times, usage
from core.services.importing.answers import Answer, answers, references
from core.services.importing.records import Format, Kind, Reading, Record

_REQUEST = ("request", "request_body", "kwargs", "body")
_RESPONSE = ("response", "response_body", "completion", "output")
_BESIDE_ANSWERS = frozenset({"choices", "usage", "usageMetadata", "object", "stop_reason", "finish_reason"})
_MODEL = ("model", "modelVersion")
_OF_ITEMS = ("object", "status", "incomplete_details", "error", "output")
_MESSAGES = ("messages", "input", "prompt", "contents")


def _detect(row: Row, _: Kind) -> bool:
    request = exchanges.part(row, *_REQUEST) or row
    answered = "choices" in row or exchanges.first(row, *_RESPONSE) is not None
    return "custom_id" not in row and (
        exchanges.first(request, "messages") is not None
        or (answered and exchanges.first(request, "input", "prompt", "contents") is not None)
    )


def _read(rows: Iterable[tuple[int, Row]], reading: Reading) -> Iterator[Record]:
    return exchanges.exchanges(rows, reading, _exchange)


def _exchange(row: Row, reading: Reading) -> exchanges.Exchange:
    request = exchanges.part(row, *_REQUEST) or row
    place = exchanges.first(request, *_MESSAGES)
    if place is None:
        raise Flaw("is missing.", field="messages")
    written = shapes.unfolded(request[place])
    response = _response(row)
    said = _answers(row, response)
    reference = None
    if not said and isinstance(written, list) and reading.kind is Kind.PROMPTS:
        reference = references(written, place) if shapes.is_conversation(written) else None
    start = exchanges.moment(row, "start_time", "started_at", "startTime")
    end = exchanges.moment(row, "end_time", "ended_at", "endTime")
    return exchanges.Exchange(
        conversations.asked(written, place, request),
        said or (answers(written, place) if shapes.is_conversation(written) else []),
        next((name for name in (exchanges.model(each, *_MODEL) for each in (request, row, response)) if name), None),
        created_at=start
        or exchanges.moment(row, "created_at", "timestamp", "created")
        or exchanges.moment(response, "created", "created_at"),
        reference=reference,
        facts={
            "latency_ms": exchanges.amount(row, "latency_ms", "duration_ms", "response_ms")
            or times.elapsed_ms(start, end),
            "ttft_ms": exchanges.amount(row, "ttft_ms", "time_to_first_token_ms"),
            **usage.tokens(usage.usage_in(response, row)),
            "cost_usd": exchanges.amount(row, "cost_usd"),
        },
    )


def _response(row: Row) -> Row:
    """The object that holds the answer and what is told beside it: the row itself where the answer is a mere text."""
    place = exchanges.first(row, *_RESPONSE)
    found = shapes.unfolded(row[place]) if place else None
    is_told = isinstance(found, dict) and (shapes.is_completion(found) or not _BESIDE_ANSWERS.isdisjoint(found))
    return found if isinstance(found, dict) and is_told else row


def _answers(row: Row, response: Row) -> list[Answer]:
    reason = finishing.reason_in(row, 1)
    if shapes.are_choices(response.get("choices")):
        return answers({"choices": response["choices"]}, "response", reason)
    if shapes.is_items(response):
        return answers({name: response[name] for name in _OF_ITEMS if name in response}, "response", reason)
    place = exchanges.first(row, *_RESPONSE)
    if place is not None:
        return answers(row[place], place, reason)
    return answers({"role": "assistant", "content": row["content"]}, "content", reason) if row.get("content") else []


FORMAT = Format(
    "openai-chat",
    "a log of chat completions",
    frozenset({Kind.PROMPTS, Kind.RESPONSES}),
    _detect,
    _read,
    carries_prompts=True,
    may_repeat=True,
)
