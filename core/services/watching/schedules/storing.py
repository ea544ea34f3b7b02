"""Adding, changing, pausing and removing schedules."""

from datetime import datetime

from sqlmodel import Session, col, func, select

from core.domain.cron import parse_cron
from core.errors import NotFound
from core.services.watching.schedules.drafts import ScheduleDraft, checked
from core.storage.tables import Schedule, ScheduleFire


def add(session: Session, draft: ScheduleDraft, *, now: datetime, person_id: int | None = None) -> Schedule:
    """A new schedule, due from now on. Raises BadInput."""
    draft = checked(session, draft, now=now)
    schedule = Schedule(name="", dataset="", cron="", zone="", next_run_at=now, created_at=now, changed_at=now)
    schedule.created_by_id = person_id
    return _say(session, schedule, draft, now)


def change(session: Session, schedule_id: int, draft: ScheduleDraft, *, now: datetime) -> Schedule:
    """Say anew what a schedule does; it is due from now on. Raises NotFound and BadInput."""
    schedule = locked(session, schedule_id)
    return _say(session, schedule, checked(session, draft, now=now, but_for=schedule_id), now)


def pause(session: Session, schedule_id: int) -> Schedule:
    """Let it skip the times it is due, each with a line in its history, until it is resumed."""
    schedule = locked(session, schedule_id)
    schedule.is_paused = True
    session.add(schedule)
    return schedule


def resume(session: Session, schedule_id: int, *, now: datetime) -> Schedule:
    """Let a paused schedule run again, from its next time on."""
    schedule = locked(session, schedule_id)
    if schedule.is_paused:
        schedule.is_paused = False
        schedule.next_run_at = _next_run_at(session, schedule, now)
        session.add(schedule)
    return schedule


def remove(session: Session, schedule_id: int, *, now: datetime) -> Schedule:
    """Have it run no more; its history stays, and a run of it that goes on comes to its end."""
    schedule = locked(session, schedule_id)
    schedule.removed_at = now
    session.add(schedule)
    return schedule


def named(session: Session, name: str) -> Schedule:
    """The schedule of that name or number. Raises NotFound, which names those that are there."""
    there = select(Schedule).where(col(Schedule.removed_at).is_(None)).order_by(col(Schedule.name))
    everyone = list(session.exec(there))
    found = next((each for each in everyone if name in (each.name, str(each.id))), None)
    if found is None:
        known = ", ".join(f"'{each.name}'" for each in everyone) or "none yet; add one with `evenhand schedule add`"
        raise NotFound(f"There is no schedule '{name}'. There are: {known}.")
    return found


def locked(session: Session, schedule_id: int) -> Schedule:
    """A schedule that nobody else fires or changes until this transaction ends. Raises NotFound."""
    schedule = session.get(Schedule, schedule_id, with_for_update=True, populate_existing=True)
    if schedule is None or schedule.removed_at is not None:
        raise NotFound("That schedule does not exist any more.")
    return schedule


def _say(session: Session, schedule: Schedule, draft: ScheduleDraft, now: datetime) -> Schedule:
    schedule.name, schedule.dataset, schedule.version = draft.name, draft.dataset, draft.version
    schedule.candidate_ids = list(draft.candidate_ids) or None
    schedule.repetitions, schedule.apart_s, schedule.max_usd = draft.repetitions, draft.apart_s, draft.max_usd
    schedule.cron, schedule.zone, schedule.changed_at = draft.cron, draft.zone, now
    schedule.next_run_at = _next_run_at(session, schedule, now)
    session.add(schedule)
    session.flush()
    return schedule


def _next_run_at(session: Session, schedule: Schedule, now: datetime) -> datetime:
    """Its next time; also where a clock was set back, no time that its history has already."""
    last = None
    if schedule.id is not None:
        query = select(func.max(ScheduleFire.due_at)).where(ScheduleFire.schedule_id == schedule.id)
        last = session.exec(query).one()
    return parse_cron(schedule.cron, schedule.zone).next_after(now if last is None else max(now, last))
