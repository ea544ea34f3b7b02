"""The one writer of a process: a thread that commits what has come together in groups, many rows a transaction."""

import asyncio
import logging
import queue
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from threading import Thread
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Engine, bindparam, func, select, tuple_, update
from sqlalchemy.exc import DataError
from sqlmodel import Session, col

from core.domain.answering import FaultKind
from core.errors import EvenhandError
from core.services.asking.process_name import me
from core.services.runs.counting import recount
from core.storage.engine import write
from core.storage.tables import Attempt, Response, Run
from core.storage.upsert import insert_into

_attempt: Any = Attempt.__table__  # type: ignore[attr-defined]
_response: Any = Response.__table__  # type: ignore[attr-defined]
AttemptRow = dict[str, Any]

WORK = ("run_id", "prompt_id", "candidate_id", "repetition", "turn", "number")
_UNIT = WORK[:4]
_BEGINNINGS = ("id", *WORK, "endpoint", "reserved_usd")
ENDINGS = tuple(column.name for column in _attempt.columns if column.name not in _BEGINNINGS)
_OURS = frozenset({"started_at", "finished_at", "latency_ms", "cost_usd", "cost_basis", "rates_id"})
_CANNOT_BE_STORED = (DataError, ValueError, OverflowError)
_MOST_AT_ONCE = 2000
_PATIENCE = 8.0
_LONGEST_WAIT_S = 0.02
_end_attempt = (
    update(_attempt)
    .where(*(_attempt.c[name] == bindparam(f"of_{name}") for name in WORK), _attempt.c.finished_at.is_(None))
    .values({name: bindparam(name) for name in ENDINGS})
)
_log = logging.getLogger(__name__)


class ClaimLost(EvenhandError):
    """The run is no longer this process's to carry out: cancelled, or taken over."""


@dataclass(slots=True)
class Begun:
    """An attempt that is about to be sent: the row's columns, and who waits for it to be committed."""

    row: AttemptRow
    committed: asyncio.Future[None]


@dataclass(slots=True)
class Ended:
    """An attempt that has ended: ``row`` holds of_WORK and ENDINGS; with the ``response`` that it completed, if any."""

    run_id: int
    row: AttemptRow
    response: dict[str, Any] | None = None


class Ledger:
    """Commits attempts and responses of all runs of this process, in the order in which they come.

    It waits a moment for company (eight times as long as its last commit took, 20 ms at most), so that committing takes
    a small part of the time however many attempts there are. ``problem``: why it can write no more.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue: queue.SimpleQueue[Begun | Ended | asyncio.Future[None] | None] = queue.SimpleQueue()
        self.problem: Exception | None = None
        self._thread = Thread(target=self._work, name="ledger", daemon=True)
        self._thread.start()

    async def begin(self, row: AttemptRow) -> None:
        """Commit the row of an attempt that is about to be sent. Raises ClaimLost where the run is held no more."""
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put(Begun(row, committed))
        await committed

    def end(self, ended: Ended) -> None:
        """Have the end of an attempt committed, with its response in the same transaction; does not wait."""
        self._queue.put(ended)

    async def flushed(self) -> None:
        """Wait until all that was handed in is committed. Raises what kept it from being so."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put(done)
        await done
        if self.problem is not None:
            raise self.problem

    def stop(self) -> None:
        """Commit what was handed in and end the thread."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        wait_s, is_open = 0.0, True
        while is_open:
            batch = [self._queue.get()]
            sleep(wait_s)
            while len(batch) < _MOST_AT_ONCE and not self._queue.empty():
                batch.append(self._queue.get())
            is_open = None not in batch
            began = monotonic()
            self._commit(batch)
            wait_s = min(_LONGEST_WAIT_S, _PATIENCE * (monotonic() - began))

    def _commit(self, batch: list[Begun | Ended | asyncio.Future[None] | None]) -> None:
        begun = [item for item in batch if isinstance(item, Begun)]
        ended = [item for item in batch if isinstance(item, Ended)]
        refused: set[int] = set()
        try:
            if begun or ended:
                refused = self._written(begun, ended)
        except Exception as error:
            _log.exception("attempts could not be written")
            self.problem = error
        answers = [(item.committed, self._answer(item, refused)) for item in begun]
        answers += [(item, None) for item in batch if isinstance(item, asyncio.Future)]
        _resolve(answers)

    def _written(self, begun: list[Begun], ended: list[Ended]) -> set[int]:
        """Write them together; where one end cannot be stored, each alone, and that one as an answer that failed."""
        try:
            return write(self._engine, partial(_write, begun, ended))
        except _CANNOT_BE_STORED:
            refused = write(self._engine, partial(_write, begun, [])) if begun else set()
        for item in ended:
            try:
                write(self._engine, partial(_write, [], [item]))
            except _CANNOT_BE_STORED as error:
                _log.warning("an answer could not be stored: %s", type(error).__name__)
                write(self._engine, partial(_write, [], [_without_its_answer(item, error)]))
        return refused

    def _answer(self, item: Begun, refused: set[int]) -> Exception | None:
        if self.problem is not None:
            return self.problem
        return ClaimLost("The run is carried out no more by this process.") if item.row["run_id"] in refused else None


def _without_its_answer(item: Ended, error: Exception) -> Ended:
    kept = {name: found for name, found in item.row.items() if name not in ENDINGS or name in _OURS}
    message = f"The answer holds something that the database cannot store ({type(error).__name__})."
    lost = {"error_kind": FaultKind.MALFORMED.value, "error_message": message, "is_last": True}
    return Ended(item.run_id, dict.fromkeys(ENDINGS) | kept | lost)


def _resolve(answers: list[tuple[asyncio.Future[None], Exception | None]]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[None], Exception | None]]] = {}
    for future, error in answers:
        by_loop.setdefault(future.get_loop(), []).append((future, error))
    for loop, group in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_set, group)


def _set(group: list[tuple[asyncio.Future[None], Exception | None]]) -> None:
    for future, error in group:
        if not future.done():
            future.set_exception(error) if error is not None else future.set_result(None)


def _write(begun: list[Begun], ended: list[Ended], session: Session) -> set[int]:
    """One transaction; gives the runs whose attempts were not begun, because this process holds them no more."""
    refused = {run_id for run_id in _runs(item.row["run_id"] for item in begun) if not _begin(session, run_id, begun)}
    for run_id in _runs(item.run_id for item in ended):
        _end(session, run_id, [item for item in ended if item.run_id == run_id])
    return refused


def _runs(ids: Iterable[int]) -> list[int]:
    return sorted(set(ids))  # rows are locked in one order everywhere


def _begin(session: Session, run_id: int, begun: list[Begun]) -> bool:
    rows = [item.row for item in begun if item.row["run_id"] == run_id]
    held = (col(Run.id) == run_id, col(Run.worker) == me(), col(Run.state) == "running")
    counted = update(Run).where(*held).values(attempts=Run.__table__.c.attempts + len(rows))  # type: ignore[attr-defined]
    connection = session.connection()
    if connection.execute(counted).rowcount != 1:
        return False
    connection.execute(_attempt.insert(), rows)
    return True


def _end(session: Session, run_id: int, ended: list[Ended]) -> None:
    connection = session.connection()
    closed = connection.execute(_end_attempt, [item.row for item in ended]).rowcount
    responses = [item.response for item in ended if item.response is not None]
    arrived = 0
    if responses:
        once = insert_into(connection.dialect.name, _response).on_conflict_do_nothing()
        arrived = connection.execute(once, responses).rowcount
    if closed != len(ended) or arrived != len(responses):
        recount(session, run_id)  # another process closed some of them
        return
    table: Any = Run.__table__  # type: ignore[attr-defined]
    costs = [item.row["cost_usd"] for item in ended]
    counted = {
        "responses": table.c.responses + arrived,
        "failed": table.c.failed + _given_up(session, [item.row for item in ended if item.row["is_last"]]),
        "cost_usd": table.c.cost_usd + sum(cost for cost in costs if cost is not None),
        "unpriced": table.c.unpriced + sum(cost is None for cost in costs),
    }
    connection.execute(update(table).where(table.c.id == run_id).values(counted))


def _given_up(session: Session, rows: list[AttemptRow]) -> int:
    """How many units ended with these attempts and without a response: a process that lost the run may have had it."""
    if not rows:
        return 0
    unit = [_response.c[name] for name in _UNIT]
    units = [tuple(row[f"of_{name}"] for name in _UNIT) for row in rows]
    return len(rows) - int(session.execute(select(func.count()).where(tuple_(*unit).in_(units))).scalar_one())
