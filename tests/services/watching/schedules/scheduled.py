"""Small workspaces with schedules, for tests."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, update
from sqlmodel import col, select

from core.services.candidates import candidates
from core.services.watching import schedules
from core.services.watching.schedules import FireLine, ScheduleDraft
from core.storage.engine import reading, write
from core.storage.tables import GOING, Run, Schedule, ScheduleFire

NOWHERE = "http://127.0.0.1:9/v1"
HOURLY = "0 * * * *"


def scheduled(engine: Engine, now: datetime, **said: Any) -> int:
    """The id of a schedule over the dataset of tests.services.runs.evaluations.make."""
    draft = ScheduleDraft(**({"dataset": "asked", "cron": HOURLY} | said))
    schedule = write(engine, lambda session: schedules.add(session, draft, now=now))
    assert schedule.id is not None
    return schedule.id


def the_schedule(engine: Engine, schedule_id: int) -> Schedule:
    """Its row as it is now."""
    with reading(engine) as session:
        return session.get_one(Schedule, schedule_id)


def fires(engine: Engine, schedule_id: int | None = None) -> list[FireLine]:
    """The history, the oldest first."""
    with reading(engine) as session:
        return schedules.history(session, schedule_id, limit=100_000)[::-1]


def outcomes(engine: Engine, schedule_id: int | None = None) -> list[tuple[str, int]]:
    """Outcome and number of times of each line of the history, the oldest first."""
    return [(line.fire.outcome, line.fire.times) for line in fires(engine, schedule_id)]


def asked_now(engine: Engine, schedule_id: int, now: datetime) -> ScheduleFire:
    """*Run now*."""
    with reading(engine) as session:
        lines = candidates.listed(session, now)
    return write(engine, lambda session: schedules.run_now(session, schedule_id, lines, now=now))


def end_runs(engine: Engine) -> None:
    """Let every run come to its end, nobody having asked anything."""
    done = update(Run).where(col(Run.state).in_(GOING)).values(state="done")
    write(engine, lambda session: session.connection().execute(done))


def all_runs(engine: Engine) -> list[Run]:
    """Every run, the oldest first."""
    with reading(engine) as session:
        return list(session.exec(select(Run).order_by(col(Run.id))))


def each_time_once(engine: Engine, expected: dict[int, Iterable[datetime]]) -> None:
    """Hold that each schedule's history has exactly its ``expected`` times, each once, and that no run has none."""
    lines = fires(engine)
    for schedule_id, times in expected.items():
        left = sorted(times)
        for fire in sorted((line.fire for line in lines if line.fire.schedule_id == schedule_id), key=_due_at):
            covered, left = left[: fire.times], left[fire.times :]
            assert covered and covered[0] == fire.due_at, f"{fire.due_at} came twice, or a time before it not at all"
        assert not left, f"nothing became of {left}"
    ran = sorted(line.fire.run_id or 0 for line in lines if line.fire.outcome == "ran")
    assert ran == [run.id for run in all_runs(engine)], "a run without its line in the history, or the other way round"


def _due_at(fire: ScheduleFire) -> datetime:
    assert fire.due_at is not None
    return fire.due_at
