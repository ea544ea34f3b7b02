"""JSON as files hold it: an object a line, a big array, pretty-printed objects one after another; pages unfolded."""

import re
from collections.abc import Iterator
from itertools import chain, islice
from json import JSONDecodeError, JSONDecoder
from typing import Any

from pydantic_core import from_json

from core.domain.fields import Flaw, Row, kind_of
from core.errors import BadFile
from core.services.importing import pages
from core.services.importing.source import LONGEST_LINE, NOT_UTF8, Source

Rows = Iterator[tuple[int, Row]]
_FIRST = re.compile(r"[ \t\r\n]*")
_NEXT = re.compile(r"[ \t\r\n]*,[ \t\r\n]*")
_END = re.compile(r"[ \t\r\n]*\]")
_MORE = re.compile(r"[ \t\r\n]*,?[ \t\r\n]*")


def _refuse_constant(_: str) -> None:
    raise ValueError


_DECODER = JSONDecoder(parse_constant=_refuse_constant)


def lines(source: Source) -> Rows:
    """The objects on the lines of a file that begins with one; where the first line holds but a part of one, the
    objects of the file one after another, however they are laid out.
    """
    is_first = True
    for number, line in source.lines():
        try:
            row = from_json(line, allow_inf_nan=False)
        except ValueError as error:
            if not line or line.isspace():
                continue
            row = _with_odd_characters(line)
            if row is None:
                flaw = Flaw(_json_problem(line, error), line=number)
                if not is_first:
                    raise flaw from None
                yield from _laid_out(source, flaw)
                return
        if type(row) is not dict:
            raise Flaw(f"One object belongs on each line, not {kind_of(row)}.", line=number)
        is_first = False
        yield number, row


def _laid_out(source: Source, flaw: Flaw) -> Rows:
    """The objects of a file one after another; ``flaw`` where it does not begin with a sound one."""
    found = _objects(source)
    try:
        first = next(found)
    except (Flaw, BadFile, StopIteration):
        raise flaw from None
    for line, row, text in chain([first], found):
        yield from pages.numbered(line, row, text) if pages.held_by(row) else [(line, row)]


def _objects(source: Source) -> Iterator[tuple[int, Row, str]]:
    """(line, object, its text) of every object."""
    pieces = (piece.replace("\x00", "\ufffd") for piece in source.texts())
    buffer, place, number = "", 0, 1
    while True:
        blank = _FIRST.match(buffer, place)
        after = blank.end() if blank else place
        number += buffer.count("\n", place, after)
        place = after
        if place < len(buffer):
            if buffer[place] != "{":
                raise Flaw("One object belongs after another here, and nothing else.", line=number)
            element = _element(buffer, place, number)
            if element is not None:
                row, end = element
                yield number, row, buffer[place:end]
                number += buffer.count("\n", place, end)
                place = end
                continue
        buffer, place = buffer[place:], 0
        if len(buffer) > LONGEST_LINE:
            raise Flaw("A record is damaged, or longer than 16 MB.", line=number)
        if not (more := "".join(islice(pieces, 1 + len(buffer) // 65536))):
            if buffer:
                raise Flaw("The record is cut off, or damaged.", line=number)
            return
        buffer += more


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


def array(source: Source) -> Rows:
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
