"""The process that carries out runs beside the app: ``python -m core.services.runs.worker``.

It takes every run that is due and ends when there is none. It ends too when told to (SIGTERM) or when its standard
input closes, which is how it notices that whoever started it is gone, however that came about.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from threading import Thread

from sqlalchemy import Engine

from core import clock, logs
from core.services.asking.asking import Connections
from core.services.prices import Pricer
from core.services.runs import claims
from core.services.runs.ledger import Ledger
from core.services.runs.runner import Runner
from core.settings import without_secrets
from core.storage.engine import get_engine, reading

_LOOK_EVERY_S = 1.0
_NICENESS = 10
_STAYS_IDLE_S = 3.0
_log = logging.getLogger(__name__)


class Worker:
    """Carries out due runs, several at once, over the same connections, until none is due or it is told to stop."""

    def __init__(self, engine: Engine, *, stays_idle_s: float = _STAYS_IDLE_S) -> None:
        self._engine, self._stays_idle_s = engine, stays_idle_s
        self._stop = asyncio.Event()
        self._runners: dict[asyncio.Task[None], Runner] = {}

    def stop(self) -> None:
        """Let every run go, to be picked up again, and end."""
        self._stop.set()
        for runner in self._runners.values():
            runner.shut_down()

    async def work(self) -> None:
        """Carry out what is due."""
        ledger = Ledger(self._engine)
        pricer = Pricer(self._engine)
        idle_since = asyncio.get_running_loop().time()
        try:
            async with Connections() as connections:
                while not self._stop.is_set():
                    await self._take_due(connections, ledger, pricer)
                    now = asyncio.get_running_loop().time()
                    idle_since = now if self._runners else idle_since
                    if now - idle_since >= self._stays_idle_s:
                        break
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._stop.wait(), _LOOK_EVERY_S)
                if self._stop.is_set():
                    self.stop()  # also what was taken while it was told
                await asyncio.gather(*self._runners)
        finally:
            await asyncio.to_thread(ledger.stop)

    async def _take_due(self, connections: Connections, ledger: Ledger, pricer: Pricer) -> None:
        for run_id in await asyncio.to_thread(self._claim_due):
            runner = Runner(
                self._engine, run_id, connections=connections, ledger=ledger, pricer=pricer, is_patient=False
            )
            task = asyncio.create_task(_logged(runner, run_id))
            self._runners[task] = runner
            task.add_done_callback(self._runners.pop)

    def _claim_due(self) -> list[int]:
        now = clock.now()
        with reading(self._engine) as session:
            due = claims.claimable(session, now)
        # Of a process that stood still (a machine that slept) the claims look abandoned, to itself too.
        mine = {runner.run_id for runner in list(self._runners.values())}
        return [run_id for run_id in due if run_id not in mine and claims.claim(self._engine, run_id, now)]


async def _logged(runner: Runner, run_id: int) -> None:
    """One run's failure is written down and ends no other run."""
    with logs.about(run_id=run_id):
        try:
            await runner.carry_out()
        except Exception as error:
            _log.error("run %s broke off: %s", run_id, without_secrets(f"{type(error).__name__}: {error}"))


async def _work_until_told(engine: Engine) -> None:
    worker, loop = Worker(engine), asyncio.get_running_loop()
    for told in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(told, worker.stop)

    def wait_for_the_end_of_input() -> None:
        with contextlib.suppress(OSError, ValueError):
            while os.read(sys.stdin.fileno(), 1024):
                pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(worker.stop)

    Thread(target=wait_for_the_end_of_input, daemon=True).start()
    await worker.work()


def main() -> None:
    """Carry out what is due in the database of the settings, at a low priority, and end."""
    logs.set_up()
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    engine = get_engine()
    try:
        asyncio.run(_work_until_told(engine))
    finally:
        engine.dispose()


if __name__ == "__main__":
    main()
