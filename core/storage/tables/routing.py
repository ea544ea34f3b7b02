"""Routing tables that were proposed, what people decided on them, and how requests sent by them ended."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index
from sqlmodel import Field

from core.storage.tables.base import BigId, Table, json_value, long_text, moment, reference, row_id


class RoutesProposed(Table, table=True):
    """A routing table as it was compiled from the evidence of that time; its id is its version."""

    __tablename__ = "routes_proposed"
    __table_args__ = (Index("ix_routes_proposed_dataset", "dataset", "id"),)
    id: int | None = row_id()
    dataset: str
    """The dataset's name, whatever the version."""
    key: str = Field(unique=True)
    """The dataset, the table in force and the routes: the same table is proposed once, whoever proposes it."""
    replaces_id: int | None = reference("routes_proposed", null=True, index=True)
    """The table in force then; empty: none, the champion answered everything."""
    champion_id: int = reference("candidate", index=True)
    """Who was in production then."""
    routes: list[dict[str, Any]] = json_value()
    """One a category: primary, fallbacks, timeout and why, candidates by id."""
    rests_on: dict[str, Any] = json_value()
    """What it was compiled under and what was expected of it: limits, what if, regret."""
    because: str
    """A domain.routing.Occasion: what made somebody look."""
    said: str = long_text()
    """What it changes and why, in sentences."""
    person_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    """Who asked for it; empty: an alarm or a verdict did."""
    created_at: datetime = moment()


class RoutesDecided(Table, table=True):
    """What somebody decided on a proposed table, once. The last one accepted is in force."""

    __tablename__ = "routes_decided"
    __table_args__ = (Index("ix_routes_decided_dataset", "dataset", "id"),)
    id: int | None = row_id()
    dataset: str
    proposed_id: int = Field(sa_column=Column(BigId, ForeignKey("routes_proposed.id"), nullable=False, unique=True))
    is_accepted: bool
    follows: str | None = Field(default=None, unique=True)
    """Of an accepted one, the dataset and the table that was in force: one table follows another, and only one."""
    why: str = long_text()
    person_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    created_at: datetime = moment()


class RouteOutcome(Table, table=True):
    """How one request ended that the router sent: who answered, who did not and why. Never its text."""

    __tablename__ = "route_outcome"
    __table_args__ = (Index("ix_route_outcome_dataset", "dataset", "id"),)
    id: int | None = row_id()
    dataset: str
    proposed_id: int | None = reference("routes_proposed", null=True, index=True)
    """The table in force; empty: none, the champion answers everything."""
    category: str | None = None
    """Of the request; empty: none was named, or none that the table knows."""
    primary_id: int = reference("candidate", index=True)
    answered_id: int | None = reference("candidate", null=True, index=True)
    """Who answered; empty: nobody did."""
    fell_back_because: str | None = None
    """A domain.routing.FellBack: why the primary did not answer; empty: it did."""
    tries: list[dict[str, Any]] = json_value()
    """Each attempt in its order: candidate, latency, cost, and what went wrong."""
    latency_ms: float
    """From the request to the whole answer, or to when it was given up, over all attempts."""
    first_visible_ms: float | None = None
    """From the request to the first visible token of the answer; empty: none came, or it came in one piece."""
    cost_usd: float | None = None
    """Of all attempts; empty: a price is not known."""
    created_at: datetime = moment()
