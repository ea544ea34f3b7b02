"""A small file of each kind to start from: what it is filled with can be imported as it is."""

import csv
import io
import json
from typing import Any

from core.services.importing.records import Kind

_ROWS: dict[Kind, tuple[dict[str, Any], ...]] = {
    Kind.PROMPTS: (
        {"id": "order-1", "category": "orders", "turns": "Where is my order?", "reference": "on its way"},
        {"id": "refund-1", "category": "refunds", "turns": "Can I send this back after 40 days?", "reference": ""},
    ),
    Kind.RESPONSES: (
        {"prompt_id": "order-1", "candidate": "model-a", "text": "It is on its way.", "latency_ms": 850},
        {"prompt_id": "order-1", "candidate": "model-b", "text": "Please tell me the number.", "latency_ms": 430},
    ),
    Kind.VOTES: (
        {"prompt_id": "order-1", "left": "model-a", "right": "model-b", "winner": "left", "question": "tone",
         "rater": "Ann"},
        {"prompt_id": "order-1", "left": "model-b", "right": "model-a", "winner": "tie", "question": "send",
         "rater": "Ben"},
    ),
    Kind.CANDIDATES: (
        {"name": "model-a", "provider": "openai", "model": "gpt-4o-mini", "system": "", "temperature": 0.2},
        {"name": "model-b", "provider": "anthropic", "model": "claude-haiku-4-5", "system": "", "temperature": 0.2},
    ),
}  # fmt: skip


def template(kind: Kind, format: str) -> bytes:
    """The template of ``kind`` as "csv" or "jsonl"."""
    rows = _ROWS[kind]
    if format == "csv":
        page = io.StringIO(newline="")
        writer = csv.DictWriter(page, list(rows[0]), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
        return ("\ufeff" + page.getvalue()).encode()
    filled = [{field: _as_json(field, found) for field, found in row.items() if found != ""} for row in rows]
    return "".join(f"{json.dumps(row)}\n" for row in filled).encode()


def _as_json(field: str, found: Any) -> Any:
    return [found] if field == "turns" else found
