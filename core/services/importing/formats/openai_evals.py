"""OpenAI evals samples: ``{"input": text or messages, "ideal": text or [text]}``, one a line.

Every message of a sample is part of what is asked, a system message at its end or alone too.

Source: github.com/openai/evals, docs/build-eval.md.
"""

from collections.abc import Iterable, Iterator

from core.domain import fields
from core.domain.fields import Row
from core.services.importing import conversations, exchanges
from core.services.importing.answers import alternatives
from core.services.importing.records import Format, Kind, PromptRecord, Reading, Record


def _detect(row: Row, _: Kind) -> bool:
    return "input" in row and "ideal" in row


def _read(rows: Iterable[tuple[int, Row]], _: Reading) -> Iterator[Record]:
    for line, row in rows:
        messages = conversations.asked(conversations.cell(row, "input"), "input", row)
        reference = alternatives(row, "ideal")
        key = fields.optional_name(row, "id") or exchanges.content_key([messages, reference])
        yield PromptRecord(line, key, "general", messages, reference, None, [])


FORMAT = Format("openai-evals", "OpenAI evals", frozenset({Kind.PROMPTS}), _detect, _read, may_repeat=True)
