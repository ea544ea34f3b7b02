"""Work on patterns and schemas that came with data, in a process that is killed when it takes too long.

Some of them take exponential time or memory inside one call that holds the interpreter lock: no thread can stop that,
and every page would stand still. One long-lived process does such work for this one; it ends with it.
"""

import atexit
import contextlib
import hashlib
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.connection import Connection, Pipe
from threading import Lock
from typing import Any

from cachetools import LRUCache

from core.errors import EvenhandError
from core.services.apart_process import CPU_S, MEMORY_BYTES, OUT_OF_MEMORY, READY
from core.settings import PROJECT_ROOT

Work = Callable[..., Any]
_STARTS_WITHIN_S = 60.0
_ANSWERS_WITHIN_S = 120.0
_STOPS_WITHIN_S = 5.0
_GROUP, _GROUP_BYTES = 50, 1_000_000
_MOST_TRIES = 2
_MOST_RUN_OUT = 3
_REMEMBERED = 1_000


class RanOut(EvenhandError):
    """The work was stopped, because it took more computing time or memory than it may."""


class NotStarted(Exception):
    """The process could not be started, which says nothing of the work: to be tried again later."""


@dataclass(frozen=True)
class Call:
    """One call of the work."""

    arguments: tuple[Any, ...]
    of: object = None
    """The pattern or schema that it runs, which is given up where it runs out often."""


@dataclass(frozen=True)
class _Packed:
    """A call as it is sent, and the hash of what it is of; or why it cannot be sent."""

    payload: bytes = b""
    of: str = ""
    problem: Exception | None = None


@dataclass
class _Group:
    """Some calls on their way: those without an outcome are ``left``; ``tries`` of the first of these."""

    calls: list[_Packed]
    outcomes: dict[int, Any] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)
    tries: int = 0

    def __post_init__(self) -> None:
        self.left = list(range(len(self.calls)))


def call(work: Work, *arguments: Any) -> Any:
    """What the module-level function ``work`` returns or raises. Raises RanOut where it had to be stopped."""
    (outcome,) = each(work, [Call(arguments)])
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def each(work: Work, calls: Iterable[Call]) -> Iterator[Any]:
    """What each call of the module-level function ``work`` returns, or the exception it raised, in their order.

    RanOut for a call that took more than 2 s of computing time, or 1 GB of memory; the rest goes on. What has run out
    three times is not tried again: see ``try_again``.
    """
    remaining = iter(calls)
    while group := list(islice(remaining, _GROUP)):
        going = _Group([_packed(work, one) for one in group])
        for at in range(len(group)):
            while at not in going.outcomes:
                _WORKER.go_on(going)
            yield going.outcomes.pop(at)


def try_again() -> None:
    """Forget what ran out: somebody asks for all of it once more."""
    _WORKER.run_out.clear()


def stop() -> None:
    """End the process; the next work starts another."""
    _WORKER.stop()


class _Worker:
    """The process, started at the first work. One thread at a time has it, for some calls."""

    def __init__(self) -> None:
        self.run_out: LRUCache[str, int] = LRUCache(_REMEMBERED)
        self._turn = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def go_on(self, group: "_Group") -> None:
        """Get some more outcomes of the group."""
        with self._turn:
            self._take_known(group)
            if not group.left:
                return
            done, ended = self._work([group.calls[at] for at in group.left])
            group.outcomes.update(zip(group.left, done, strict=False))
            group.left = group.left[len(done) :]
            group.tries = 0 if ended is None else 1 if done else group.tries + 1
            if ended is not None and (ended.is_for_good or group.tries >= _MOST_TRIES):
                failed = group.left.pop(0)
                self._remember(group.calls[failed].of)
                group.outcomes[failed] = RanOut(ended.why)
                group.tries = 0

    def stop(self) -> None:
        """Kill the process, if there is one; who has it may finish first, for a moment."""
        mine = self._turn.acquire(timeout=_STOPS_WITHIN_S)
        try:
            self._kill()
        finally:
            if mine:
                self._turn.release()

    def forget(self) -> None:
        """In a forked process: the worker is the parent's."""
        self.__init__()  # type: ignore[misc]

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None

    def _take_known(self, group: "_Group") -> None:
        """Settle the calls that are not worth sending."""
        for at in group.left:
            one = group.calls[at]
            if one.problem is not None:
                group.outcomes[at] = one.problem
            elif self.run_out.get(one.of, 0) >= _MOST_RUN_OUT:
                why = f"it was stopped on {_MOST_RUN_OUT} other answers and is not tried on this one"
                group.outcomes[at] = RanOut(why)
        group.left = [at for at in group.left if at not in group.outcomes]

    def _work(self, calls: list[_Packed]) -> tuple[list[Any], "_Ended | None"]:
        """(what was answered, how the process ended before it had answered all)."""
        done: list[Any] = []
        connection = self._started()
        batch = _first(calls)
        try:
            connection.send(batch)
            for _ in batch:
                if not connection.poll(_ANSWERS_WITHIN_S):
                    self._kill()
                    return done, _Ended(f"it gave no answer within {_ANSWERS_WITHIN_S:g} s", is_for_good=True)
                done.append(connection.recv())
        except (EOFError, OSError):
            return done, self._ended()
        return done, None

    def _started(self) -> Connection:
        if self._process is not None and self._process.poll() is None and self._connection is not None:
            return self._connection
        self._kill()
        ours, theirs = Pipe()
        with theirs:
            # It needs nothing of this environment, which holds keys.
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-B", "-m", "core.services.apart_process", str(theirs.fileno())],
                cwd=PROJECT_ROOT, env={}, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()],
            )  # fmt: skip
        self._connection = ours
        with contextlib.suppress(EOFError, OSError):
            if ours.poll(_STARTS_WITHIN_S) and ours.recv() == READY:
                return ours
        self._kill()
        raise NotStarted("The process that scores by patterns and schemas could not be started.")

    def _ended(self) -> "_Ended":
        """How the process ended that had not answered."""
        code = None
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(10) if self._process is not None else None
        self._kill()
        if code == -signal.SIGPROF:
            return _Ended(f"it took more than {CPU_S:g} s of computing time and was stopped", is_for_good=True)
        if code == OUT_OF_MEMORY:
            return _Ended(f"it needs more than {MEMORY_BYTES // 1_000_000:,} MB of memory", is_for_good=False)
        return _Ended(f"the process that worked on it ended ({code})", is_for_good=False)

    def _remember(self, of: str) -> None:
        if of:
            self.run_out[of] = self.run_out.get(of, 0) + 1


@dataclass(frozen=True)
class _Ended:
    """Why the process ended."""

    why: str
    is_for_good: bool
    """A second try would end in the same way."""


def _first(calls: list[_Packed]) -> list[bytes]:
    """The first calls, at least one, up to a megabyte."""
    batch, size = [calls[0].payload], len(calls[0].payload)
    for one in calls[1:]:
        size += len(one.payload)
        if size > _GROUP_BYTES:
            break
        batch.append(one.payload)
    return batch


def _packed(work: Work, one: Call) -> _Packed:
    try:
        of = "" if one.of is None else hashlib.sha256(pickle.dumps(one.of)).hexdigest()
        return _Packed(pickle.dumps((work, one.arguments)), of)
    except Exception as error:  # it is nested too deeply, for example
        return _Packed(problem=error)


_WORKER = _Worker()
os.register_at_fork(after_in_child=_WORKER.forget)
atexit.register(stop)
