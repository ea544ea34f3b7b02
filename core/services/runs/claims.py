"""Who carries out a run: claimed by an UPDATE that only one process wins, kept by a heartbeat, lost without one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, and_, or_, update
from sqlmodel import Session, col, select

from core.services.asking.process_name import is_surely_dead, me
from core.storage.engine import reading, write
from core.storage.tables import GOING, Run

STALE_AFTER_S = 30.0
BEAT_EVERY_S = 2.0


def is_interrupted(run: Run, now: datetime) -> bool:
    """Whether ``run`` says that it is being carried out, and nobody does."""
    return run.state == "running" and not is_held(run, now)


def is_held(run: Run, now: datetime) -> bool:
    """Whether a living process holds ``run``."""
    if run.worker is None or run.heartbeat_at is None:
        return False
    return run.heartbeat_at > now - timedelta(seconds=STALE_AFTER_S) and not is_surely_dead(run.worker)


def claimable(session: Session, now: datetime) -> list[int]:
    """Ids of the runs that are due and that nobody holds, oldest first: queued ones and interrupted ones.

    Of repetitions spread over the day, a run is due when more responses should have begun than have come to an end.
    """
    query = select(Run).where(Run.source == "evaluation", col(Run.state).in_(GOING)).order_by(col(Run.id))
    return [run.id for run in session.exec(query) if run.id is not None and not is_held(run, now) and _is_due(run, now)]


def _is_due(run: Run, now: datetime) -> bool:
    if run.state == "running" or run.started_at is None or not run.spread_s:
        return True
    begun = sum(run.started_at + timedelta(seconds=wait_s) <= now for wait_s in run.spread_s)
    return run.responses + run.failed < run.planned // run.repetitions * begun


def claim(engine: Engine, run_id: int, now: datetime) -> bool:
    """Take a queued or interrupted run for this process; False where another was quicker or it is neither.

    Taking a run that a process of this machine died over needs no waiting for its heartbeat to grow old.
    """
    with reading(engine) as session:
        run = session.get(Run, run_id)
    if run is None or run.state not in GOING:
        return False
    if run.worker != me() and is_held(run, now):
        return False
    as_seen = and_(
        col(Run.worker).is_(None) if run.worker is None else col(Run.worker) == run.worker,
        or_(col(Run.heartbeat_at).is_(None), col(Run.heartbeat_at) == run.heartbeat_at),
    )
    statement = (
        update(Run)
        .where(col(Run.id) == run_id, col(Run.state) == run.state, as_seen)
        .values(worker=me(), state="running", heartbeat_at=now, started_at=run.started_at or now, finished_at=None)
    )
    return write(engine, lambda session: session.connection().execute(statement).rowcount == 1)


def beat(engine: Engine, run_ids: Sequence[int], now: datetime) -> set[int]:
    """Say that this process is alive; the runs among ``run_ids`` that are still its own to carry out."""
    mine = (col(Run.id).in_(run_ids), col(Run.worker) == me(), col(Run.state) == "running")

    def say(session: Session) -> set[int]:
        session.connection().execute(update(Run).where(*mine).values(heartbeat_at=now))
        return {found for found in session.exec(select(Run.id).where(*mine)) if found is not None}

    return write(engine, say)


def let_go(engine: Engine, run_id: int, **changes: object) -> bool:
    """Give the run up as its holder, with ``changes`` to its row; False where it was no longer held.

    A state that somebody else gave it meanwhile (cancelled, say) stays.
    """
    mine = update(Run).where(col(Run.id) == run_id, col(Run.worker) == me())

    def change(session: Session) -> bool:
        held = session.connection().execute(mine.where(col(Run.state) == "running").values(worker=None, **changes))
        if held.rowcount == 1:
            return True
        session.connection().execute(mine.values(worker=None))
        return False

    return write(engine, change)
