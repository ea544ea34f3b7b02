"""A look into a file before it is imported: its fields, its first records, and what it could be."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import BadFile
from core.services.importing.formats import FORMATS, detect
from core.services.importing.query import queried
from core.services.importing.records import Flaw, Kind, Row
from core.services.importing.rows import rows_of
from core.services.importing.source import Source

_FIRST = 5

FIELDS: dict[Kind, dict[str, bool]] = {
    Kind.PROMPTS: {"id": True, "turns": True, "category": False, "reference": False, "tags": False},
    Kind.RESPONSES: {
        "prompt_id": True,
        "candidate": True,
        "text": True,
        "repetition": False,
        "latency_ms": False,
        "ttft_ms": False,
        "input_tokens": False,
        "output_tokens": False,
        "cost_usd": False,
        "finish_reason": False,
        "created_at": False,
    },
    Kind.VOTES: {
        "prompt_id": True,
        "left": True,
        "right": True,
        "winner": True,
        "question": False,
        "rater": False,
        "created_at": False,
    },
    Kind.CANDIDATES: {"name": True, "provider": True, "model": True, "system": False, "temperature": False},
}
"""Per kind the fields that a file's columns can be mapped to, and whether the field is needed."""

_OTHER_NAMES = {
    "id": ("prompt_id", "promptid", "question_id", "key", "uid"),
    "turns": ("prompt", "question", "text", "input", "message", "content", "query"),
    "category": ("type", "topic", "kind", "label", "class"),
    "reference": ("answer", "expected", "ideal", "gold", "target"),
    "prompt_id": ("promptid", "prompt", "question_id", "id", "item"),
    "candidate": ("model", "model_id", "model_name", "system", "engine"),
    "text": ("response", "answer", "output", "completion", "content", "reply"),
    "latency_ms": ("latency", "duration_ms"),
    "left": ("model_a", "model_x", "a", "left_model"),
    "right": ("model_b", "model_y", "b", "right_model"),
    "winner": ("vote", "outcome", "preference", "preferred", "result", "better", "label"),
    "rater": ("judge", "worker", "annotator", "user", "evaluator", "rated_by", "who"),
    "created_at": ("timestamp", "time", "date", "tstamp", "at"),
    "name": ("candidate", "title"),
    "model": ("model_name", "model_id", "api_id"),
    "provider": ("api", "vendor"),
}


@dataclass(frozen=True)
class FileLook:
    """``fields``: those of the first record. ``fits``: kind → title of the format it has as that kind.

    ``carries_prompts``: as responses it brings its prompts, so nothing else needs to be imported first.
    """

    name: str
    fields: tuple[str, ...]
    first: tuple[dict[str, Any], ...]
    fits: dict[Kind, str]
    carries_prompts: bool

    def guess(self) -> Kind:
        """What the file most likely holds: what its name says, where that fits, else the most telling kind."""
        named = next((kind for kind in self.fits if kind.value.rstrip("s") in self.name.lower()), None)
        telling = (Kind.VOTES, Kind.RESPONSES, Kind.CANDIDATES, Kind.PROMPTS)
        return named or next((kind for kind in telling if kind in self.fits), self._by_columns())

    def _by_columns(self) -> Kind:
        """The kind for which the most of its needed fields have a column of a like name."""

        def found(kind: Kind) -> float:
            needed = [field for field, is_needed in FIELDS[kind].items() if is_needed]
            mapped = self.likely_columns(kind)
            return sum(field in mapped for field in needed) / len(needed)

        return max((Kind.VOTES, Kind.RESPONSES, Kind.PROMPTS, Kind.CANDIDATES), key=found)

    def likely_columns(self, kind: Kind) -> dict[str, str]:
        """Our field → the file's column of that or a like name; every column at most once."""
        plain = {column.strip().lower().replace(" ", "_").replace("-", "_"): column for column in self.fields}
        mapped: dict[str, str] = {}
        for names in (lambda field: (field,), lambda field: _OTHER_NAMES.get(field, ())):
            for field in FIELDS[kind]:
                column = next((plain[name] for name in names(field) if name in plain), None)
                if field not in mapped and column is not None and column not in mapped.values():
                    mapped[field] = column
        return mapped


def look_into_file(file: Path | BinaryIO, *, name: str | None = None) -> FileLook:
    """Read the first records of a file. Raises BadFile where it cannot be read as any kind of file."""
    with Source(file, name) as source:
        return _look(source, cells=False)


def look_into_query(url: str, query: str, *, name: str = "query") -> FileLook:
    """Run the query and read its first rows. Raises BadInput where the database or the query fails."""
    with queried(url, query, name, first=_FIRST) as rows, Source(rows, name) as source:
        return _look(source, cells=True)


def missing_fields(look: FileLook, kind: Kind, columns: Mapping[str, str]) -> list[str]:
    """The needed fields that neither the mapping nor the file itself gives."""
    kept = set(look.fields) - set(columns.values())
    return [field for field, is_needed in FIELDS[kind].items() if is_needed and field not in {*columns, *kept}]


def _look(source: Source, *, cells: bool) -> FileLook:
    try:
        first = [row for _, row in islice(rows_of(source, {}, cells=cells), _FIRST)]
        if not first:
            raise Flaw("It holds no records.")
    except Flaw as flaw:
        raise BadFile(flaw.problem, file=source.name, line=flaw.line, field=flaw.field) from None
    fits = {kind: title for kind in Kind if (title := _format(first[0], kind)) is not None}
    carrying = any(each.carries_prompts and each.title == fits.get(Kind.RESPONSES) for each in FORMATS.values())
    return FileLook(source.name, tuple(first[0]), tuple(dict(row) for row in first), fits, carrying)


def _format(row: Row, kind: Kind) -> str | None:
    try:
        return detect(row, kind).title
    except Flaw:
        return None
