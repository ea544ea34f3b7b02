"""Schedules as they stand, and their history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain.cron import Cron
from core.domain.cron_words import reading, standing
from core.services.watching.schedules.firing import Outcome
from core.storage.tables import GOING, Candidate, Person, Run, Schedule, ScheduleFire

MOST_LISTED = 50


@dataclass(frozen=True)
class FireLine:
    """What became of one due time, or of several that were missed or skipped together."""

    fire: ScheduleFire
    schedule: str
    """The schedule's name."""
    run_id: int | None
    """Its run, where it is still there."""
    run_state: str | None
    """queued | running | done | cancelled | stopped."""
    by: str | None
    """Who asked for it; None where it was due."""

    @property
    def is_going(self) -> bool:
        """Whether its run has not come to its end."""
        return self.run_state in GOING


@dataclass(frozen=True)
class ScheduleLine:
    """A schedule as it stands."""

    schedule: Schedule
    candidates: tuple[str, ...]
    """The names of those chosen; empty for all that can be asked."""
    last: FireLine | None
    """What became of it the last time."""

    @property
    def id(self) -> int:
        """The schedule's id."""
        return self.schedule.id or 0

    @property
    def cron(self) -> Cron:
        """When it is due."""
        return Cron(self.schedule.cron, self.schedule.zone)

    @property
    def next_at(self) -> datetime | None:
        """Its next time; None while it is paused."""
        return None if self.schedule.is_paused else self.schedule.next_run_at

    @property
    def state(self) -> str:
        """paused | running (its run goes on) | waiting."""
        if self.schedule.is_paused:
            return "paused"
        return "running" if self.last is not None and self.last.is_going else "waiting"


def listed(session: Session) -> list[ScheduleLine]:
    """Every schedule that was not removed: the next one due first, paused ones last."""
    order = (col(Schedule.is_paused), col(Schedule.next_run_at), col(Schedule.id))
    found = list(session.exec(select(Schedule).where(col(Schedule.removed_at).is_(None)).order_by(*order)))
    names = dict(session.exec(select(Candidate.id, Candidate.name)).all())
    last = _last_fires(session, [schedule.id for schedule in found])
    return [
        ScheduleLine(
            schedule=schedule,
            candidates=tuple(names.get(each, "deleted") for each in schedule.candidate_ids or ()),
            last=last.get(schedule.id or 0),
        )
        for schedule in found
    ]


def history(
    session: Session, schedule_id: int | None = None, *, limit: int = MOST_LISTED, offset: int = 0
) -> list[FireLine]:
    """What became of due times, of one schedule or of all, removed ones too; the newest first."""
    query = _fires().order_by(col(ScheduleFire.id).desc()).limit(limit).offset(offset)
    if schedule_id is not None:
        query = query.where(col(ScheduleFire.schedule_id) == schedule_id)
    return _lines(session, query)


def count_fires(session: Session, schedule_id: int | None = None) -> int:
    """How many lines ``history`` has in all."""
    query = select(sa.func.count()).select_from(ScheduleFire)
    if schedule_id is not None:
        query = query.where(ScheduleFire.schedule_id == schedule_id)
    return int(session.exec(query).one())


def recent_failures(session: Session, since: datetime) -> list[FireLine]:
    """What was missed or failed and was recorded at ``since`` or later, the oldest first."""
    failed = col(ScheduleFire.outcome).in_([Outcome.MISSED, Outcome.FAILED])
    query = _fires().where(failed, col(ScheduleFire.fired_at) >= since)
    return _lines(session, query.order_by(col(ScheduleFire.id)))


def schedule_object(line: ScheduleLine, now: datetime) -> dict[str, Any]:
    """A schedule as JSON."""
    schedule = line.schedule
    return {
        "id": line.id,
        "name": schedule.name,
        "dataset": schedule.dataset,
        "version": schedule.version,
        "candidates": list(line.candidates) or None,
        "repetitions": schedule.repetitions,
        "spread_hours": schedule.apart_s / 3600,
        "max_usd": schedule.max_usd,
        "cron": schedule.cron,
        "zone": schedule.zone,
        "reading": reading(line.cron),
        "said": standing(line.cron, line.next_at, now),
        "state": line.state,
        "next_run_at": None if line.next_at is None else line.next_at.isoformat(),
        "last": None if line.last is None else fire_object(line.last),
    }


def fire_object(line: FireLine) -> dict[str, Any]:
    """What became of a due time, as JSON."""
    fire = line.fire
    return {
        "schedule": line.schedule,
        "due_at": None if fire.due_at is None else fire.due_at.isoformat(),
        "times": fire.times,
        "fired_at": fire.fired_at.isoformat(),
        "outcome": fire.outcome,
        "why": fire.why,
        "run": line.run_id,
        "run_state": line.run_state,
        "by": line.by,
    }


def _fires() -> sa.Select[*tuple[Any, ...]]:
    # A number that was freed with a deleted run is given again; a run of this fire was made at its very moment.
    its_run = (col(Run.id) == ScheduleFire.run_id) & (col(Run.created_at) == ScheduleFire.fired_at)
    return (
        sa.select(ScheduleFire, col(Schedule.name), col(Run.id), col(Run.state), col(Person.name))
        .join(Schedule, col(Schedule.id) == ScheduleFire.schedule_id)
        .outerjoin(Run, its_run)
        .outerjoin(Person, col(Person.id) == ScheduleFire.person_id)
    )


def _lines(session: Session, query: sa.Select[*tuple[Any, ...]]) -> list[FireLine]:
    return [FireLine(*row) for row in session.execute(query)]


def _last_fires(session: Session, schedule_ids: Sequence[int | None]) -> dict[int, FireLine]:
    newest = (
        sa.select(sa.func.max(col(ScheduleFire.id)))
        .where(col(ScheduleFire.schedule_id).in_(schedule_ids))
        .group_by(col(ScheduleFire.schedule_id))
    )
    return {line.fire.schedule_id: line for line in _lines(session, _fires().where(col(ScheduleFire.id).in_(newest)))}
