"""Langfuse: observations (of type GENERATION), traces and dataset items, as JSONL, JSON or CSV.

Field names are the public API's and the UI export's (camelCase) or the blob storage export's (snake_case).
Source: langfuse.com/docs, "Export data" and "Blob storage export field reference".
"""

from collections.abc import Iterable, Iterator

from core.domain import fields
from core.domain.fields import Row
from core.services.importing import conversations, exchanges, times
from core.services.importing.conversations import NotText, said
from core.services.importing.records import Format, Kind, Reading, Record

_MARKS = (
    {"traceId", "type"}, {"trace_id", "type", "start_time"}, {"sessionId", "timestamp", "input"},
    {"session_id", "timestamp", "input"}, {"input", "expectedOutput"}, {"input", "expected_output"},
    {"traceId", "startTime"}, {"input", "output", "observations"},
)  # fmt: skip


def _detect(row: Row, _: Kind) -> bool:
    return "run_type" not in row and any(mark <= row.keys() for mark in _MARKS)


def _read(rows: Iterable[tuple[int, Row]], reading: Reading) -> Iterator[Record]:
    return exchanges.exchanges(rows, reading, _exchange)


def _exchange(row: Row, _: Reading) -> exchanges.Exchange:
    kind = row.get("type")
    if isinstance(kind, str) and kind and kind.upper() != "GENERATION":
        raise NotText("is not a generation.", field="type")
    if row.get("level") == "ERROR":
        raise NotText("is a failed call.", field="level")
    usage = exchanges.part(row, "usageDetails", "usage_details", "usage")
    start = exchanges.moment(row, "startTime", "start_time", "timestamp", "createdAt", "created_at")
    end = exchanges.moment(row, "endTime", "end_time")
    began = exchanges.moment(row, "completionStartTime", "completion_start_time")
    ideal = said(row.get("expectedOutput") or row.get("expected_output"), "expectedOutput")
    return exchanges.Exchange(
        conversations.asked(row.get("input"), "input"),
        said(row.get("output"), "output"),
        exchanges.model(row, "model", "providedModelName", "provided_model_name", "model_id"),
        key=fields.optional_name(row, "id") if ideal else None,
        created_at=start,
        reference=ideal or None,
        facts={
            "latency_ms": times.elapsed_ms(start, end),
            "ttft_ms": times.elapsed_ms(start, began),
            "input_tokens": exchanges.tokens(usage, "input", "promptTokens", "prompt_tokens"),
            "output_tokens": exchanges.tokens(usage, "output", "completionTokens", "completion_tokens"),
            "cost_usd": exchanges.amount(row, "totalCost", "total_cost", "calculatedTotalCost"),
        },
    )


FORMAT = Format(
    "langfuse",
    "a Langfuse export",
    frozenset({Kind.PROMPTS, Kind.RESPONSES}),
    _detect,
    _read,
    carries_prompts=True,
    may_repeat=True,
)
