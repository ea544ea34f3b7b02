"""When background jobs had their turns, and in words what is the matter with them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from time import monotonic

from apscheduler.schedulers.background import BackgroundScheduler

STUCK_AFTER_S = 900.0
_STUCK_TIMES, _LATE_TIMES, _LATE_AFTER_S = 60, 20, 120.0


class WatchedScheduler(BackgroundScheduler):  # type: ignore[misc]
    """A scheduler that can tell whether the thread that gives turns still lives."""

    @property
    def is_alive(self) -> bool:
        """Whether its thread lives; APScheduler's own ``running`` only tells that nobody stopped it."""
        return self._thread is not None and self._thread.is_alive()


@dataclass(frozen=True)
class Turn:
    """How one job stands."""

    job: str
    every_s: float
    going_s: float | None
    """How long its turn has been going on; None: it has none now."""
    idle_s: float
    """How long ago its last turn ended; where it had none yet, how long it has been waiting for the first."""
    had_one: bool
    """Whether any turn has ended."""
    problem: str | None
    """What its last turn failed of; None: it did not fail."""

    @property
    def is_stuck(self) -> bool:
        """Whether its turn has been going on for so long that it will hardly end."""
        return self.going_s is not None and self.going_s > max(STUCK_AFTER_S, _STUCK_TIMES * self.every_s)

    @property
    def is_late(self) -> bool:
        """Whether it gets no turn though it should have had many."""
        return self.going_s is None and self.idle_s > max(_LATE_AFTER_S, _LATE_TIMES * self.every_s)

    def in_words(self, now: datetime) -> str:
        """What is the matter, and since when; empty where nothing is."""
        every = f"the job {self.job} (every {self.every_s:g} s)"
        if self.is_stuck and self.going_s is not None:
            return f"stuck: {every} has been going on since {_at(now, self.going_s)}"
        if self.is_late:
            had = "had its last turn at" if self.had_one else "has waited for its first turn since"
            return f"late: {every} {had} {_at(now, self.idle_s)}"
        return f"failing: {self.job}" if self.problem is not None else ""


@dataclass
class _Told:
    every_s: float
    since: float
    began: float | None = None
    had_one: bool = False
    problem: str | None = None


class Turns:
    """Keeps when each job began and ended its turns. A clock that stands still while the machine sleeps is right."""

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._lock, self._told = clock, Lock(), dict[str, _Told]()

    def expect(self, job: str, every_s: float) -> None:
        """From now on ``job`` should have a turn every so many seconds."""
        with self._lock:
            self._told[job] = _Told(every_s, self._clock())

    @contextmanager
    def turn(self, job: str) -> Iterator[None]:
        """One turn of ``job``; what it raises is kept as its problem, and raised."""
        told = self._told[job]
        told.began = self._clock()
        try:
            yield
        except Exception as error:
            told.problem = type(error).__name__
            raise
        else:
            told.problem = None
        finally:
            told.since, told.began, told.had_one = self._clock(), None, True

    def all(self) -> list[Turn]:
        """How every job stands, by name."""
        now = self._clock()
        with self._lock:
            told = sorted(self._told.items())
        return [
            Turn(
                job,
                one.every_s,
                None if (began := one.began) is None else now - began,
                now - one.since,
                one.had_one,
                one.problem,
            )
            for job, one in told
        ]


def _at(now: datetime, ago_s: float) -> str:
    return f"{now - timedelta(seconds=ago_s):%Y-%m-%d %H:%M:%S} UTC"
