"""LiteLLM spend logs: rows of LiteLLM_SpendLogs, with prompts where ``store_prompts_in_spend_logs`` was on.

Source: github.com/BerriAI/litellm, schema.prisma; newer versions keep the request in ``proxy_server_request``.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from core.domain import fields
from core.domain.fields import Row
from core.services.importing import conversations, exchanges, times, usage
from core.services.importing.answers import answers
from core.services.importing.conversations import NotText
from core.services.importing.records import Format, Kind, Reading, Record


def _detect(row: Row, _: Kind) -> bool:
    return "request_id" in row and ("spend" in row or "call_type" in row)


def _read(rows: Iterable[tuple[int, Row]], reading: Reading) -> Iterator[Record]:
    return exchanges.exchanges(rows, reading, _exchange)


def _exchange(row: Row, _: Reading) -> exchanges.Exchange:
    if str(row.get("status") or "success") != "success":
        raise NotText("is a failed call.", field="status")
    request = exchanges.part(row, "proxy_server_request")
    request = exchanges.part(request, "body") or request
    written = fields.decoded(row.get("messages")) or _first_of(request, "messages", "input", "prompt")
    if not written:
        raise NotText("is empty: LiteLLM keeps prompts only with store_prompts_in_spend_logs.", field="messages")
    response = exchanges.part(row, "response")
    told = usage.tokens(usage.usage_in(response, exchanges.part(row, "metadata")))
    start, end = exchanges.moment(row, "startTime"), exchanges.moment(row, "endTime")
    began = exchanges.moment(row, "completionStartTime")
    return exchanges.Exchange(
        conversations.asked(written, "messages", request),
        answers(fields.decoded(row.get("response")), "response"),
        exchanges.model(row, "model", "model_group"),
        created_at=start,
        facts={
            "latency_ms": times.elapsed_ms(start, end) or exchanges.amount(row, "request_duration_ms"),
            "ttft_ms": times.elapsed_ms(start, began) if began != end else None,
            **told,
            "input_tokens": usage.first_count(row, ("prompt_tokens",)) or told["input_tokens"],
            "output_tokens": usage.first_count(row, ("completion_tokens",)) or told["output_tokens"],
            "cost_usd": exchanges.amount(row, "spend"),
        },
    )


def _first_of(request: Row, *names: str) -> Any:
    found = exchanges.first(request, *names)
    return request[found] if found else None


FORMAT = Format(
    "litellm",
    "LiteLLM spend logs",
    frozenset({Kind.PROMPTS, Kind.RESPONSES}),
    _detect,
    _read,
    carries_prompts=True,
    may_repeat=True,
)
