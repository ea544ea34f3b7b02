"""What became of requests that were routed: written once each, and added up by category."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.domain.routing import FellBack
from core.storage.engine import write
from core.storage.tables import Candidate, RouteOutcome, metadata

_outcome = metadata.tables["route_outcome"]


@dataclass(frozen=True)
class RouteTry:
    """One attempt of a request, or a candidate that was passed over without one."""

    candidate_id: int
    latency_ms: float
    cost_usd: float | None
    """None: not known."""
    fell_back: FellBack | None = None
    """Why it brought no answer; None: it answered."""
    problem: str = ""
    was_sent: bool = True


@dataclass(frozen=True)
class OutcomeLine:
    """One request, as pages show it."""

    at: datetime
    category: str | None
    version: int | None
    primary: str
    answered: str | None
    fell_back: FellBack | None
    tries: int
    """Attempts that were sent."""
    latency_ms: float
    cost_usd: float | None


@dataclass(frozen=True)
class OutcomeSum:
    """The requests of one category, or with None of all that had no route of their own."""

    category: str | None
    requests: int
    by_primary: int
    by_fallback: int
    failed: int
    """Nobody answered."""
    mean_latency_ms: float
    cost_usd: float | None
    """Of all; None: of some it is not known."""


def record(engine: Engine, row: Mapping[str, Any]) -> int:
    """Write the outcome of one request; its id."""

    def work(session: Session) -> int:
        statement = sa.insert(_outcome).values(**row).returning(_outcome.c.id)
        return int(session.connection().execute(statement).scalar_one())

    return write(engine, work)


def newest(session: Session, dataset: str, *, most: int = 50) -> list[OutcomeLine]:
    """The last requests, the newest first."""
    names = dict(session.exec(select(Candidate.id, Candidate.name)).all())
    query = select(RouteOutcome).where(RouteOutcome.dataset == dataset).order_by(col(RouteOutcome.id).desc())
    return [_line(row, names) for row in session.exec(query.limit(most))]


def _line(row: RouteOutcome, names: Mapping[int | None, str]) -> OutcomeLine:
    return OutcomeLine(
        row.created_at,
        row.category,
        row.proposed_id,
        names.get(row.primary_id, "?"),
        None if row.answered_id is None else names.get(row.answered_id, "?"),
        None if row.fell_back_because is None else FellBack(row.fell_back_because),
        sum(bool(one.get("was_sent", True)) for one in row.tries),
        row.latency_ms,
        row.cost_usd,
    )


def by_category(session: Session, dataset: str) -> list[OutcomeSum]:
    """All requests of the dataset's tables, added up."""
    o = _outcome.c
    answered = o.answered_id.is_not(None)
    first = answered & o.fell_back_because.is_(None)

    def count(where: Any) -> Any:
        return sa.func.sum(sa.case((where, 1), else_=0))

    query = (
        sa.select(
            o.category, sa.func.count(), count(first), count(answered & ~first), count(~answered),
            sa.func.avg(o.latency_ms), sa.func.sum(o.cost_usd), count(o.cost_usd.is_(None)),
        )
        .where(o.dataset == dataset)
        .group_by(o.category)
        .order_by(o.category.is_(None), o.category)
    )  # fmt: skip
    return [
        OutcomeSum(category, n, int(own), int(other), int(failed), float(mean), None if unknown else float(usd or 0.0))
        for category, n, own, other, failed, mean, usd, unknown in session.execute(query)
    ]
