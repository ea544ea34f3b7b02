"""A table with the prompts and the answers to them: a column of answers for each candidate (``answer:NAME``), or one of
answers (``text``) beside one of names (``candidate``).
"""

from collections.abc import Iterable, Iterator

from core.domain import fields
from core.domain.fields import Cells, Flaw, Row
from core.services.importing.formats import native
from core.services.importing.records import Format, Kind, PromptRecord, Reading, Record, ResponseRecord

ANSWER = "answer:"


def _detect(row: Row, _: Kind) -> bool:
    if "turns" not in row or "prompt_id" in row:
        return False
    return {"candidate", "text"} <= row.keys() or any(field.startswith(ANSWER) for field in row)


def _read(rows: Iterable[tuple[int, Row]], reading: Reading) -> Iterator[Record]:
    for line, row in rows:
        prompt = native.prompt(line, row)
        if reading.kind is Kind.PROMPTS:
            yield prompt
        else:
            yield from _answers(line, row, prompt)


def _answers(line: int, row: Row, prompt: PromptRecord) -> Iterator[ResponseRecord]:
    if "candidate" in row:
        given = {field: found for field, found in row.items() if field != "turns"}
        response = native.response(line, Cells(given | {"prompt_id": prompt.key}))
        yield response._replace(prompt=prompt, repetition=response.repetition if "repetition" in row else None)
        return
    answers = {field: field.removeprefix(ANSWER) for field in row if field.startswith(ANSWER)}
    if not answers:
        raise Flaw("is no column here, and without answers there is nothing to compare.", field=f"{ANSWER}NAME")
    for field, candidate in answers.items():
        if text := fields.optional_text(row, field):
            yield ResponseRecord(line, prompt.key, fields.checked_name(candidate, field), [text], None, prompt=prompt)


FORMAT = Format(
    "wide",
    "a table of prompts and answers",
    frozenset({Kind.PROMPTS, Kind.RESPONSES}),
    _detect,
    _read,
    carries_prompts=True,
    may_repeat=True,
    is_log=False,
)
