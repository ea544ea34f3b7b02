"""Starting the worker process when runs are due, and stopping it with the app."""

import contextlib
import subprocess
import sys
from threading import Lock
from time import monotonic

from sqlalchemy import Engine

from core import clock
from core.services.runs.claims import claimable
from core.services.runs.control import tidy_up
from core.settings import PROJECT_ROOT, server_environment
from core.storage.engine import reading

_STOPS_WITHIN_S = 5.0
_AFTER_FAILURE_S = 60.0
_lock = Lock()
_children: dict[str, subprocess.Popen[bytes]] = {}
_started_at: dict[str, float] = {}


def ensure(engine: Engine) -> bool:
    """Start a worker if runs are due and none of ours is alive; whether one is alive now.

    Queued runs are due, and so are those that say they are being carried out while nobody does: what was asked for goes
    on after a crash or a restart without anybody doing anything. Cheap, to be called often; a worker that failed is
    not started again within a minute.
    """
    address = engine.url.render_as_string(hide_password=False)
    tidy_up(engine, now=clock.now())
    with _lock:
        child = _children.get(address)
        if child is not None and child.poll() is None:
            return True
        if child is not None and child.returncode > 0 and monotonic() - _started_at[address] < _AFTER_FAILURE_S:
            return False
        with reading(engine) as session:
            if not claimable(session, clock.now()):
                return False
        _children[address], _started_at[address] = _start(address), monotonic()
        return True


def stop() -> None:
    """Stop our workers: what is in flight is given two seconds, what is not done is picked up by the next start."""
    with _lock:
        for child in _children.values():
            if child.poll() is None:
                child.terminate()
        for child in _children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_STOPS_WITHIN_S)
            if child.poll() is None:
                child.kill()
                child.wait()
            if child.stdin is not None:
                child.stdin.close()
        _children.clear()


def _start(address: str) -> subprocess.Popen[bytes]:
    """A worker whose standard input is a pipe from this process: it closes when this process ends, killed or not."""
    environment = server_environment(host="127.0.0.1", port=8501) | {"EVENHAND_DATABASE_URL": address}
    return subprocess.Popen(
        [sys.executable, "-m", "core.services.runs.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=environment,
        cwd=PROJECT_ROOT,
    )
