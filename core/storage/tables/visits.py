"""When people looked at the first page, so that it can say what came since."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey
from sqlmodel import Field

from core.storage.tables.base import BigId, Table, json_value, moment


class OverviewVisit(Table, table=True):
    """One person's looks at one dataset, as domain.overview.Visit has them."""

    __tablename__ = "overview_visit"
    person_id: int = Field(sa_column=Column(BigId, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True))
    dataset: str = Field(primary_key=True)
    """The dataset's name, whatever the version."""
    before: dict[str, Any] | None = json_value(null=True)
    """How far the facts went when the visit before ended; empty: this is the first."""
    before_at: datetime | None = moment(null=True)
    last: dict[str, Any] = json_value()
    """How far they went at the last look."""
    last_at: datetime = moment()
