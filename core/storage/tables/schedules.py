"""Schedules, and what became of each time that one was due."""

from datetime import datetime

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlmodel import Field

from core.storage.tables.base import BigId, Table, json_value, long_text, moment, reference, row_id

_THERE = text("removed_at IS NULL")


class Schedule(Table, table=True):
    """A dataset that is evaluated again by itself, whenever its cron text is due in its time zone.

    Due times are claimed by an UPDATE of ``next_run_at`` that only one process wins. A schedule that was removed stays,
    because its history does.
    """

    __table_args__ = (
        Index("ix_schedule_name", "name", unique=True, sqlite_where=_THERE, postgresql_where=_THERE),
        Index("ix_schedule_next_run_at", "next_run_at"),
    )
    id: int | None = row_id()
    name: str
    dataset: str
    """The dataset's name."""
    version: int | None = None
    """The version that is asked; empty: the newest at that time."""
    candidate_ids: list[int] | None = json_value(null=True)
    """Empty: all that are not retired and can be asked then."""
    repetitions: int = 1
    apart_s: float = 0.0
    """Seconds from the begin of one repetition to that of the next; 0: all at once."""
    max_usd: float | None = None
    """The spending cap of each run."""
    cron: str
    zone: str
    """A name of the IANA time zone database."""
    is_paused: bool = False
    next_run_at: datetime = moment()
    created_by_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    created_at: datetime = moment()
    changed_at: datetime = moment()
    """When somebody last said what it does."""
    removed_at: datetime | None = moment(null=True)


class ScheduleFire(Table, table=True):
    """What became of a time that a schedule was due, or of somebody's *run now*: a fact, only ever added."""

    __tablename__ = "schedule_fire"
    __table_args__ = (
        UniqueConstraint("schedule_id", "due_at"),
        Index("ix_schedule_fire_fired_at", "fired_at"),
    )
    id: int | None = row_id()
    schedule_id: int = reference("schedule")
    due_at: datetime | None = moment(null=True)
    """The time that was due, the first one where ``times`` are more; empty: somebody asked for it."""
    times: int = 1
    """How many due times in a row it stands for; more than one where they were missed or skipped together."""
    fired_at: datetime = moment()
    """When it was seen to."""
    outcome: str
    """ran | missed | skipped | failed."""
    why: str = long_text()
    """Why it did not run; of what ran, what was left out."""
    run_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    """The run, which may have been deleted with its dataset since."""
    person_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    """Who asked for it."""
