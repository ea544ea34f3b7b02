"""How far runs are: from their own counters, and how long they will still take at their recent pace."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median

import sqlalchemy as sa
from sqlmodel import Session

from core.errors import NotFound
from core.services.runs.claims import is_interrupted
from core.storage.tables import Run, metadata

_response = metadata.tables["response"]
_RECENT = 200
_TOO_FEW = 3
_MOST_PACED = 50
_PAUSE_S, _PAUSE_TIMES = 30.0, 10.0


@dataclass(frozen=True)
class RunProgress:
    """A run at one moment.

    ``cost_usd``: what is known to be spent; ``unpriced`` attempts have no known price.
    """

    run_id: int
    state: str
    """As Run's, or ``interrupted``: said to be running, and nobody carries it out."""
    planned: int
    responses: int
    failed: int
    attempts: int
    cost_usd: float
    unpriced: int
    problem: str | None = None
    eta_s: float | None = None
    """Seconds until every response is there at the pace of the last ones; None where that cannot be said."""

    @property
    def left(self) -> int:
        """How many responses have neither arrived nor been given up."""
        return max(0, self.planned - self.responses - self.failed)


def progress(session: Session, run_id: int, *, now: datetime) -> RunProgress:
    """How far run ``run_id`` is. Raises NotFound."""
    run = session.get(Run, run_id, populate_existing=True)
    if run is None:
        raise NotFound(f"There is no run {run_id}.")
    return progress_of_all(session, [run], now=now)[run_id]


def progress_of_all(session: Session, found: Sequence[Run], *, now: datetime) -> dict[int, RunProgress]:
    """How far each run is, by its id. One query at most, however many they are."""
    states = {run.id or 0: "interrupted" if is_interrupted(run, now) else run.state for run in found}
    running = [run_id for run_id, state in states.items() if state == "running"]
    paces = _paces_s(session, running[:_MOST_PACED], now)
    return {run.id or 0: _progress(run, states[run.id or 0], paces.get(run.id or 0)) for run in found}


def _progress(run: Run, state: str, pace_s: float | None) -> RunProgress:
    left = max(0, run.planned - run.responses - run.failed)
    return RunProgress(
        run_id=run.id or 0,
        state=state,
        planned=run.planned,
        responses=run.responses,
        failed=run.failed,
        attempts=run.attempts,
        cost_usd=run.cost_usd,
        unpriced=run.unpriced,
        problem=run.problem,
        eta_s=None if pace_s is None else left * pace_s,
    )


def _paces_s(session: Session, run_ids: Sequence[int], now: datetime) -> dict[int, float]:
    """Run → seconds from one response to the next, of those that have brought enough of late."""
    if not run_ids:
        return {}
    c = _response.c
    newest = [
        sa.select(c.run_id, c.created_at).where(c.run_id == run_id).order_by(c.id.desc()).limit(_RECENT).subquery()
        for run_id in run_ids
    ]
    times: dict[int, list[datetime]] = defaultdict(list)
    for run_id, at in session.execute(sa.union_all(*(sa.select(each) for each in newest))):
        times[run_id].append(at)
    paces = {run_id: _pace_s(each, now) for run_id, each in times.items()}
    return {run_id: pace for run_id, pace in paces.items() if pace is not None}


def _pace_s(times: Sequence[datetime], now: datetime) -> float | None:
    """Seconds from one response to the next since the last pause; None below three responses.

    ``times``: when the newest responses came. What came before a pause (somebody resumed the run, say) tells nothing of
    how fast it goes now.
    """
    moments = sorted([*times, now], reverse=True)
    gaps = [(later - earlier).total_seconds() for later, earlier in pairwise(moments)]
    if not gaps:
        return None
    longest = max(_PAUSE_S, _PAUSE_TIMES * median(gaps))
    going = next((place for place, gap in enumerate(gaps) if gap > longest), len(gaps))
    return sum(gaps[:going]) / (going - 1) if going >= _TOO_FEW else None
