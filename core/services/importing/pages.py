"""Pages of an API: an object that holds records in a list (``{"data": […], "meta": {…}}``), and nothing of its own."""

import re
from collections.abc import Iterable, Iterator
from json import JSONDecoder

from core.domain.fields import Row

Rows = Iterator[tuple[int, Row]]
_HOLDING = (
    "data", "items", "results", "records", "rows", "runs", "traces", "observations", "generations", "examples",
    "entries", "logs", "events", "battles", "votes", "prompts", "questions", "responses", "answers", "candidates",
    "conversations", "requests", "samples",
)  # fmt: skip
# An object with one of these is a record itself, whatever lists it holds.
_OF_RECORDS = frozenset(
    {
        "messages", "input", "inputs", "prompt", "prompt_id", "question_id", "custom_id", "request_id", "request",
        "response", "turns", "choices", "output", "outputs", "traceId", "trace_id", "run_type", "model_a", "winner",
        "question", "text", "provider", "role", "candidate",
    }
)  # fmt: skip
_OF_PAGES = frozenset(
    {
        "object", "next", "previous", "prev", "cursor", "next_cursor", "nextCursor", "next_page_token", "nextPageToken",
        "first_id", "last_id", "firstId", "lastId", "status", "message", "version", "features", "links", "errors",
        "warnings", "page", "kind", "exported_at", "exportedAt", "project", "project_id", "projectId", "dataset",
        "dataset_id", "datasetId",
    }
)  # fmt: skip
"""What a page may say in a text or a list; anything may be said in numbers or in an object."""
_DECODER = JSONDecoder()
_BLANK = re.compile(r"[ \t\r\n,:]*")


def held_by(row: Row) -> str | None:
    """The field of a page that holds its records; None where the row is a record."""
    if not _OF_RECORDS.isdisjoint(row):
        return None
    name = next((name for name in _HOLDING if name in row and _are_records(row[name])), None)
    told = (each for each in row if each != name and each not in _OF_PAGES)
    return None if any(isinstance(row[each], str | list) and row[each] for each in told) else name


def _are_records(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(each, dict) for each in found)


def unfolded(rows: Iterable[tuple[int, Row]]) -> Rows:
    """The rows, and in place of each page the records that it holds, all at its line."""
    for line, row in rows:
        name = held_by(row)
        if name is None:
            yield line, row
        else:
            yield from ((line, _bare(each)) for each in row[name])


def numbered(line: int, page: Row, text: str) -> Rows:
    """The records of a page that begins at ``line`` and is written as ``text``, each at its own line."""
    name = held_by(page) or ""
    counted, place = 0, _start_of(name, text)
    for each in page[name]:
        start = _behind_blanks(text, place)
        line += text.count("\n", counted, start)
        counted = start
        yield line, _bare(each)
        _, place = _DECODER.raw_decode(text, start)


def _start_of(name: str, text: str) -> int:
    """Where the list in the field ``name`` begins, behind its bracket."""
    place, start = _behind_blanks(text, 1), 0
    while text[place] != "}":
        key, place = _DECODER.raw_decode(text, place)
        value = _behind_blanks(text, place)
        _, place = _DECODER.raw_decode(text, value)
        place = _behind_blanks(text, place)
        if key == name:
            start = value + 1
    return start


def _behind_blanks(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place


def _bare(record: Row) -> Row:
    """A record without what the dataset viewer's pages put around it."""
    inner = record.get("row")
    return inner if "row_idx" in record and isinstance(inner, dict) else record
