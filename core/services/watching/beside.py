"""The process that watches a large workspace beside the app, so that pages keep their time and memory."""

import subprocess
from threading import Lock
from time import monotonic

from sqlalchemy import Engine

from core.services import child

_AFTER_FAILURE_S = 60.0


class Beside:
    """At most one such process; it ends with this one, however this one ends, because its standard input closes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._is_stopped = False

    def ensure(self) -> None:
        """Start it unless it is there; one that failed is not started again within a minute."""
        with self._lock:
            is_there = self._child is not None and self._child.poll() is None
            is_fresh = self._child is not None and monotonic() - self._started_at < _AFTER_FAILURE_S
            if self._is_stopped or is_there or is_fresh:
                return
            self._end()
            self._child = child.start("core.services.watching.beside_process", self._engine)
            self._started_at = monotonic()

    def stop(self) -> None:
        """End it; what it was at is begun anew by whoever comes next."""
        with self._lock:
            self._is_stopped = True
            self._end()

    def _end(self) -> None:
        ended, self._child = self._child, None
        if ended is not None:
            child.end(ended)
