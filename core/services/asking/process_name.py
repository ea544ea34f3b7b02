"""The name of this process, to be written beside what it holds, and whether the one of a name is gone."""

import os
import socket
import uuid
from functools import lru_cache
from pathlib import Path


def me() -> str:
    """This process's name as a worker: machine, process id, and a part that no earlier process had."""
    return _name_of(os.getpid())


@lru_cache
def _name_of(pid: int) -> str:
    return f"{_machine()} {pid} {uuid.uuid4().hex[:12]}"


@lru_cache
def _machine() -> str:
    """Machine and space of process ids: two containers may share a name, but not what their ids mean."""
    space = Path("/proc/self/ns/pid")
    number = str(space.stat().st_ino) if space.exists() else "-"
    return f"{socket.gethostname().replace(' ', '-')}/{number}"


def is_surely_dead(worker: str) -> bool:
    """Whether ``worker`` was a process of this machine that is no more; False where that cannot be known."""
    machine, pid, _ = worker.split(" ")
    if machine != _machine() or worker == me():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
