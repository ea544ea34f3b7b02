"""What somebody is alerted about, where messages of it go, and how each got there."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, UniqueConstraint
from sqlmodel import Field

from core.storage.tables.base import BigId, Table, json_value, long_text, moment, reference, row_id


class Alert(Table, table=True):
    """Something that happened and that somebody should look at; raised once for each ``key``.

    Open until it is acknowledged; a snoozed one is out of sight until then.
    """

    __table_args__ = (Index("ix_alert_open", "acknowledged_at", "id"),)
    id: int | None = row_id()
    public_id: str = Field(unique=True)
    """The id that every message of it carries."""
    kind: str
    """A domain.alerts.AlertKind."""
    key: str = Field(unique=True)
    """What tells this happening from others."""
    severity: str
    """A domain.alerts.Severity."""
    title: str = long_text()
    text: str = long_text()
    """What happened and what it means, in sentences."""
    link: str = long_text()
    """The page that proves it, in its scope: a path of the app, with the query."""
    data: dict[str, Any] = json_value()
    """Its figures, for machines."""
    created_at: datetime = moment()
    acknowledged_at: datetime | None = moment(null=True)
    acknowledged_by_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    snoozed_until: datetime | None = moment(null=True)


class AlertDestination(Table, table=True):
    """Where messages go. The address holds secrets, so only the name of the variable that holds it is kept."""

    __tablename__ = "alert_destination"
    id: int | None = row_id()
    name: str = Field(unique=True)
    url_env: str
    """The environment's variable with apprise's address of it."""
    kinds: list[str] | None = json_value(null=True)
    """Which AlertKinds go there; empty: all."""
    least_severity: str = "note"
    created_at: datetime = moment()
    retired_at: datetime | None = moment(null=True)


class AlertRule(Table, table=True):
    """Whether one kind of alert is raised, with which thresholds, and what its rule has seen so far."""

    __tablename__ = "alert_rule"
    kind: str = Field(primary_key=True)
    """A domain.alerts.AlertKind."""
    is_on: bool = True
    parameters: dict[str, Any] = json_value()
    """What differs from the rule's own."""
    watched_since: datetime = moment()
    """What happened before is no news."""
    checked_at: datetime | None = moment(null=True)
    stamps: dict[str, str] = json_value()
    """What each of its scopes looked like when the rule last looked; it looks again at one that changed."""
    standing: dict[str, dict[str, str]] = json_value()
    """What holds, by its key: its scope, since when and when it was last seen, so that it is news once."""


class AlertDelivery(Table, table=True):
    """An alert on its way to one destination: at least once, and exactly once where the receiver's answer arrived."""

    __tablename__ = "alert_delivery"
    __table_args__ = (
        UniqueConstraint("alert_id", "destination_id"),
        Index("ix_alert_delivery_due", "state", "next_at"),
    )
    id: int | None = row_id()
    alert_id: int = reference("alert")
    destination_id: int = reference("alert_destination", index=True)
    state: str = "due"
    """due | sent | given_up."""
    attempts: int = 0
    next_at: datetime = moment()
    """When it is due."""
    problem: str | None = None
    """Why the last attempt failed, without secrets."""
    claimed_by: str | None = None
    """Who is sending it now."""
    claimed_at: datetime | None = moment(null=True)
    sent_at: datetime | None = moment(null=True)
