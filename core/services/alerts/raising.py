"""Raising an alert: written once for each key, with what is to be delivered, in the caller's own transaction."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.domain.alerts import AlertKind, Severity
from core.storage.tables import AlertDelivery, AlertDestination, AlertRule, metadata
from core.storage.upsert import insert_into


@dataclass(frozen=True)
class Raised:
    """Something that happened and that somebody should look at."""

    kind: AlertKind
    key: str
    """Names this happening, and no other: what has the key of an earlier alert is not raised again.

    So it carries what it is about and the run, week or moment in which it came about.
    """
    title: str
    """What happened, in one line."""
    text: str
    """What happened and what it means, in a few sentences for whoever never opened the app."""
    link: str
    """The page that proves it, in the same scope: a path of the app with its query, such as /runs?run=3."""
    severity: Severity = Severity.WARNING
    data: dict[str, Any] = field(default_factory=dict)
    """Its figures, for machines: what JSON can hold."""


def raise_alert(session: Session, raised: Raised, *, now: datetime) -> bool:
    """Write the alert in the transaction of ``session``, to be delivered once that is committed.

    False, and nothing is written, where its key was raised before or alerts of its kind are switched off.
    Nothing is sent here, so whoever calls is never held up by a receiver.
    """
    rule = session.get(AlertRule, raised.kind)
    if rule is not None and not rule.is_on:
        return False
    alert_id = _add(session, raised, now)
    if alert_id is None:
        return False
    destinations = session.exec(select(AlertDestination).where(col(AlertDestination.retired_at).is_(None))).all()
    for destination in destinations:
        if goes_to(destination, raised.kind, raised.severity):
            session.add(AlertDelivery(alert_id=alert_id, destination_id=destination.id or 0, next_at=now))
    session.flush()
    return True


def goes_to(destination: AlertDestination, kind: AlertKind, severity: Severity) -> bool:
    """Whether alerts of that kind and severity are for ``destination``."""
    if destination.kinds is not None and kind not in destination.kinds:
        return False
    return severity.rank >= Severity(destination.least_severity).rank


def _add(session: Session, raised: Raised, now: datetime) -> int | None:
    """The new alert's id; None where its key is there already. Two who raise it at once wait for each other."""
    table = metadata.tables["alert"]
    row = {
        "public_id": str(uuid.uuid4()),
        "kind": str(raised.kind),
        "key": raised.key,
        "severity": str(raised.severity),
        "title": raised.title,
        "text": raised.text,
        "link": raised.link,
        "data": raised.data,
        "created_at": now,
    }
    statement = insert_into(session.get_bind().dialect.name, table).values(**row)
    found = session.connection().execute(statement.on_conflict_do_nothing(index_elements=["key"]).returning(table.c.id))
    return found.scalar_one_or_none()
