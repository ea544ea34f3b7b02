"""The process behind ``core.services.apart``: takes calls, answers each, and dies of what takes too long.

It computes and does nothing else, ends when whoever started it is gone, and loads only what the calls need.
"""

import os
import pickle
import resource
import signal
import sys
from multiprocessing.connection import Connection
from typing import Any

CPU_S = 2.0
MEMORY_BYTES = 1_000_000_000
OUT_OF_MEMORY = 97
READY = "ready"


def main() -> None:
    """Answer calls from the connection (a file descriptor, the first argument) until it closes."""
    connection = Connection(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for whoever started it
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        connection.send(READY)
        while True:
            for payload in connection.recv():
                _answer(connection, payload)
    except (EOFError, OSError):
        return


def _answer(connection: Connection, payload: bytes) -> None:
    # The timer counts computing time, so a busy machine stops nothing that is quick; when it runs out the kernel ends
    # this process, whatever it is in the middle of.
    signal.setitimer(signal.ITIMER_PROF, CPU_S)
    try:
        outcome = _outcome(payload)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    signal.setitimer(signal.ITIMER_PROF, 0)
    connection.send(outcome)


def _outcome(payload: bytes) -> Any:
    """What the call returns, or the exception it raises, as far as that can be sent."""
    try:
        work, arguments = pickle.loads(payload)  # noqa: S301 - from the process that started this one
        found = work(*arguments)
        pickle.dumps(found)
    except MemoryError:
        raise
    except Exception as error:
        return as_sendable(error)
    return found


def as_sendable(error: Exception) -> Exception:
    """The error, or where it does not survive being sent, one that says the same."""
    try:
        is_same = type(pickle.loads(pickle.dumps(error))) is type(error)  # noqa: S301
    except Exception:
        is_same = False
    return error if is_same else RuntimeError(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
