"""Watches a large workspace beside the app: ``python -m core.services.watching.beside_process``.

It ends when it is told to (SIGTERM), or when its standard input closes because whoever started it is gone.
"""

import logging
import os
import sys
from threading import Thread
from time import monotonic, sleep

from core import logs
from core.services.watching.jobs import Job, heavy_jobs
from core.storage.engine import get_engine

_LOOKS_EVERY_S = 1.0
_NICENESS = 10
_log = logging.getLogger(__name__)


def main() -> None:
    """Give every heavy job its turns, one after the other, at a low priority."""
    logs.set_up()
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    Thread(target=_end_with_whoever_started_it, daemon=True).start()
    due = [(0.0, job) for job in heavy_jobs(get_engine())]
    while True:
        due = [(_turn(job), job) if at <= monotonic() else (at, job) for at, job in due]
        sleep(_LOOKS_EVERY_S)


def _turn(job: Job) -> float:
    """When it is due again. A failure keeps no other job from its turn."""
    try:
        job.turn()
    except Exception:
        _log.exception("the job %s failed beside the app and will be tried again", job.name)
    return monotonic() + job.every_s


def _end_with_whoever_started_it() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
