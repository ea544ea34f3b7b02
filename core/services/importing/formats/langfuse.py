"""Langfuse: observations (of type GENERATION), traces and dataset items, as JSONL, JSON or CSV.

A trace that holds its observations is read for their sake. Field names are the public API's and the UI export's
(camelCase) or the blob storage export's (snake_case). Source: langfuse.com/docs, "Export data" and "Blob storage export
field reference"; "Token and cost tracking" for the buckets of usage.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from core.domain import fields
from core.domain.fields import Flaw, Row
from core.services.importing import conversations, exchanges, finishing, times, usage
from core.services.importing.answers import answers, references
from core.services.importing.conversations import NotText
from core.services.importing.records import Facts, Format, Kind, Reading, Record

_MARKS = (
    {"traceId", "type"}, {"trace_id", "type", "start_time"}, {"sessionId", "timestamp", "input"},
    {"session_id", "timestamp", "input"}, {"input", "expectedOutput"}, {"input", "expected_output"},
    {"traceId", "startTime"}, {"input", "output", "observations"},
)  # fmt: skip
_USAGE = ("usageDetails", "usage_details", "providedUsageDetails", "provided_usage_details", "usage")
_FLAT_USAGE = {
    "input": ("inputUsage", "input_usage", "promptTokens", "prompt_tokens", "inputTokens"),
    "output": ("outputUsage", "output_usage", "completionTokens", "completion_tokens", "outputTokens"),
}


def _detect(row: Row, _: Kind) -> bool:
    return "run_type" not in row and any(mark <= row.keys() for mark in _MARKS)


def _read(rows: Iterable[tuple[int, Row]], reading: Reading) -> Iterator[Record]:
    for line, row in rows:
        generations = _generations(row)
        if not generations:
            yield from exchanges.records(line, _exchange(row), reading)
        for each in generations:
            try:
                yield from exchanges.records(line, _exchange(each), reading)
            except Flaw as flaw:
                reading.left_out.add(line, flaw)


def _generations(row: Row) -> list[Row]:
    """The calls of a model among the observations that a trace holds."""
    held: Any = fields.decoded(row.get("observations"))
    within = held if isinstance(held, list) else []
    return [each for each in within if isinstance(each, dict) and _kind(each) == "GENERATION"]


def _kind(row: Row) -> str | None:
    kind = row.get("type")
    return kind.upper() if isinstance(kind, str) and kind else None


def _exchange(row: Row) -> exchanges.Exchange:
    if _kind(row) not in (None, "GENERATION"):
        raise NotText("is not a generation.", field="type")
    if row.get("level") == "ERROR":
        raise NotText("is a failed call.", field="level")
    start = exchanges.moment(row, "startTime", "start_time", "timestamp", "createdAt", "created_at")
    expected = exchanges.first(row, "expectedOutput", "expected_output")
    ideal = references(row[expected], expected) if expected else None
    return exchanges.Exchange(
        conversations.asked(conversations.cell(row, "input"), "input"),
        answers(row.get("output"), "output", finishing.reason_in(exchanges.part(row, "metadata"))),
        _model(row),
        key=fields.optional_name(row, "id") if ideal else None,
        created_at=start,
        reference=ideal,
        facts={
            **_times(row, start),
            **_tokens(row),
            "cost_usd": exchanges.amount(row, "totalCost", "total_cost", "calculatedTotalCost"),
        },
    )


def _model(row: Row) -> str | None:
    named = exchanges.model(row, "model", "providedModelName", "provided_model_name", "model_id")
    places = ((exchanges.part(row, "output"), ("model",)), (exchanges.part(row, "metadata"), ("ls_model_name",)))
    return named or next((name for within, names in places if (name := exchanges.model(within, *names))), None)


def _times(row: Row, start: Any) -> Facts:
    """Latency and time to first token: from the times, or else as they are told in seconds."""
    end = exchanges.moment(row, "endTime", "end_time")
    began = exchanges.moment(row, "completionStartTime", "completion_start_time")
    latency, first = times.elapsed_ms(start, end), times.elapsed_ms(start, began)
    told = exchanges.amount(row, "latency")
    told_first = exchanges.amount(row, "timeToFirstToken", "time_to_first_token")
    return {
        "latency_ms": told * 1000 if latency is None and told is not None else latency,
        "ttft_ms": told_first * 1000 if first is None and told_first is not None else first,
    }


def _tokens(row: Row) -> Facts:
    name = exchanges.first(row, *_USAGE)
    told = usage.buckets(exchanges.part(row, *_USAGE)) if name else {}
    if any(count is not None for count in told.values()):
        return told
    return {f"{side}_tokens": usage.first_count(row, names) for side, names in _FLAT_USAGE.items()}


FORMAT = Format(
    "langfuse",
    "a Langfuse export",
    frozenset({Kind.PROMPTS, Kind.RESPONSES}),
    _detect,
    _read,
    carries_prompts=True,
    may_repeat=True,
)
