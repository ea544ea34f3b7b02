"""Who checks a run: one row a run and baseline, begun by one, and taken over where that one is gone."""

from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from core.services.asking.process_name import is_surely_dead, me
from core.storage.engine import write
from core.storage.tables import metadata
from core.storage.upsert import insert_into

_check, _run = metadata.tables["drift_check"], metadata.tables["run"]
_DEAD_AFTER = timedelta(minutes=30)


def claim(engine: Engine, run_id: int, baseline_id: int, *, now: datetime) -> int | None:
    """The id of the check that is ours to carry out; None where it was, or somebody is at it."""
    return write(engine, partial(_claim, run_id=run_id, baseline_id=baseline_id, now=now))


def whole(session: Session, run_id: int, baseline_id: int) -> int | None:
    """The id of the run's check against the baseline; None where it was not checked yet."""
    c = _check.c
    query = sa.select(c.id).where(c.run_id == run_id, c.baseline_id == baseline_id, c.is_whole)
    return session.execute(query).scalar()


def newest_first(baseline_id: int) -> sa.Select[tuple[int]]:
    """The ids of the whole checks against a baseline, in the order in which their runs ended, the last first."""
    c = _check.c
    query = sa.select(c.id).join(_run, _run.c.id == c.run_id).where(c.baseline_id == baseline_id, c.is_whole)
    return query.order_by(run_ended().desc(), _run.c.id.desc())


def run_ended() -> sa.ColumnElement[datetime]:
    """When a row of ``run`` ended; of what was imported, when it came."""
    return sa.func.coalesce(_run.c.finished_at, _run.c.created_at)


def is_mine(session: Session, check_id: int) -> bool:
    """Whether a check is still ours, to be asked in the transaction that writes what it found."""
    query = sa.select(_check.c.id).where(*_mine(check_id)).with_for_update()
    return session.execute(query).first() is not None


def give_up(engine: Engine, check_id: int) -> None:
    """Let others carry it out."""
    write(engine, lambda session: session.execute(sa.delete(_check).where(*_mine(check_id))))


def _claim(session: Session, run_id: int, baseline_id: int, now: datetime) -> int | None:
    c = _check.c
    row = {"run_id": run_id, "baseline_id": baseline_id, "worker": me(), "begun_at": now, "is_whole": False}
    once = insert_into(session.get_bind().dialect.name, _check).on_conflict_do_nothing().returning(c.id)
    found = session.connection().execute(once, row).scalar()
    if found is not None:
        return int(found)
    same = sa.select(c.id, c.worker, c.begun_at, c.is_whole).where(c.run_id == run_id, c.baseline_id == baseline_id)
    there = session.execute(same.with_for_update()).first()
    if there is None or there.is_whole or not (is_surely_dead(there.worker) or there.begun_at < now - _DEAD_AFTER):
        return None
    session.execute(sa.update(_check).where(c.id == there.id).values(worker=me(), begun_at=now))
    return int(there.id)


def _mine(check_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return _check.c.id == check_id, _check.c.worker == me(), ~_check.c.is_whole
