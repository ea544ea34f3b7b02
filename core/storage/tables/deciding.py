"""What somebody decided about the champion: facts, only ever added to."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index
from sqlmodel import Field

from core.storage.tables.base import BigId, Table, json_value, long_text, moment, reference, row_id


class DecisionTaken(Table, table=True):
    """A verdict that somebody accepted or declined, as it stood then."""

    __tablename__ = "decision_taken"
    __table_args__ = (Index("ix_decision_taken_dataset", "dataset", "id"),)
    id: int | None = row_id()
    dataset: str
    """The dataset's name, whatever the version."""
    category: str | None = None
    """Empty: over all."""
    champion_id: int = reference("candidate", index=True)
    challenger_id: int = reference("candidate", index=True)
    decision: str
    """A domain.deciding.Decision: what the evidence allowed."""
    is_accepted: bool
    why: str = long_text()
    verdict: dict[str, Any] = json_value()
    """The verdict's numbers, as `evenhand decide --json` gave them."""
    champion_usd: float | None = None
    """Its cost per acceptable response then; empty: not known."""
    challenger_usd: float | None = None
    """What the challenger's was, and so what was predicted."""
    person_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    """Who took it."""
    created_at: datetime = moment()
