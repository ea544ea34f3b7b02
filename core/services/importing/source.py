"""The bytes of a file: opened, unpacked, bounded and cut into lines, never held as a whole."""

import codecs
import hashlib
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from core.domain.storable_text import storable
from core.errors import BadFile

MEGABYTE = 1024 * 1024
LONGEST_LINE = 16 * MEGABYTE
LARGEST_CONTENT = 20 * 1024 * MEGABYTE
LARGEST_RATIO = 500
"""How many bytes a packed byte may become, once 64 MB are out; text reaches about 30."""
_CHUNK = 256 * 1024
_UNTRUSTED_AFTER = 64 * MEGABYTE
GZIP_MAGIC = b"\x1f\x8b"
_SAVE_AS = "Save it as CSV or JSONL, and import that"
_OTHER_MAGIC = {
    b"PK\x03\x04": "a zip archive. Unpack it, and import what is in it",
    b"PAR1": "a Parquet file; convert it to JSONL or CSV",
    b"BZh": "packed with bzip2; unpack it, or use gzip",
    b"\xfd7zXZ": "packed with xz; unpack it, or use gzip",
    b"\x28\xb5\x2f\xfd": "packed with zstd; unpack it, or use gzip",
    b"SQLite format 3": "an SQLite database; import it by its address and a query",
    b"%PDF": f"a PDF document. {_SAVE_AS}",
    b"\xd0\xcf\x11\xe0": f"an old Office document. {_SAVE_AS}",
    b"{\\rtf": f"a rich-text document. {_SAVE_AS}",
    b"<": f"a web page or XML. {_SAVE_AS}",
    b"\x89PNG": f"an image. Only text can be compared. {_SAVE_AS}",
    b"\xff\xd8\xff": f"an image. Only text can be compared. {_SAVE_AS}",
    b"GIF8": f"an image. Only text can be compared. {_SAVE_AS}",
    b"RIFF": f"an image or a sound. Only text can be compared. {_SAVE_AS}",
}
_OFFICE = (
    (b"xl/", f"an Excel workbook. {_SAVE_AS} (in Excel: Save as, CSV UTF-8)"),
    (b"word/", f"a Word document. {_SAVE_AS}"),
    (b"ppt/", f"a PowerPoint presentation. {_SAVE_AS}"),
    (b"opendocument.spreadsheet", f"a spreadsheet. {_SAVE_AS}"),
    (b"opendocument.text", f"a text document. {_SAVE_AS}"),
)
_BY_ENDING = {".xlsx": 0, ".xlsm": 0, ".docx": 1, ".pptx": 2, ".ods": 3, ".odt": 4}
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


class Source:
    """A file to import; may be read more than once. ``name`` is what messages call it."""

    def __init__(self, file: Path | BinaryIO, name: str | None = None) -> None:
        self._stream, self._is_ours, called = _opened(file)
        self.name = storable(name or called)
        self._size = self._stream.seek(0, 2)
        if self._size == 0:
            self.close()
            raise BadFile("The file is empty.", file=self.name)

    def __enter__(self) -> "Source":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close what was opened here."""
        if self._is_ours:
            self._stream.close()

    @property
    def stem(self) -> str:
        """The file's name without folders and endings."""
        return Path(self.name).name.split(".")[0] or "imported"

    @property
    def fraction_read(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return min(1.0, self._stream.tell() / self._size)

    def content_hash(self) -> str:
        """SHA-256, in hex, of the unpacked content."""
        hashed = hashlib.sha256()
        for chunk in self.chunks():
            hashed.update(chunk)
        return hashed.hexdigest()

    def chunks(self) -> Iterator[bytes]:
        """The unpacked content from its start, in pieces of bounded size, without a byte order mark."""
        self._stream.seek(0)
        head = self._stream.read(16)
        self._stream.seek(0)
        if head.startswith(GZIP_MAGIC):
            pieces = self._unpacked()
        elif self.name.lower().endswith(".gz"):
            raise BadFile("It is named .gz, but is not packed with gzip.", file=self.name)
        else:
            pieces = iter(lambda: self._stream.read(_CHUNK), b"")
        first = next(pieces, b"")
        while len(first) < 16 and (more := next(pieces, b"")):
            first += more
        self._refuse_foreign(first)
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from pieces

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """(number from 1, bytes without the newline) of every line."""
        number, rest = 1, b""
        for chunk in self.chunks():
            pieces = chunk.split(b"\n")
            pieces[0] = rest + pieces[0]
            rest = pieces.pop()
            for piece in pieces:
                if len(piece) > LONGEST_LINE:
                    break
                yield number, piece
                number += 1
            if len(rest) > LONGEST_LINE or any(len(piece) > LONGEST_LINE for piece in pieces[:1]):
                raise BadFile(
                    f"The line is longer than {LONGEST_LINE // MEGABYTE} MB. One record belongs on each line.",
                    file=self.name,
                    line=number,
                )
        if rest:
            yield number, rest

    def texts(self) -> Iterator[str]:
        """The content as text, in pieces of bounded size that may end anywhere."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        line = 1
        try:
            for chunk in self.chunks():
                piece = decoder.decode(chunk)
                line += piece.count("\n")
                yield piece
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            line += bytes(error.object[: error.start]).count(b"\n")
            raise BadFile(NOT_UTF8, file=self.name, line=line) from None

    def first_character(self) -> bytes:
        """The first byte that is not white space; empty where there is none."""
        for chunk in self.chunks():
            if kept := chunk.lstrip():
                return kept[:1]
        return b""

    def _refuse_foreign(self, head: bytes) -> None:
        if not head or head.isspace():
            if not head:
                raise BadFile("The file is empty.", file=self.name)
            return
        if head.startswith(b"PK\x03\x04") and (office := self._office()):
            raise BadFile(f"It is {office}.", file=self.name)
        for magic, what in _OTHER_MAGIC.items():
            if head.startswith(magic):
                raise BadFile(f"It is {what}.", file=self.name)
        if head.startswith(_UTF16) or b"\x00" in head[:4]:
            raise BadFile("It is not UTF-8 text (it looks like UTF-16). Save it as UTF-8.", file=self.name)

    def _office(self) -> str | None:
        """Which office document a zip archive is: by its name, or by what it holds."""
        ending = Path(self.name).suffix.lower()
        if ending in _BY_ENDING:
            return _OFFICE[_BY_ENDING[ending]][1]
        place = self._stream.tell()
        self._stream.seek(0)
        head = self._stream.read(_CHUNK)
        self._stream.seek(place)
        return next((what for mark, what in _OFFICE if mark in head), None)

    def _unpacked(self) -> Iterator[bytes]:
        unpacker, packed, unpacked = zlib.decompressobj(wbits=31), 0, 0
        waiting = b""
        try:
            while True:
                if not waiting:
                    waiting = self._stream.read(_CHUNK)
                    packed += len(waiting)
                    if not waiting:
                        break
                if unpacker.eof:
                    waiting = waiting.lstrip(b"\x00")
                    unpacker = zlib.decompressobj(wbits=31)
                    continue
                piece = unpacker.decompress(waiting, _CHUNK)
                waiting = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
                unpacked += len(piece)
                self._refuse_bomb(packed, unpacked)
                if piece:
                    yield piece
        except zlib.error as error:
            raise BadFile("The gzip file is damaged.", file=self.name) from error
        if not unpacker.eof:
            raise BadFile("The gzip file is cut off.", file=self.name)

    def _refuse_bomb(self, packed: int, unpacked: int) -> None:
        if unpacked > LARGEST_CONTENT:
            raise BadFile("It unpacks to more than 20 GB.", file=self.name)
        if unpacked > _UNTRUSTED_AFTER and unpacked > LARGEST_RATIO * packed:
            raise BadFile(f"It unpacks to more than {LARGEST_RATIO} times its size.", file=self.name)


NOT_UTF8 = "It is not UTF-8 text. Save the file as UTF-8 (in Excel: CSV UTF-8)."


def _opened(file: Path | BinaryIO) -> tuple[BinaryIO, bool, str]:
    if isinstance(file, Path):
        if file.is_dir():
            raise BadFile("It is a folder, not a file.", file=file.name)
        try:
            stream: BinaryIO = file.open("rb")
        except FileNotFoundError:
            raise BadFile("There is no such file.", file=str(file)) from None
        except OSError as error:
            raise BadFile(f"It cannot be opened ({error.strerror}).", file=file.name) from error
        called, is_ours = file.name, True
    else:
        stream, is_ours = file, False
        called = Path(str(getattr(file, "name", "the file"))).name
    if stream.seekable():
        return stream, is_ours, called
    return _spooled(stream, called), True, called


def _spooled(stream: BinaryIO, called: str) -> BinaryIO:
    kept: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        shutil.copyfileobj(stream, kept, _CHUNK)
    except OSError as error:
        kept.close()
        raise BadFile("It could not be read to its end.", file=called) from error
    return kept
