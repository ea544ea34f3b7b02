"""Reads a response's body, whatever form it really has, as the events of an answer.

Server-sent events as the standard has them and as they are sent: without blank lines between, without the last one,
several JSON values in one, with a byte order mark. And what comes instead of them: a whole JSON document, JSON lines,
a web page, a few words.
"""

import codecs
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from typing import Any, NamedTuple

from core.providers.bounds import TooMuch

MOST_OF_A_DOCUMENT = 16 * 2**20  # characters of a body that is no stream, which is kept until its end
_LINE_END = re.compile(r"\r\n|\n|\r")
_FIELD = re.compile(r"(data|event|id|retry)(?::|$)")
_END = re.compile(r"\[?DONE\]?\s*\Z")
_BLANKS = " \t\n\r\ufeff\x1e"
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_BETWEEN = re.compile(r"[\s,]*")
_DOUBLED = re.compile(r"(?:data:\s*)+")
_STILL_HERE = re.compile(r"(?:ping|pong|keep[-_ ]?alive|heartbeat|\.+)?\s*\Z", re.IGNORECASE)


class Told(NamedTuple):
    """One thing that the endpoint told."""

    content: Any
    """What its JSON says, a list's members one by one; words that are no JSON as a ``str``."""
    name: str = ""
    """Of the event, where it has one."""
    is_bare: bool = False
    """It came as a document or a line of JSON, and not in a stream of events."""
    is_end: bool = False
    """It only says that the answer has ended (``[DONE]``)."""


async def events(body: AsyncIterator[bytes]) -> AsyncGenerator[Told]:
    """What ``body`` tells, as it arrives; what follows its end is read and left. Raises ValueError and TooMuch.

    ValueError: JSON that is broken.
    """
    reader = _Reader()
    is_over = False
    async for line in _lines(body):
        if is_over:
            continue
        for each in reader.take(line):
            is_over = is_over or each.is_end
            yield each
    if not is_over:
        for each in reader.finish():
            yield each


async def _lines(body: AsyncIterator[bytes]) -> AsyncGenerator[str]:
    """The lines of ``body`` without their ends, in a time that its size decides and not how it is cut."""
    decoder: codecs.IncrementalDecoder | None = None
    begun: list[str] = []
    is_after_cr = False
    async for piece in body:
        decoder = decoder or _decoder(piece)
        text = decoder.decode(piece)
        if is_after_cr and text.startswith("\n"):
            is_after_cr, text = False, text[1:]
        if not text:
            continue
        is_after_cr = text.endswith("\r")
        lines = _LINE_END.split(text) if "\r" in text else text.split("\n")
        begun.append(lines[0])
        if len(lines) > 1:
            lines[0], begun = "".join(begun), [lines.pop()]
            for line in lines:
                yield line
    yield "".join(begun)


def _decoder(first: bytes) -> codecs.IncrementalDecoder:
    encoding = next((name for mark, name in _MARKS if first.startswith(mark)), "utf-8")
    return codecs.getincrementaldecoder(encoding)(errors="replace")


class _Reader:
    """Puts lines together: to events, each up to a blank line or the next one's beginning, or to one document."""

    def __init__(self) -> None:
        self._name = ""
        self._data: list[str] = []
        self._document: list[str] = []
        self._size = 0
        self._is_stream = self._is_document = False

    def take(self, line: str) -> Iterator[Told]:
        """One more line; what is whole with it."""
        if self._is_document:
            self._keep(line)
        elif line.startswith("data:"):
            yield from self._take_data(line[5:])
        elif not line:
            yield from self._event()
        elif not line.startswith(":"):
            yield from self._take_odd(line.strip(_BLANKS))

    def finish(self) -> Iterator[Told]:
        """No more comes: what was begun is taken as it is."""
        yield from self._event()
        text = "\n".join(self._document).strip(_BLANKS)
        if text and not (self._is_stream and not self._is_document):
            for content in _values(text):
                yield Told(content, is_bare=not self._is_stream)

    def _take_odd(self, line: str) -> Iterator[Told]:
        """A line that is neither data nor blank: another field, one after a mark, JSON, or no event stream at all."""
        field = _FIELD.match(line)
        if field is not None:
            if field[1] == "data":
                yield from self._take_data(line[field.end() :])
            elif field[1] == "event":
                yield from self._event_so_far()
                self._name = line[field.end() :].strip()
                self._is_stream = True
        elif _END.match(line):
            yield from self._event()
            yield Told(None, is_end=True)
        elif line.startswith("{") and (found := _parsed(line)) is not None:
            yield Told(found, is_bare=not self._is_stream)
        elif line and not line.startswith(":"):
            self._is_document = line[0] in "{[<"
            if self._is_document:
                self._document.clear()
            self._keep(line)

    def _keep(self, line: str) -> None:
        self._document.append(line)
        self._size += len(line)
        if self._size > MOST_OF_A_DOCUMENT:
            raise TooMuch(f"more than {MOST_OF_A_DOCUMENT // 2**20:,} MiB of an answer that is no stream")

    def _take_data(self, content: str) -> Iterator[Told]:
        self._is_stream = True
        if self._data:
            yield from self._event_so_far()
        self._data.append(content)

    def _event_so_far(self) -> Iterator[Told]:
        """The event whose single line is a whole JSON value: a new one begins though no blank line ended it."""
        if len(self._data) == 1 and _parsed(self._data[0]) is not None:
            yield from self._event()

    def _event(self) -> Iterator[Told]:
        """What the lines so far say, if they say anything."""
        if not self._data:
            return
        name, text = self._name, "\n".join(self._data).strip(_BLANKS)
        self._name, self._data = "", []
        if text.startswith("data:"):
            text = _DOUBLED.sub("", text, count=1)
        if _END.match(text):
            yield Told(None, name, is_end=True)
        elif text:
            for content in _values(text):
                yield Told(content, name)


def _values(text: str) -> list[Any]:
    """The JSON values that ``text`` holds one after the other, lists opened; words where it is none and never was."""
    try:
        found = json.loads(text)
    except ValueError:
        if text[0] not in "{[":
            return [] if _STILL_HERE.match(text) else [text]
        return _one_after_the_other(text)
    return found if isinstance(found, list) else [found]


def _one_after_the_other(text: str) -> list[Any]:
    decoder, at, found = json.JSONDecoder(), 0, []
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found += value if isinstance(value, list) else [value]
        at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]
    return found


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
