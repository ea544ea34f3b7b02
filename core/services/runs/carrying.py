"""Carrying out one run in this process, from a terminal or a test, until it ends."""

import asyncio
import time

from sqlalchemy import Engine

from core import clock
from core.services.asking.asking import Connections, Opening
from core.services.prices import Pricer
from core.services.runs import claims
from core.services.runs.ledger import Ledger
from core.services.runs.progress import RunProgress
from core.services.runs.runner import OnProgress, Runner, progress_of

_FOLLOW_EVERY_S = 1.0


def carry_out(
    engine: Engine,
    run_id: int,
    *,
    on_progress: OnProgress | None = None,
    opening: Opening | None = None,
    score: bool = True,
) -> RunProgress:
    """Carry a queued or interrupted run out to its end (done, stopped or cancelled), and give how far it came.

    Where another process is at it already, follows that one, and takes over if it dies. ``on_progress`` is called about
    once a second and at the end. ``opening``: how endpoints are connected to. ``score``: have responses scored and
    judged as well. Raises NotFound.
    """
    while True:
        so_far = progress_of(engine, run_id)
        if so_far.state not in ("queued", "running", "interrupted"):
            break
        if claims.claim(engine, run_id, clock.now()):
            asyncio.run(_carry_out(engine, run_id, on_progress, opening, score))
            return progress_of(engine, run_id)
        if on_progress is not None:
            on_progress(so_far)
        time.sleep(_FOLLOW_EVERY_S)
    if on_progress is not None:
        on_progress(so_far)
    return so_far


async def _carry_out(
    engine: Engine, run_id: int, on_progress: OnProgress | None, opening: Opening | None, score: bool
) -> None:
    ledger = Ledger(engine)
    try:
        async with Connections(opening) as connections:
            runner = Runner(
                engine,
                run_id,
                connections=connections,
                ledger=ledger,
                pricer=Pricer(engine),
                score=score,
                on_progress=on_progress,
            )
            await runner.carry_out()
    finally:
        ledger.stop()
