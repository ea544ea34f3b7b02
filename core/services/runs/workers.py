"""Starting the worker process when runs are due, and stopping it with the app."""

import subprocess
from threading import Lock
from time import monotonic

from sqlalchemy import Engine

from core import clock
from core.services import child
from core.services.runs.claims import claimable
from core.services.runs.control import tidy_up
from core.storage.engine import reading

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
        worker = _children.get(address)
        if worker is not None and worker.poll() is None:
            return True
        if worker is not None and worker.returncode > 0 and monotonic() - _started_at[address] < _AFTER_FAILURE_S:
            return False
        with reading(engine) as session:
            if not claimable(session, clock.now()):
                return False
        _children[address], _started_at[address] = child.start("core.services.runs.worker", engine), monotonic()
        return True


def stop() -> None:
    """Stop our workers: what is in flight is given two seconds, what is not done is picked up by the next start."""
    with _lock:
        for worker in _children.values():
            if worker.poll() is None:
                worker.terminate()
        for worker in _children.values():
            child.end(worker)
        _children.clear()
