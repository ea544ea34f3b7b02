"""Firing what is due: the claim, the line in the history and the run are one transaction, so nothing fires twice."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Engine, update
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from core.domain.cron import Due, parse_cron, what_is_due
from core.domain.storable_text import storable
from core.domain.words import duration
from core.errors import BadInput, EvenhandError
from core.services import runs
from core.services.candidates import candidates
from core.services.candidates.candidates import CandidateLine
from core.services.watching.schedules.orders import NotNow, order_of
from core.services.watching.schedules.storing import locked
from core.settings import without_secrets
from core.storage.engine import reading, write
from core.storage.tables import Schedule, ScheduleFire

_UNREADABLE_AGAIN = timedelta(days=1)
_LONGEST_WHY = 1000
_log = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What became of a due time."""

    RAN = "ran"
    MISSED = "missed"
    SKIPPED = "skipped"
    FAILED = "failed"


def tick(engine: Engine, *, now: datetime) -> int:
    """Fire every schedule that is due and that no other process fires; how many that were. Only reads where none is.

    One that cannot be fired stops no other. Raises the last error of the database, after all had their turn.
    """
    with reading(engine) as session:
        due = list(session.exec(_due(now)))
        lines = candidates.listed(session, now) if due else []
    fired, broken = 0, None
    for seen in due:
        try:
            fired += _fire_due(engine, seen, lines, now)
        except Exception as error:
            broken = error
            _log.exception("schedule %s could not be fired and will be tried again", seen.id)
    if broken is not None:
        raise broken
    return fired


def run_now(
    session: Session, schedule_id: int, lines: Sequence[CandidateLine], *, now: datetime, person_id: int | None = None
) -> ScheduleFire:
    """Fire a schedule outside its plan, paused or not; its next time stays. ``lines``: all candidates.

    What became of it is in the history and returned. Raises NotFound.
    """
    schedule = locked(session, schedule_id)
    fire = _run(session, schedule, lines, now, person_id=person_id)
    session.flush()
    return fire


def _due(now: datetime) -> SelectOfScalar[Schedule]:
    there = select(Schedule).where(col(Schedule.removed_at).is_(None), Schedule.next_run_at <= now)
    return there.order_by(col(Schedule.next_run_at), col(Schedule.id))


def _fire_due(engine: Engine, seen: Schedule, lines: Sequence[CandidateLine], now: datetime) -> bool:
    """Fire one that was ``seen`` to be due; False where another process was quicker, or it was changed meanwhile."""
    try:
        due: Due | None = what_is_due(parse_cron(seen.cron, seen.zone), seen.next_run_at, now)
        why = ""
    except BadInput as error:
        due, why = None, f"{error} Edit the schedule."
    next_at = now + _UNREADABLE_AGAIN if due is None else due.next_at

    def work(session: Session) -> bool:
        if not _claim(session, seen, next_at):
            return False
        schedule = session.get_one(Schedule, seen.id, populate_existing=True)
        if due is None:
            _record(session, schedule, Outcome.FAILED, why, now, due_at=seen.next_run_at)
        elif schedule.is_paused:
            _record(session, schedule, Outcome.SKIPPED, "It was paused.", now, due.times[0], len(due.times))
        else:
            _record_missed(session, schedule, due, now)
            if due.to_run is not None:
                _run(session, schedule, lines, now, due_at=due.to_run)
        return True

    return write(engine, work)


def _claim(session: Session, seen: Schedule, next_at: datetime) -> bool:
    """Take the due times for this transaction: of all processes that saw them, one finds the row as it was seen."""
    as_seen = (
        col(Schedule.id) == seen.id,
        col(Schedule.next_run_at) == seen.next_run_at,
        col(Schedule.changed_at) == seen.changed_at,
        col(Schedule.removed_at).is_(None),
    )
    statement = update(Schedule).where(*as_seen).values(next_run_at=next_at)
    return session.connection().execute(statement).rowcount == 1


def _record_missed(session: Session, schedule: Schedule, due: Due, now: datetime) -> None:
    if not due.missed:
        return
    why = "Evenhand was not running then."
    if due.to_run is None:
        late, grace = (duration(each.total_seconds()) for each in (now - due.missed[-1], due.grace))
        why += f" The last time was {late} ago when it was seen; up to {grace} would not have been too late."
    _record(session, schedule, Outcome.MISSED, why, now, due.missed[0], len(due.missed))


def _run(
    session: Session,
    schedule: Schedule,
    lines: Sequence[CandidateLine],
    now: datetime,
    *,
    due_at: datetime | None = None,
    person_id: int | None = None,
) -> ScheduleFire:
    """Plan its run, and record what became of that."""
    run_id, outcome = None, Outcome.FAILED
    try:
        with session.begin_nested():
            order, why = order_of(session, schedule, lines, person_id=person_id or schedule.created_by_id)
            run_id = runs.plan(session, order, now=now).id
        outcome = Outcome.RAN
    except NotNow as reason:
        outcome, why = Outcome.SKIPPED, str(reason)
    except EvenhandError as error:
        why = str(error)
    except (OperationalError, InterfaceError):
        raise  # the database's own trouble: nothing is claimed then, and the next tick tries again
    except Exception as error:
        _log.exception("the run of schedule %s could not be planned", schedule.id)
        why = f"{type(error).__name__}: {error}"
    fire = _record(session, schedule, outcome, why, now, due_at)
    fire.run_id, fire.person_id = run_id, person_id
    return fire


def _record(
    session: Session,
    schedule: Schedule,
    outcome: Outcome,
    why: str,
    now: datetime,
    due_at: datetime | None = None,
    times: int = 1,
) -> ScheduleFire:
    fire = ScheduleFire(
        schedule_id=schedule.id or 0,
        due_at=due_at,
        times=times,
        fired_at=now,
        outcome=outcome,
        why=storable(without_secrets(why))[:_LONGEST_WHY],
    )
    session.add(fire)
    return fire
