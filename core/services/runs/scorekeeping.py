"""Has a run's responses scored while they arrive, without taking the time that asking needs."""

import asyncio
import logging
from collections.abc import Callable
from threading import Lock
from time import monotonic

from sqlalchemy import Engine
from sqlmodel import col, select

from core import clock
from core.services import columns, judging, scoring
from core.settings import without_secrets
from core.storage.engine import reading
from core.storage.tables import Response

_BATCH = 100
_EVERY_S = 2.0
_REST, _LONG_REST = 4.0, 19.0
_BUSY_S = 0.03
_log = logging.getLogger(__name__)


class Scorekeeper:
    """Scores the responses of one run in threads. ``problem``: why some are unscored; that never ends a run.

    While the run goes on it looks every 2 s, and rests four times as long as a batch took, nineteen times where the
    event loop is busy: scoring shares the interpreter with the requests in flight. What is left is done at the end.
    """

    def __init__(self, engine: Engine, run_id: int) -> None:
        self._engine, self._run_id = engine, run_id
        self._last_id, self._turn = 0, Lock()
        self.problem: str | None = None

    async def load(self) -> None:
        """Load what scoring takes, before anybody is asked: it holds the interpreter, and their time goes on."""
        try:
            await asyncio.to_thread(self._load)
        except Exception:
            _log.exception("run %s: what scores its responses could not be loaded", self._run_id)

    async def keep_up(self) -> None:
        """Score what arrives, until cancelled."""
        while True:
            rest = _LONG_REST if await _lag_s() > _BUSY_S else _REST
            began = monotonic()
            await self._safely(self._score_batch)
            await asyncio.sleep(max(_EVERY_S, rest * (monotonic() - began)))

    async def finish(self) -> None:
        """Score the rest, and have the judges asked."""
        while await self._safely(self._score_batch):
            pass
        await self._safely(self._judge)

    async def keep_columns(self) -> None:
        """Have the run's columns written; where that fails, it is done in the background."""
        try:
            await asyncio.to_thread(columns.keep, self._engine, self._run_id, now=clock.now())
        except Exception:
            _log.exception("run %s: its columns could not be written", self._run_id)

    async def _safely(self, work: Callable[[], object]) -> bool:
        try:
            return bool(await asyncio.to_thread(work))
        except Exception as error:
            _log.exception("run %s: its responses could not all be scored", self._run_id)
            self.problem = f"Not everything is scored ({without_secrets(str(error))[:300]}). Score the run again."
            return False

    def _load(self) -> None:
        scoring.load(self._engine, self._run_id, now=clock.now())
        columns.load()

    def _score_batch(self) -> bool:
        """Score the next responses; whether there were any."""
        with self._turn:  # a batch goes on in its thread when whoever waited for it was cancelled
            query = select(Response.id).where(Response.run_id == self._run_id, col(Response.id) > self._last_id)
            with reading(self._engine) as session:
                found = session.exec(query.order_by(col(Response.id)).limit(_BATCH))
                ids = [response_id for response_id in found if response_id is not None]
            if ids:
                scoring.score_responses(self._engine, ids)
                self._last_id = ids[-1]
            return bool(ids)

    def _judge(self) -> None:
        self.problem = judging.judge_run(self._engine, self._run_id).problem or self.problem


async def _lag_s() -> float:
    """How long the event loop takes to come round."""
    began = monotonic()
    await asyncio.sleep(0)
    return monotonic() - began
