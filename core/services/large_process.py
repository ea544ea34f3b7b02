"""Computes one thing for ``large``: ``python -m core.services.large_process``, asked and answering in pickles."""

import os
import pickle
import sys

from core import logs
from core.errors import EvenhandError
from core.storage.engine import get_engine, reading


def main() -> None:
    """Read what is asked, do it, and write what it gave, or why it cannot be done."""
    logs.set_up()
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever is printed is no answer
    work, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301  (from our own process)
    try:
        with reading(get_engine()) as session:
            found = work(session, *arguments)
    except EvenhandError as reason:
        found = reason
    with answer:
        pickle.dump(found, answer)


if __name__ == "__main__":
    main()
