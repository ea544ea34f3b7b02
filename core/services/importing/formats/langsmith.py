"""LangSmith: runs (of type llm) as exported or bulk-exported, and dataset examples (inputs, outputs).

Source: docs.langchain.com/langsmith/run-data-format; messages also in LangChain's serialised form.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from core.domain import fields
from core.domain.fields import Row
from core.services.importing import conversations, exchanges, times, usage
from core.services.importing.answers import answers, references
from core.services.importing.conversations import NotText
from core.services.importing.records import Facts, Format, Kind, Reading, Record


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
    written = outputs or row.get("outputs")
    start = exchanges.moment(row, "start_time", "created_at")
    return exchanges.Exchange(
        conversations.asked(exchanges.part(row, "inputs") or row.get("inputs"), "inputs"),
        answers(written, "outputs") if is_run else [],
        _model(row, outputs),
        key=None if is_run else fields.optional_name(row, "id"),
        created_at=start,
        reference=_expected(written) if not is_run and reading.kind is Kind.PROMPTS else None,
        facts={
            "latency_ms": times.elapsed_ms(start, exchanges.moment(row, "end_time")),
            "ttft_ms": times.elapsed_ms(start, exchanges.moment(row, "first_token_time")),
            **_tokens(row, outputs),
            "cost_usd": exchanges.amount(row, "total_cost"),
        },
    )


def _expected(outputs: Any) -> list[str] | None:
    """A dataset's example says what is expected in an object; of a single field, whatever it is called, it is that."""
    only = next(iter(outputs.values())) if isinstance(outputs, dict) and len(outputs) == 1 else outputs
    return references(only, "outputs")


def _tokens(row: Row, outputs: Row) -> Facts:
    """As the run says, or else its output; what the run leaves open, the output may tell."""
    generations = outputs.get("generations")
    while isinstance(generations, list) and generations:
        generations = generations[0]
    message = exchanges.part(generations, "message") if isinstance(generations, dict) else {}
    held = [outputs, exchanges.part(outputs, "message"), message, exchanges.part(message, "kwargs")]
    extra = exchanges.part(exchanges.part(row, "extra"), "metadata")
    told = usage.tokens(usage.usage_in(*held, exchanges.part(outputs, "llm_output", "llmOutput"), extra))
    given = usage.first_count(row, ("prompt_tokens", "input_tokens"))
    output = usage.first_count(row, ("completion_tokens", "output_tokens"))
    return {**told, "input_tokens": given or told["input_tokens"], "output_tokens": output or told["output_tokens"]}


def _model(row: Row, outputs: Row) -> str | None:
    extra = exchanges.part(row, "extra")
    places = (
        (row, ("model", "model_name")),
        (exchanges.part(extra, "metadata"), ("ls_model_name",)),
        (exchanges.part(extra, "invocation_params"), ("model", "model_name")),
        (exchanges.part(row, "inputs"), ("model", "model_name")),
        (outputs, ("model", "model_name")),
        (exchanges.part(outputs, "llm_output", "llmOutput"), ("model_name", "model")),
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
