"""Hands out a round's units of work with what they need, a few hundred ahead: never all of them in memory."""

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Engine
from sqlmodel import col, select

from core.services.runs.run_in_progress import RunInProgress
from core.services.runs.unit_history import UnitHistory, earlier_histories
from core.services.runs.work_order import Unit
from core.storage.engine import reading
from core.storage.tables import Prompt

_AHEAD = 256


@dataclass(frozen=True, slots=True)
class Job:
    """A unit, the prompt's messages, and what earlier processes made of it."""

    unit: Unit
    messages: Sequence[dict[str, str]]
    history: UnitHistory


class Feed:
    """The units of one round, in their order, to any number of takers in one event loop."""

    def __init__(self, engine: Engine, run: RunInProgress, units: Iterator[Unit]) -> None:
        self._engine, self._run, self._units = engine, run, units
        self._ready: deque[Job] = deque()
        self._lock = asyncio.Lock()

    async def take(self) -> Job | None:
        """The next unit whose candidate is still given work; None where there is none, or the run is to stop."""
        while not self._run.is_stopping:
            if not self._ready:
                async with self._lock:
                    if not self._ready:
                        self._ready.extend(await asyncio.to_thread(self._load))
                    if not self._ready:
                        return None
            job = self._ready.popleft()
            if self._run.candidates[job.unit.candidate_id].trouble is None:
                return job
        return None

    def _load(self) -> list[Job]:
        units = list(islice(self._units, _AHEAD))
        if not units:
            return []
        wanted = {unit.prompt_id for unit in units}
        with reading(self._engine) as session:
            found = session.exec(select(Prompt.id, Prompt.messages).where(col(Prompt.id).in_(wanted)))
            messages = {prompt_id: theirs for prompt_id, theirs in found if prompt_id is not None}
            histories = earlier_histories(session, self._run.run_id, units)
        return [Job(unit, messages[unit.prompt_id], histories.get(unit) or UnitHistory()) for unit in units]
