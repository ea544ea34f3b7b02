"""A look into a file before it is imported: its fields, its first records, and what it could be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from core.domain.fields import Flaw, Row
from core.errors import BadFile
from core.services.importing import columns as by_columns
from core.services.importing.columns import FIELDS, WIDE_FIELDS
from core.services.importing.formats import FORMATS, detect
from core.services.importing.formats.wide import ANSWER
from core.services.importing.query import queried
from core.services.importing.records import Format, Kind, Notes, Reading, records_of
from core.services.importing.rows import rows_of
from core.services.importing.source import Source

__all__ = ["FIELDS", "WIDE_FIELDS", "FileLook", "look_into_file", "look_into_query", "missing_fields"]

_FIRST, _TRIED = 5, 50


@dataclass(frozen=True)
class FileLook:
    """``fields``: those of the first record. ``fits``: kind → title of the format it has as that kind.

    ``reads``: the kinds as which its first records can really be read. ``carries_prompts``: as responses it brings its
    prompts, so nothing else needs to be imported first. ``answers``: candidate → its column, where a table of no known
    format has a column of answers for each.
    """

    name: str
    fields: tuple[str, ...]
    first: tuple[dict[str, Any], ...]
    fits: dict[Kind, str]
    reads: frozenset[Kind]
    carries_prompts: bool
    answers: dict[str, str]

    def guess(self) -> Kind:
        """What the file holds by its content; where several kinds can be read, what its name says, or the fullest."""
        fitting = [kind for kind in self.fits if kind in self.reads] or list(self.fits)
        named = next((kind for kind in fitting if kind.value.rstrip("s") in self.name.lower()), None)
        telling = (Kind.VOTES, Kind.RESPONSES, Kind.CANDIDATES, Kind.PROMPTS)
        by_content = next((kind for kind in telling if kind in fitting), None)
        return named or by_content or by_columns.guess_by_columns(self.fields)

    def likely_columns(self, kind: Kind) -> dict[str, str]:
        """Our field → the file's column of that or a like name; every column at most once."""
        return by_columns.likely_columns(self.fields, FIELDS[kind])

    def likely_wide_columns(self) -> dict[str, str]:
        """The same for the prompt's fields of a table with a column of answers for each candidate."""
        free = [field for field in self.fields if field not in self.answers.values()]
        return by_columns.likely_columns(free, WIDE_FIELDS)

    def sample(self, field: str) -> str:
        """The first text that a column holds, on one line."""
        found = next((str(row[field]) for row in self.first if row.get(field) not in (None, "")), "")
        return " ".join(found.split())


def look_into_file(file: Path | BinaryIO, *, name: str | None = None) -> FileLook:
    """Read the first records of a file. Raises BadFile where it cannot be read as any kind of file."""
    with Source(file, name) as source:
        return _look(source, cells=False)


def look_into_query(url: str, query: str, *, name: str = "query") -> FileLook:
    """Run the query and read its first rows. Raises BadInput where the database or the query fails."""
    with queried(url, query, name, first=_TRIED) as rows, Source(rows, name) as source:
        return _look(source, cells=True)


def missing_fields(look: FileLook, kind: Kind, columns: Mapping[str, str]) -> list[str]:
    """The needed fields that neither the mapping nor the file itself gives."""
    there = {*columns, *(set(look.fields) - set(columns.values()))}
    is_wide = any(field.startswith(ANSWER) for field in columns)
    wanted = WIDE_FIELDS if is_wide else FIELDS[kind]
    brings_prompts = kind is Kind.RESPONSES and "turns" in columns
    return [
        field
        for field, is_needed in wanted.items()
        if is_needed and field not in there and not (brings_prompts and field == "prompt_id")
    ]


def _look(source: Source, *, cells: bool) -> FileLook:
    try:
        tried = _sound(source, cells=cells)
        if not tried:
            raise Flaw("It holds no records.")
    except Flaw as flaw:
        raise BadFile(flaw.problem, file=source.name, line=flaw.line, field=flaw.field) from None
    first = tried[:_FIRST]
    found = {kind: format for kind in Kind if (format := _format(tried, kind)) is not None}
    answering = found.get(Kind.RESPONSES)
    titles = tuple(first[0][1])
    return FileLook(
        source.name,
        titles,
        tuple(dict(row) for _, row in first),
        {kind: format.title for kind, format in found.items()},
        frozenset(kind for kind, format in found.items() if _reads(format, tried, kind)),
        answering is not None and answering.carries_prompts,
        {} if found else by_columns.likely_answers(titles),
    )


def _sound(source: Source, *, cells: bool) -> list[tuple[int, Row]]:
    """The records to try, as far as they are sound; the first ones must be."""
    kept: list[tuple[int, Row]] = []
    try:
        for line, row in islice(rows_of(source, {}, cells=cells), _TRIED):
            kept.append((line, row))
    except (Flaw, BadFile):
        if len(kept) < _FIRST:
            raise
    return kept


def _reads(format: Format, rows: Iterable[tuple[int, Row]], kind: Kind) -> bool:
    """Whether the rows give a record of that kind before anything is wrong with them."""
    try:
        return next(records_of(format, rows, Reading(kind, Notes())), None) is not None
    except Flaw:
        return False


def _format(rows: Iterable[tuple[int, Row]], kind: Kind) -> Format | None:
    try:
        found = detect((row for _, row in rows), kind)
    except Flaw:
        return None
    return found if found.name in FORMATS else None
