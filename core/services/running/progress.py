"""How far a run is: from its own counters, and how long it will still take at its recent pace."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.errors import NotFound
from core.services.running.claims import is_interrupted
from core.storage.tables import Response, Run

_RECENT = 200
_TOO_FEW = 3


@dataclass(frozen=True)
class Progress:
    """A run at one moment. ``state``: as Run's, or ``interrupted``: said to be running, and nobody carries it out.

    ``cost_usd``: what is known to be spent; ``unpriced`` attempts have no known price. ``eta_s``: seconds until every
    response is there at the pace of the last ones; None where that cannot be said.
    """

    run_id: int
    state: str
    planned: int
    responses: int
    failed: int
    attempts: int
    cost_usd: float
    unpriced: int
    problem: str | None = None
    eta_s: float | None = None

    @property
    def left(self) -> int:
        """How many responses have neither arrived nor been given up."""
        return max(0, self.planned - self.responses - self.failed)


def progress(session: Session, run_id: int, *, now: datetime) -> Progress:
    """How far run ``run_id`` is. Raises NotFound."""
    run = session.get(Run, run_id, populate_existing=True)
    if run is None:
        raise NotFound(f"There is no run {run_id}.")
    left = max(0, run.planned - run.responses - run.failed)
    return Progress(
        run_id=run_id,
        state="interrupted" if is_interrupted(run, now) else run.state,
        planned=run.planned,
        responses=run.responses,
        failed=run.failed,
        attempts=run.attempts,
        cost_usd=run.cost_usd,
        unpriced=run.unpriced,
        problem=run.problem,
        eta_s=_eta_s(session, run, left, now) if run.state == "running" else None,
    )


def _eta_s(session: Session, run: Run, left: int, now: datetime) -> float | None:
    """Seconds for ``left`` responses at the pace of the last 200 of this run; None before there are three."""
    recent = select(Response.created_at).where(Response.run_id == run.id).order_by(col(Response.id).desc())
    times = session.exec(recent.limit(_RECENT)).all()
    if len(times) < _TOO_FEW:
        return None
    took_s = (now - min(times)).total_seconds()
    return left * max(took_s, 0.0) / (len(times) - 1)
