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
_OPENING = re.compile(r"[ \t\r\n]*\[")
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
    text = _Text(source, "A record")
    while True:
        text.skip_blanks()
        if not text.is_over and not text.begins("{"):
            raise Flaw("One object belongs after another here, and nothing else.", line=text.line)
        if (element := text.element()) is not None:
            yield element
        elif not text.read_on():
            if text.is_over:
                return
            raise Flaw("The record is cut off, or damaged.", line=text.line)


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
    text, before = _Text(source, "A record of the JSON array"), _FIRST
    is_open = False
    while True:
        is_open = is_open or text.skip(_OPENING)
        if is_begun := is_open and text.skip(before, to="{"):
            before = _FIRST
        if is_begun and (element := text.element()) is not None:
            yield element[:2]
            before = _NEXT
        elif is_open and text.skip(_END):
            return text.refuse_rest()
        elif not is_begun and not text.is_blank_but_for(_MORE):
            raise Flaw("A JSON array must hold objects, with a comma between them.", line=text.line)
        elif not text.read_on():
            raise Flaw("The JSON array is cut off, or damaged here.", line=text.line)


class _Text:
    """A file's text from where it was read to, of which no more is held than a record takes.

    ``line``: on which that is. ``record``: what a part is called that is too long to be one.
    """

    def __init__(self, source: Source, record: str) -> None:
        self.line = 1
        self._pieces = (piece.replace("\x00", "\ufffd") for piece in source.texts())
        self._held, self._place, self._record = "", 0, record

    @property
    def is_over(self) -> bool:
        """Whether nothing is left of what is held."""
        return self._place >= len(self._held)

    def begins(self, sign: str) -> bool:
        return self._held.startswith(sign, self._place)

    def skip_blanks(self) -> None:
        self.skip(_FIRST)

    def skip(self, pattern: re.Pattern[str], *, to: str = "") -> bool:
        """Go past the pattern, where it is next with ``to`` behind it; whether it was."""
        found = pattern.match(self._held, self._place)
        if found is None or not self._held.startswith(to, found.end()):
            return False
        self._go_to(found.end())
        return True

    def is_blank_but_for(self, pattern: re.Pattern[str]) -> bool:
        return pattern.fullmatch(self._held, self._place) is not None

    def element(self) -> tuple[int, Row, str] | None:
        """Go past the object that is next; (line, object, its text), None where what is held does not hold its end."""
        element = _element(self._held, self._place, self.line) if self.begins("{") else None
        if element is None:
            return None
        row, end = element
        found = self.line, row, self._held[self._place : end]
        self._go_to(end)
        return found

    def read_on(self) -> bool:
        """Hold more; whether there was any. Raises Flaw for a record that is too long."""
        self._held, self._place = self._held[self._place :], 0
        if len(self._held) > LONGEST_LINE:
            raise Flaw(f"{self._record} is damaged, or longer than 16 MB.", line=self.line)
        more = "".join(islice(self._pieces, 1 + len(self._held) // 65536))
        self._held += more
        return bool(more)

    def refuse_rest(self) -> None:
        """Raise Flaw where anything but blanks is left."""
        for piece in chain([self._held[self._place :]], self._pieces):
            if piece.strip():
                raise Flaw("Something follows the end of the JSON array.", line=self.line)

    def _go_to(self, end: int) -> None:
        self.line += self._held.count("\n", self._place, end)
        self._place = end


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
