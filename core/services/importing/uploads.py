"""Uploads on disk: how much may lie there, and files that several readers share."""

import io
import os
import weakref
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from threading import Lock

MOST_BYTES_OF_A_SESSION = 1_000_000_000
MOST_BYTES = 4_000_000_000
MOST_FILES_OF_A_SESSION = 20


class TooMuch(Exception):
    """There is no room for the upload; ``str`` says which bound it passes."""


@dataclass
class _Room:
    """How much lies on disk or is on its way there, by session."""

    bytes_of: dict[str, int] = field(default_factory=dict)
    files_of: dict[str, int] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def change(self, session_id: str, *, size: int, files: int = 0) -> None:
        with self.lock:
            for held, by in ((self.bytes_of, size), (self.files_of, files)):
                held[session_id] = held.get(session_id, 0) + by
                if not held[session_id]:
                    del held[session_id]

    def check(self, session_id: str) -> None:
        with self.lock:
            if self.bytes_of.get(session_id, 0) > MOST_BYTES_OF_A_SESSION:
                raise TooMuch(f"This tab holds {MOST_BYTES_OF_A_SESSION // 1_000_000:,} MB of files. Reload the page.")
            if self.files_of.get(session_id, 0) > MOST_FILES_OF_A_SESSION:
                raise TooMuch(f"This tab holds {MOST_FILES_OF_A_SESSION} files. Reload the page.")
            if sum(self.bytes_of.values()) > MOST_BYTES:
                raise TooMuch("Too much is being uploaded by everybody together. Try again in a while.")


_room = _Room()


class Intake:
    """An upload on its way: takes room as its bytes arrive, and gives it back when it is dropped."""

    def __init__(self, session_id: str) -> None:
        self._session_id, self._taken = session_id, [0]
        _room.change(session_id, size=0, files=1)
        self._give_back = weakref.finalize(self, _give_back, session_id, self._taken)
        self.take(0)

    def take(self, size: int) -> None:
        """Count ``size`` more bytes. Raises TooMuch, and then holds no room any more."""
        self._taken[0] += size
        _room.change(self._session_id, size=size)
        try:
            _room.check(self._session_id)
        except TooMuch:
            self.drop()
            raise

    def drop(self) -> None:
        """Give the room back now."""
        self._give_back()


def _give_back(session_id: str, taken: list[int]) -> None:
    _room.change(session_id, size=-taken[0], files=-1)


class OnDisk(bytes):
    """What Streamlit keeps in place of an upload's content; file and room are given back when Streamlit drops it."""

    file: "SpooledTemporaryFile[bytes]"
    intake: Intake
    size: int

    @classmethod
    def of(cls, file: "SpooledTemporaryFile[bytes]", intake: Intake) -> "OnDisk":
        """``file`` holds the content; nobody else closes it."""
        made = cls()
        file.rollover()
        file.flush()
        made.size = file.seek(0, io.SEEK_END)
        made.file, made.intake = file, intake
        return made

    def __len__(self) -> int:
        """How many bytes the file has: what Streamlit counts and shows."""
        return self.size


class _Reading(io.RawIOBase):
    """Reads an upload from its start, with a place of its own."""

    def __init__(self, content: OnDisk, name: str) -> None:
        self._content, self._at, self.name = content, 0, name

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._content.file.fileno()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        found = os.pread(self._content.file.fileno(), len(buffer), self._at)
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._content.size}[whence]
        self._at = max(0, start + offset)
        return self._at


class ChosenFile(io.BufferedReader):
    """An upload, open at its start; ``file_id`` is another for each choice, ``size`` in bytes."""

    def __init__(self, content: OnDisk, name: str, file_id: str) -> None:
        super().__init__(_Reading(content, name))
        self.file_id, self.size = file_id, content.size
