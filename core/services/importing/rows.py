"""From bytes to rows: JSON lines, a JSON array, CSV, or the result of an SQL query."""

import csv
import re
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from json import JSONDecodeError, JSONDecoder
from typing import Any

from pydantic_core import from_json

from core.domain.fields import Cells, Flaw, Row, kind_of
from core.services.importing.exchanges import content_key
from core.services.importing.source import LONGEST_LINE, NOT_UTF8, Source

Rows = Iterator[tuple[int, Row]]
_MOST_COLUMNS = 1000
_FIRST = re.compile(r"[ \t\r\n]*")
_NEXT = re.compile(r"[ \t\r\n]*,[ \t\r\n]*")
_END = re.compile(r"[ \t\r\n]*\]")
_TABLE_NAME = re.compile(r"\.(csv|tsv)(\.gz)?$", re.IGNORECASE)
_MORE = re.compile(r"[ \t\r\n]*,?[ \t\r\n]*")


def _refuse_constant(_: str) -> None:
    raise ValueError


_DECODER = JSONDecoder(parse_constant=_refuse_constant)


def rows_of(source: Source, columns: Mapping[str, str], *, cells: bool = False) -> Rows:
    """(line, row) of every record; the container is told from the first character that is not blank.

    ``columns``, our field -> the file's column, renames the columns; prompts mapped so without an id get one of
    their content. ``cells``: take the rows as a table's.
    """
    head = source.first_character()
    if head == b"[":
        rows = _array(source)
    elif head == b"{":
        rows = _json_lines(source)
    elif not head:
        raise Flaw("The file is empty.")
    else:
        rows = _table(source)
    if cells:
        rows = ((line, Cells(row)) for line, row in rows)
    return _renamed(rows, columns) if columns else rows


def _json_lines(source: Source) -> Rows:
    for number, line in source.lines():
        try:
            row = from_json(line, allow_inf_nan=False)
        except ValueError as error:
            if not line or line.isspace():
                continue
            row = _with_odd_characters(line)
            if row is None:
                raise Flaw(_json_problem(line, error), line=number) from None
        if type(row) is not dict:
            raise Flaw(f"One object belongs on each line, not {kind_of(row)}.", line=number)
        yield number, row


def _with_odd_characters(text: str | bytes) -> Any:
    """JSON that is sound but for NUL or halves of surrogate pairs, which the fields replace; None where it is not."""
    try:
        written = text if isinstance(text, str) else text.decode()
        return _DECODER.decode(written.replace("\x00", "\ufffd"))
    except (ValueError, RecursionError):
        return None


def _json_problem(line: bytes, error: ValueError) -> str:
    try:
        line.decode()
    except UnicodeDecodeError:
        return NOT_UTF8
    return f"It is not JSON ({str(error).replace(' at line 1', '')})."


def _array(source: Source) -> Rows:
    """The objects of one big array, each checked again as strictly as a line is."""
    pieces = (piece.replace("\x00", "\ufffd") for piece in source.texts())
    buffer = next(pieces, "").lstrip()
    while not buffer:
        buffer = next(pieces).lstrip()
    place, number, separator = 1, 1, _FIRST
    while True:
        found = separator.match(buffer, place)
        after = found.end() if found else place
        if found and after < len(buffer) and buffer[after] == "{":
            element = _element(buffer, after, number + buffer.count("\n", place, after))
            if element is not None:
                number += buffer.count("\n", place, after)
                yield number, element[0]
                number += buffer.count("\n", after, element[1])
                place, separator = element[1], _NEXT
                continue
        elif end := _END.match(buffer, place):
            return _refuse_rest(buffer[end.end() :], pieces, number)
        elif _MORE.fullmatch(buffer, place) is None:
            raise Flaw("A JSON array must hold objects, with a comma between them.", line=number)
        buffer, place = buffer[place:], 0
        if len(buffer) > LONGEST_LINE:
            raise Flaw("A record of the JSON array is damaged, or longer than 16 MB.", line=number)
        if not (more := "".join(islice(pieces, 1 + len(buffer) // 65536))):
            raise Flaw("The JSON array is cut off, or damaged here.", line=number)
        buffer += more


def _element(buffer: str, place: int, line: int) -> tuple[Row, int] | None:
    """The object at ``place`` and where it ends; None where the buffer does not hold its end."""
    try:
        _, end = _DECODER.raw_decode(buffer, place)
    except JSONDecodeError:
        return None
    except (ValueError, RecursionError):
        raise Flaw("The record holds a number or a nesting that JSON cannot express.", line=line) from None
    try:
        row: Row = from_json(buffer[place:end].encode(), allow_inf_nan=False)
    except ValueError as error:
        row = _with_odd_characters(buffer[place:end])
        if row is None:
            raise Flaw(f"It is not JSON ({error}).", line=line) from None
    return row, end


def _refuse_rest(rest: str, pieces: Iterator[str], line: int) -> None:
    for piece in chain([rest], pieces):
        if piece.strip():
            raise Flaw("Something follows the end of the JSON array.", line=line)


def _table(source: Source) -> Rows:
    csv.field_size_limit(LONGEST_LINE)
    texts = _decoded(source)
    first = next((text for text in texts if text.strip()), "")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(chain([first], texts), delimiter=delimiter, strict=True)
    try:
        header = [title.strip() for title in next(reader)]
        _check_header(header, is_named_table=_TABLE_NAME.search(source.name) is not None)
        while True:
            line = reader.line_num + 1
            cells = next(reader, None)
            if cells is None:
                return
            if not cells:
                continue
            if len(cells) != len(header):
                raise Flaw(f"The row has {len(cells)} cells, the header has {len(header)}.", line=line)
            yield line, Cells(zip(header, cells, strict=True))
    except csv.Error as error:
        raise Flaw(f"It is not CSV ({error}).", line=max(1, reader.line_num)) from None


def _decoded(source: Source) -> Iterator[str]:
    for number, line in source.lines():
        try:
            yield line.decode() + "\n"
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
