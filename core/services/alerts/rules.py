"""The rows of the rules: which kinds are raised, with which thresholds, and what each rule has seen so far."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from core.domain.alerts import AlertKind
from core.storage.tables import AlertRule, metadata
from core.storage.upsert import insert_into


def ensure(session: Session, *, now: datetime) -> dict[AlertKind, AlertRule]:
    """The rows of all rules; those that are missing are made, on, watching from now."""
    missing = set(AlertKind) - set(stored(session))
    if missing:
        new = [
            {"kind": str(kind), "is_on": True, "parameters": {}, "watched_since": now, "stamps": {}, "standing": {}}
            for kind in sorted(missing)
        ]
        table = metadata.tables["alert_rule"]
        statement = insert_into(session.get_bind().dialect.name, table).on_conflict_do_nothing()
        session.connection().execute(statement, new)
    return stored(session)


def stored(session: Session) -> dict[AlertKind, AlertRule]:
    """The rows that there are; a rule without one is on, and has its own thresholds."""
    known = set(AlertKind)
    return {AlertKind(row.kind): row for row in session.exec(select(AlertRule)).all() if row.kind in known}


def switch(session: Session, kind: AlertKind, *, is_on: bool, now: datetime) -> None:
    """Raise alerts of that kind, or no more. What happened while it was off is no news afterwards."""
    row = ensure(session, now=now)[kind]
    if is_on and not row.is_on:
        row.watched_since = now
    row.is_on = is_on
    session.add(row)


def set_parameters(session: Session, kind: AlertKind, parameters: Mapping[str, Any], *, now: datetime) -> None:
    """Judge by these thresholds from now on; they hold at the next look."""
    row = ensure(session, now=now)[kind]
    row.parameters, row.stamps = dict(parameters), {}
    session.add(row)


def claim(session: Session, row: AlertRule, *, every: timedelta, now: datetime) -> bool:
    """Take the turn of a rule that was last looked at ``every`` ago or longer; False where another was quicker."""
    if row.checked_at is not None and row.checked_at > now - every:
        return False
    seen = col(AlertRule.checked_at)
    as_seen = seen.is_(None) if row.checked_at is None else seen == row.checked_at
    statement = update(AlertRule).where(col(AlertRule.kind) == row.kind, as_seen).values(checked_at=now)
    return bool(session.connection().execute(statement).rowcount == 1)
