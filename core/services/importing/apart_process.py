"""The process behind ``core.services.importing.apart``: imports once, says how far it is, and ends.

It ends too when its standard input closes, which is how it notices that whoever started it is gone.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from threading import Thread
from time import monotonic
from typing import Any

from core.services.apart_process import as_sendable
from core.services.importing.records import ImportSummary
from core.storage.engine import open_engine

READ, DONE, FAILED = "read", "done", "failed"
_NICENESS = 10
_SAYS_EVERY_S = 0.1


@dataclass(frozen=True)
class Work:
    """What to call, without ``on_progress``."""

    address: str
    """Of the database, in place of the engine."""
    function: Callable[..., ImportSummary]
    arguments: tuple[Any, ...]
    named: dict[str, Any]


class _Line:
    """To whoever started it: how far the import is, some times a second; it waits to hear that it may go on."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._said_at = connection, 0.0

    def show(self, fraction: float | None, records: int) -> None:
        """The import's ``on_progress``."""
        if fraction != 1 and monotonic() - self._said_at < _SAYS_EVERY_S:
            return
        self._connection.send((READ, (fraction, records)))
        self._connection.recv()
        self._said_at = monotonic()


def main() -> None:
    """Import what comes over the connection (a file descriptor, the first argument)."""
    os.nice(_NICENESS)
    Thread(target=_end_with_input, daemon=True).start()
    connection = Connection(int(sys.argv[1]))
    work: Work = connection.recv()
    connection.send(_outcome(work, _Line(connection)))


def _end_with_input() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


def _outcome(work: Work, line: _Line) -> tuple[str, Any]:
    engine = open_engine(work.address)
    try:
        return DONE, work.function(engine, *work.arguments, on_progress=line.show, **work.named)
    except Exception as error:
        return FAILED, as_sendable(error)


if __name__ == "__main__":
    main()
