"""The inbox: what is open, and what somebody did about it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, case, func, or_, update
from sqlmodel import Session, col, select

from core.domain.alerts import AlertKind
from core.errors import NotFound
from core.storage.tables import Alert, AlertDelivery, AlertDestination, Person

LISTED = 200


class AlertState(StrEnum):
    """Where an alert stands."""

    OPEN = "open"
    SNOOZED = "snoozed"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True)
class Delivered:
    """How an alert's message to one destination stands."""

    destination: str
    state: str
    """due | sent | given_up."""
    attempts: int
    problem: str | None
    next_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True)
class Listed:
    """An alert as it is listed."""

    alert: Alert
    state: AlertState
    acknowledged_by: str | None
    """Their name."""
    deliveries: tuple[Delivered, ...]


def listing(
    session: Session,
    *,
    now: datetime,
    state: AlertState | None = AlertState.OPEN,
    kinds: Collection[AlertKind] | None = None,
    limit: int = LISTED,
) -> list[Listed]:
    """Alerts in that state (None: any), at most ``limit``: open ones first, of these and of others the newest first."""
    open_first = case((_is(AlertState.OPEN, now), 0), else_=1)
    query = select(Alert).order_by(open_first, col(Alert.created_at).desc(), col(Alert.id).desc()).limit(limit)
    if state is not None:
        query = query.where(_is(state, now))
    if kinds is not None:
        query = query.where(col(Alert.kind).in_([str(kind) for kind in kinds]))
    rows = session.exec(query).all()
    names = dict(session.exec(select(Person.id, Person.name)).all())
    deliveries = _deliveries(session, [row.id or 0 for row in rows])
    return [
        Listed(
            alert=row,
            state=state_of(row, now),
            acknowledged_by=names.get(row.acknowledged_by_id) if row.acknowledged_by_id else None,
            deliveries=tuple(deliveries.get(row.id or 0, ())),
        )
        for row in rows
    ]


def count(session: Session, *, now: datetime, state: AlertState = AlertState.OPEN) -> int:
    """How many alerts are in that state."""
    return int(session.exec(select(func.count()).select_from(Alert).where(_is(state, now))).one())


def state_of(alert: Alert, now: datetime) -> AlertState:
    """Where the alert stands."""
    if alert.acknowledged_at is not None:
        return AlertState.ACKNOWLEDGED
    if alert.snoozed_until is not None and alert.snoozed_until > now:
        return AlertState.SNOOZED
    return AlertState.OPEN


def acknowledge(session: Session, public_id: str, *, person_id: int | None, now: datetime) -> None:
    """Somebody has seen to it; whoever was first is kept. Raises NotFound where there is no such alert."""
    alert = find(session, public_id)
    if alert.acknowledged_at is None:
        alert.acknowledged_at, alert.acknowledged_by_id = now, person_id
        session.add(alert)


def seen_to(
    session: Session, kind: AlertKind, *, keys: Collection[str] | None = None, person_id: int | None, now: datetime
) -> None:
    """Acknowledge what asks for a thing that somebody has done: all of that kind, or those of these keys.

    A rule of what holds for a while adds to its key since when.
    """
    mine = update(Alert).where(col(Alert.kind) == str(kind), col(Alert.acknowledged_at).is_(None))
    if keys is not None:
        since = (col(Alert.key).startswith(f"{key}@", autoescape=True) for key in keys)
        mine = mine.where(or_(col(Alert.key).in_(keys), *since))
    session.connection().execute(mine.values(acknowledged_at=now, acknowledged_by_id=person_id))


def snooze(session: Session, public_id: str, *, until: datetime) -> None:
    """Have it out of sight until then, and open again after. Raises NotFound where there is no such alert."""
    alert = find(session, public_id)
    alert.snoozed_until = until
    session.add(alert)


def find(session: Session, public_id: str) -> Alert:
    """The alert of that id, or of the one that begins so (eight characters at least); NotFound where none is."""
    asked = public_id.strip().lower()
    beginning = col(Alert.public_id).startswith(asked, autoescape=True) if len(asked) >= 8 else Alert.public_id == asked
    found = session.exec(select(Alert).where(beginning).limit(2).with_for_update()).all()
    if len(found) != 1:
        raise NotFound(f"There is no alert '{public_id}'. `evenhand alerts list` prints the ids of those there are.")
    return found[0]


def _is(state: AlertState, now: datetime) -> ColumnElement[bool]:
    is_done = col(Alert.acknowledged_at).is_not(None)
    if state is AlertState.ACKNOWLEDGED:
        return is_done
    sleeps = and_(col(Alert.snoozed_until).is_not(None), col(Alert.snoozed_until) > now)
    if state is AlertState.SNOOZED:
        return and_(~is_done, sleeps)
    return and_(~is_done, or_(col(Alert.snoozed_until).is_(None), col(Alert.snoozed_until) <= now))


def _deliveries(session: Session, alert_ids: list[int]) -> dict[int, list[Delivered]]:
    query = (
        select(AlertDelivery, AlertDestination.name)
        .join(AlertDestination, col(AlertDestination.id) == col(AlertDelivery.destination_id))
        .where(col(AlertDelivery.alert_id).in_(alert_ids))
        .order_by(AlertDestination.name)
    )
    found: dict[int, list[Delivered]] = {}
    for row, name in session.exec(query).all():
        one = Delivered(name, row.state, row.attempts, row.problem, row.next_at, row.sent_at)
        found.setdefault(row.alert_id, []).append(one)
    return found
