"""Work that goes on beside the pages of this process: one thread each, and a page that looks at it now and then.

The thread never touches Streamlit. A job is known by its name and database, so that another tab finds it too.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any

from core.errors import EvenhandError
from core.ui.shared.resources import engine

_log = logging.getLogger(__name__)
_jobs: dict[tuple[str, str], "Job"] = {}
_lock = Lock()


@dataclass
class Job:
    """What is going on, and how it ended."""

    name: str
    about: Any = None
    """Whatever the page wants to know of it again."""
    done: int = 0
    total: int = 0
    result: Any = None
    problem: str = ""
    """Why it failed, fit to show; empty where it did not."""
    is_over: bool = False
    began: float = field(default_factory=monotonic)
    _stop: Event = field(default_factory=Event)

    def told(self, done: int, total: int) -> None:
        """For the work: how far it is."""
        self.done, self.total = done, total

    def stop(self) -> None:
        """Ask it to end; it ends when it looks."""
        self._stop.set()

    def is_stopped(self) -> bool:
        """Whether somebody asked it to end."""
        return self._stop.is_set()

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def left_s(self) -> float | None:
        """Seconds that are left at the pace so far; None while that cannot be told."""
        if self.share < 0.02:
            return None
        return (monotonic() - self.began) / self.share * (1 - self.share)


def begin(name: str, work: Callable[[Job], Any], *, about: Any = None) -> Job:
    """Begin ``work`` in a thread of its own; the one that is going on under this name, where there is one."""
    with _lock:
        there = _jobs.get(_key(name))
        if there is not None and not there.is_over:
            return there
        job = _jobs[_key(name)] = Job(name, about)
    Thread(target=_run, args=(job, work), name=f"evenhand-{name}", daemon=True).start()
    return job


def stop(name: str) -> None:
    """Ask a job to end, if it is there."""
    job = known(name)
    if job is not None:
        job.stop()


def known(name: str) -> Job | None:
    """The job of this name, going on or over; None where there is none."""
    return _jobs.get(_key(name))


def forget(name: str) -> None:
    """Put away a job that is over."""
    with _lock:
        there = _jobs.get(_key(name))
        if there is not None and there.is_over:
            del _jobs[_key(name)]


def _key(name: str) -> tuple[str, str]:
    return str(engine().url), name


def _run(job: Job, work: Callable[[Job], Any]) -> None:
    try:
        job.result = work(job)
    except EvenhandError as error:
        job.problem = str(error)
    except Exception as error:
        _log.exception("%s failed", job.name)
        job.problem = f"Something went wrong here ({type(error).__name__}); the server's log says more."
    finally:
        job.is_over = True
