"""From bytes to rows: JSON in any layout, CSV, or the result of an SQL query."""

import csv
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from core.domain.fields import Cells, Flaw
from core.services.importing import json_rows, pages
from core.services.importing.exchanges import content_key
from core.services.importing.json_rows import Rows
from core.services.importing.source import LONGEST_LINE, NOT_UTF8, Source

_MOST_COLUMNS = 1000
_BLANK = " \t\r\n,;|"
_SEPARATOR = re.compile(r'\s*"?sep=([,;\t|])"?\s*', re.IGNORECASE)
"""The first line with which Excel says what stands between the cells."""
_TABLE_NAME = re.compile(r"\.(csv|tsv)(\.gz)?$", re.IGNORECASE)


def rows_of(source: Source, columns: Mapping[str, str], *, cells: bool = False) -> Rows:
    """(line, row) of every record; the container is told from the first character that is not blank.

    A page of an API is unfolded into its records. ``columns``, our field -> the file's column, renames the columns;
    prompts mapped so without an id get one of their content. ``cells``: take the rows as a table's.
    """
    head = source.first_character()
    if head == b"[":
        rows = pages.unfolded(json_rows.array(source))
    elif head == b"{":
        rows = json_rows.lines(source) if cells else pages.unfolded(json_rows.lines(source))
    elif not head:
        raise Flaw("The file is empty.")
    else:
        rows = _table(source)
    if cells:
        rows = ((line, Cells(row)) for line, row in rows)
    return _renamed(rows, columns) if columns else rows


def _table(source: Source) -> Rows:
    """The rows of a table; what a spreadsheet leaves empty, before it, behind it or beside it, is skipped."""
    csv.field_size_limit(LONGEST_LINE)
    texts = _decoded(source)
    number, first = next(((number, text) for number, text in texts if text.strip(_BLANK)), (1, ""))
    stated = _SEPARATOR.fullmatch(first)
    if stated is not None:
        number, first = next(texts, (number, ""))
    delimiter = stated[1] if stated else max(",;\t", key=first.count)
    reader = csv.reader(chain([first], (text for _, text in texts)), delimiter=delimiter, strict=True)
    try:
        header = [title.strip() for title in next(reader)]
        _check_header(header, is_named_table=_TABLE_NAME.search(source.name) is not None)
        while True:
            line = number + reader.line_num
            cells = next(reader, None)
            if cells is None:
                return
            if any(map(str.strip, cells)):
                yield line, _row(header, cells, line)
    except csv.Error as error:
        raise Flaw(f"It is not CSV ({error}).", line=number + max(0, reader.line_num - 1)) from None


def _row(header: list[str], cells: list[str], line: int) -> Cells:
    while len(cells) > len(header) and not cells[-1].strip():
        cells.pop()
    if len(cells) != len(header):
        raise Flaw(f"The row has {len(cells)} cells, the header has {len(header)}.", line=line)
    return Cells((title, cell) for title, cell in zip(header, cells, strict=True) if title or cell.strip())


def _decoded(source: Source) -> Iterator[tuple[int, str]]:
    for number, line in source.lines():
        try:
            yield number, line.decode() + "\n"
        except UnicodeDecodeError:
            raise Flaw(NOT_UTF8, line=number) from None


def _check_header(header: list[str], *, is_named_table: bool) -> None:
    if len(header) > _MOST_COLUMNS:
        raise Flaw("It is neither JSON nor CSV: the first line has more than 1000 columns.", line=1)
    looks_wrong = any(not title.isprintable() or "{" in title or '"' in title for title in header)
    if len(header) < (1 if is_named_table else 2) or looks_wrong or not any(header):
        raise Flaw("It is neither JSON (one object a line, or an array) nor CSV with a header line.", line=1)
    doubled = next((title for title in header if title and header.count(title) > 1), None)
    if doubled is not None:
        raise Flaw("names two columns of the header.", line=1, field=doubled)


def _renamed(rows: Rows, columns: Mapping[str, str]) -> Rows:
    taken = set(columns.values())
    for line, row in rows:
        absent = next((theirs for theirs in columns.values() if theirs not in row), None)
        if absent is not None:
            raise Flaw("is not there, though the column mapping names it.", line=line, field=absent)
        renamed: dict[str, Any] = {key: found for key, found in row.items() if key not in taken}
        renamed.update({ours: row[theirs] for ours, theirs in columns.items()})
        if "turns" in columns and type(row) is not Cells:
            _complete(renamed)
        yield line, type(row)(renamed)


def _complete(prompt: dict[str, Any]) -> None:
    """Let a mapped prompt be as free as a table's: one text for a list of one, and an id of its content."""
    if isinstance(prompt["turns"], str):
        prompt["turns"] = [prompt["turns"]]
    if prompt.keys().isdisjoint(("id", "prompt_id")):
        prompt["id"] = content_key(prompt["turns"])
