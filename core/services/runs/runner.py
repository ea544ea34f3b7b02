"""Carrying out a run: its units in their order, many at once, until it is done or has to stop."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select

from core import clock
from core.domain.answering import FaultKind
from core.domain.storable_text import storable
from core.domain.words import n
from core.services.asking.asking import Connections, SpendingStopped
from core.services.asking.process_name import me
from core.services.prices import Pricer
from core.services.runs import claims
from core.services.runs.feed import Feed
from core.services.runs.ledger import ClaimLost, Ledger
from core.services.runs.progress import RunProgress, progress
from core.services.runs.run_in_progress import RunInProgress, load_run_in_progress
from core.services.runs.scorekeeping import Scorekeeper
from core.services.runs.turns import play
from core.services.runs.work_order import Unit
from core.settings import without_secrets
from core.storage.engine import reading, write
from core.storage.tables import Run

_LOOK_EVERY_S = 0.5
_TELL_EVERY_S = 1.0
_WORTH_WAITING_S = 30.0
_GRACE_S = 2.0
_log = logging.getLogger(__name__)
OnProgress = Callable[[RunProgress], None]


class RunEnd(StrEnum):
    """How carrying out a run ended. WAITING: later repetitions may not begin yet, and the run is queued again."""

    ENDED = "ended"
    LOST = "lost"
    WAITING = "waiting"
    SHUT_DOWN = "shut_down"


class Runner:
    """Carries out one claimed run in an event loop. ``is_patient``: waits for later repetitions however long.

    ``score``: whether responses are scored and judged too.
    """

    def __init__(
        self,
        engine: Engine,
        run_id: int,
        *,
        connections: Connections,
        ledger: Ledger,
        pricer: Pricer,
        is_patient: bool = True,
        score: bool = True,
        on_progress: OnProgress | None = None,
    ) -> None:
        self._engine, self.run_id = engine, run_id
        self._connections, self._ledger, self._pricer = connections, ledger, pricer
        self._is_patient, self._on_progress = is_patient, on_progress
        self._scores = Scorekeeper(engine, run_id) if score else None
        self._run: RunInProgress | None = None
        self._shut_down = asyncio.Event()
        self._lost = asyncio.Event()
        self._broken_by = ""

    def shut_down(self) -> None:
        """Begin no more work, give what is in flight two seconds, and let the run go, to be picked up again."""
        self._shut_down.set()
        if self._run is not None:
            self._run.is_stopping = True

    async def carry_out(self) -> RunEnd:
        """Carry it out. When this is cancelled the run is closed as stopped by whoever cancelled it."""
        watch = asyncio.create_task(self._watch())
        scores = asyncio.create_task(self._scores.keep_up()) if self._scores else None
        outcome = None
        try:
            outcome = await self._rounds()
            if outcome in (RunEnd.ENDED, RunEnd.WAITING) and self._scores and scores:
                await _cancel(scores)
                await self._ledger.flushed()
                await self._unless_lost(self._scores.finish())
                outcome = outcome if self._is_going else self._why_not
        except Exception as error:
            self._broken_by = storable(without_secrets(f"{type(error).__name__}: {error}"))[:500]
            raise
        finally:
            await _cancel(watch, *([scores] if scores else []))
            with contextlib.suppress(Exception):
                await self._ledger.flushed()
            await asyncio.to_thread(self._let_go, outcome)
        await self._tell()
        if outcome is RunEnd.ENDED and self._scores:
            await self._scores.keep_columns()
        return outcome

    async def _rounds(self) -> RunEnd:
        now = clock.now()
        self._run = run = await asyncio.to_thread(
            write,
            self._engine,
            lambda session: load_run_in_progress(
                session, self.run_id, now, self._ledger, self._connections, self._pricer
            ),
        )
        await self._connections.load(each for asked in run.candidates.values() for each in asked.endpoints)
        if self._scores:
            await self._scores.load()
        for wait_s, units in run.order.rounds():
            due_at = run.started_at + timedelta(seconds=wait_s)
            if not await self._wait_until(due_at):
                return RunEnd.WAITING if self._is_going else self._why_not
            if not await self._round(run, units):
                return self._why_not
            if run.problem is not None and run.budget.is_exhausted:
                break
        return RunEnd.ENDED

    @property
    def _is_going(self) -> bool:
        return not (self._lost.is_set() or self._shut_down.is_set())

    @property
    def _why_not(self) -> RunEnd:
        return RunEnd.LOST if self._lost.is_set() else RunEnd.SHUT_DOWN

    async def _wait_until(self, due_at: datetime) -> bool:
        """Wait for a round's time; False where that is too far off for a worker to stay, or the run is to end."""
        while self._is_going:
            left_s = (due_at - clock.now()).total_seconds()
            if left_s <= 0:
                return True
            if not self._is_patient and left_s > _WORTH_WAITING_S:
                return False
            await asyncio.sleep(min(left_s, _LOOK_EVERY_S))
        return False

    async def _round(self, run: RunInProgress, units: Iterator[Unit]) -> bool:
        """Carry out the units of one round; False where the run was lost or is to be let go."""
        feed = Feed(self._engine, run, units)
        takers = [asyncio.create_task(self._take(run, feed)) for _ in range(run.most_units_begun)]
        stop = [asyncio.create_task(event.wait()) for event in (self._lost, self._shut_down)]
        try:
            done: asyncio.Future[Any] = asyncio.gather(*takers)
            done.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            ends: list[asyncio.Future[Any]] = [done, *stop]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if self._shut_down.is_set() and not self._lost.is_set():
                run.end_kind = FaultKind.INTERRUPTED
                await asyncio.wait(ends[:2], timeout=_GRACE_S, return_when=asyncio.FIRST_COMPLETED)
            if done.done():
                done.result()
            return self._is_going
        except asyncio.CancelledError:
            run.end_kind = FaultKind.INTERRUPTED
            raise
        finally:
            run.is_stopping = run.is_stopping or not self._is_going
            await _cancel(*takers, *stop)

    async def _take(self, run: RunInProgress, feed: Feed) -> None:
        while (job := await feed.take()) is not None:
            try:
                await play(run, job)
            except SpendingStopped:
                run.is_stopping = True
            except ClaimLost:
                run.is_stopping = True
                self._lost.set()

    async def _unless_lost(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        stop = [asyncio.create_task(event.wait()) for event in (self._lost, self._shut_down)]
        await asyncio.wait([task, *stop], return_when=asyncio.FIRST_COMPLETED)
        await _cancel(task, *stop)

    async def _watch(self) -> None:
        """Keep the claim, notice a cancellation within half a second, and tell how far it is."""
        loop = asyncio.get_running_loop()
        beaten_at = told_at = loop.time()
        while not self._lost.is_set():
            await asyncio.sleep(_LOOK_EVERY_S)
            is_to_beat = loop.time() - beaten_at >= claims.BEAT_EVERY_S
            try:
                if not await asyncio.to_thread(self._beat if is_to_beat else self._is_held):
                    self._lost.set()
                    return
            except SQLAlchemyError:
                _log.exception("run %s: its claim could not be looked at, trying again", self.run_id)
                continue
            if is_to_beat:
                beaten_at = loop.time()
            if loop.time() - told_at >= _TELL_EVERY_S:
                told_at = loop.time()
                await self._tell()

    def _beat(self) -> bool:
        return self.run_id in claims.beat(self._engine, [self.run_id], clock.now())

    def _is_held(self) -> bool:
        with reading(self._engine) as session:
            worker, state = session.exec(select(Run.worker, Run.state).where(Run.id == self.run_id)).one()
        return worker == me() and state == "running"

    async def _tell(self) -> None:
        if self._on_progress is not None:
            self._on_progress(await asyncio.to_thread(progress_of, self._engine, self.run_id))

    def _let_go(self, outcome: RunEnd | None) -> None:
        """Write how it ended. None: it was broken off, by Ctrl-C or an error of our own."""
        now = clock.now()
        if outcome is RunEnd.WAITING:
            claims.let_go(self._engine, self.run_id, state="queued")
        elif outcome is RunEnd.SHUT_DOWN:
            claims.let_go(self._engine, self.run_id)
        else:
            state, problem = self._ending(outcome)
            claims.let_go(self._engine, self.run_id, state=state, problem=problem, finished_at=now)

    def _ending(self, outcome: RunEnd | None) -> tuple[str, str | None]:
        so_far = progress_of(self._engine, self.run_id)
        if outcome is None:
            go_on = "Resume it to go on." if so_far.left else "Everything had arrived; resume it to have it all scored."
            return "stopped", " ".join(filter(None, ("It was broken off.", self._broken_by, go_on)))
        problem = self._run.problem if self._run else None
        unscored = self._scores.problem if self._scores else None
        if so_far.left:
            left = n(so_far.left, "response is left", "responses are left")
            problem = f"{problem or 'It ended early.'} {left}; resume to go on."
            return "stopped", " ".join(filter(None, (problem, unscored)))
        return "done", " ".join(filter(None, (problem, unscored))) or None


def progress_of(engine: Engine, run_id: int) -> RunProgress:
    """How far run ``run_id`` is now."""
    with reading(engine) as session:
        return progress(session, run_id, now=clock.now())


async def _cancel(*tasks: "asyncio.Task[Any]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
