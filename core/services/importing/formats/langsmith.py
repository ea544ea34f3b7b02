"""LangSmith: runs (of type llm) as exported or bulk-exported, and dataset examples (inputs, outputs).

Source: docs.langchain.com/langsmith/run-data-format; messages also in LangChain's serialised form.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from core.domain import fields
from core.domain.fields import Flaw, Row
from core.services.importing import conversations, exchanges, times
from core.services.importing.conversations import NotText, said
from core.services.importing.records import Format, Kind, Reading, Record


def _detect(row: Row, _: Kind) -> bool:
    return "inputs" in row and ("outputs" in row or "run_type" in row)


def _read(rows: Iterable[tuple[int, Row]], reading: Reading) -> Iterator[Record]:
    return exchanges.exchanges(rows, reading, _exchange)


def _exchange(row: Row, reading: Reading) -> exchanges.Exchange:
    is_run = "run_type" in row
    if is_run and row["run_type"] not in ("llm", "chat_model"):
        raise NotText("is not a call of a model.", field="run_type")
    if row.get("error"):
        raise NotText("is a failed call.", field="error")
    outputs = exchanges.part(row, "outputs")
    answers = said(outputs or row.get("outputs"), "outputs")
    start = exchanges.moment(row, "start_time", "created_at")
    usage = _usage(outputs)
    return exchanges.Exchange(
        conversations.asked(row.get("inputs"), "inputs"),
        answers,
        _model(row, outputs),
        key=None if is_run else fields.optional_name(row, "id"),
        created_at=start,
        reference=answers if not is_run and reading.kind is Kind.PROMPTS and answers else None,
        facts={
            "latency_ms": times.elapsed_ms(start, exchanges.moment(row, "end_time")),
            "ttft_ms": times.elapsed_ms(start, exchanges.moment(row, "first_token_time")),
            "input_tokens": exchanges.tokens(row, "prompt_tokens")
            or exchanges.tokens(usage, "prompt_tokens", "input_tokens"),
            "output_tokens": exchanges.tokens(row, "completion_tokens")
            or exchanges.tokens(usage, "completion_tokens", "output_tokens"),
            "cost_usd": _cost(row),
        },
    )


def _usage(outputs: Row) -> Row:
    return (
        exchanges.part(outputs, "usage", "usage_metadata")
        or exchanges.part(exchanges.part(outputs, "llm_output"), "token_usage")
    )  # fmt: skip


def _cost(row: Row) -> float | None:
    found: Any = row.get("total_cost")
    if isinstance(found, str) and found:
        try:
            return fields.amount({"total_cost": float(found)}, "total_cost")
        except ValueError:
            raise Flaw("must be a number.", field="total_cost") from None
    return fields.amount(row, "total_cost")


def _model(row: Row, outputs: Row) -> str | None:
    extra = exchanges.part(row, "extra")
    places = (
        (row, ("model", "model_name")),
        (exchanges.part(extra, "metadata"), ("ls_model_name",)),
        (exchanges.part(extra, "invocation_params"), ("model", "model_name")),
        (outputs, ("model",)),
        (exchanges.part(outputs, "llm_output"), ("model_name", "model")),
    )
    for within, names in places:
        if (found := exchanges.model(within, *names)) is not None:
            return found
    return None


FORMAT = Format(
    "langsmith",
    "a LangSmith export",
    frozenset({Kind.PROMPTS, Kind.RESPONSES}),
    _detect,
    _read,
    carries_prompts=True,
    may_repeat=True,
)
