"""The process that watches a large workspace beside the app, so that pages keep their time and memory."""

import contextlib
import subprocess
import sys
from threading import Lock
from time import monotonic

from sqlalchemy import Engine

from core.settings import PROJECT_ROOT, server_environment

_STOPS_WITHIN_S = 5.0
_AFTER_FAILURE_S = 60.0


class Beside:
    """At most one such process; it ends with this one, however this one ends, because its standard input closes."""

    def __init__(self, engine: Engine) -> None:
        self._address = engine.url.render_as_string(hide_password=False)
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
            environment = server_environment(host="127.0.0.1", port=8501) | {"EVENHAND_DATABASE_URL": self._address}
            self._child = subprocess.Popen(
                [sys.executable, "-m", "core.services.watching.beside_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env=environment,
                cwd=PROJECT_ROOT,
            )
            self._started_at = monotonic()

    def stop(self) -> None:
        """End it; what it was at is begun anew by whoever comes next."""
        with self._lock:
            self._is_stopped = True
            self._end()

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_STOPS_WITHIN_S)
        if child.poll() is None:
            child.kill()
            child.wait()
        if child.stdin is not None:
            child.stdin.close()
