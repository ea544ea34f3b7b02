"""Where alerts are sent: destinations, each with the name of the variable that holds its address."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Update, func, update
from sqlmodel import Session, col, select

from core.domain.alerts import AlertKind, Severity
from core.errors import BadInput, NotFound
from core.settings import secret
from core.storage.tables import AlertDelivery, AlertDestination

ENDING = "_ALERT_URL"
_VARIABLE = re.compile(rf"[A-Z][A-Z0-9_]*{ENDING}")
_LONGEST_NAME = 60


@dataclass(frozen=True)
class DestinationState:
    """A destination and how messages get there."""

    destination: AlertDestination
    is_set: bool
    """Its variable holds something, where this process runs."""
    sent: int
    due: int
    given_up: int
    problem: str | None
    """Why the last attempt failed of what is still due or was given up."""


def add(
    session: Session,
    name: str,
    url_env: str,
    *,
    kinds: Collection[AlertKind] | None = None,
    least_severity: Severity = Severity.NOTE,
    now: datetime,
) -> AlertDestination:
    """A new destination; what was raised before is not sent to it. ``kinds`` None: all, those to come too.

    Raises BadInput where the name is taken or the variable is none that may hold an address.
    """
    name = _usable_name(session, name)
    row = AlertDestination(
        name=name,
        url_env=_usable_variable(url_env),
        kinds=None if kinds is None else sorted(str(kind) for kind in kinds),
        least_severity=str(least_severity),
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def retire(session: Session, destination_id: int, *, now: datetime) -> None:
    """Send nothing there any more; what is due to it is given up. Its name can be used again."""
    row = session.get(AlertDestination, destination_id)
    if row is None or row.retired_at is not None:
        raise NotFound("That destination does not exist any more.")
    row.retired_at = now
    row.name = f"{row.name} (until {now:%Y-%m-%d %H:%M:%S})"
    session.add(row)
    gone = "Its destination was taken away."
    session.connection().execute(_waiting(destination_id).values(state="given_up", problem=gone))


def try_now(session: Session, destination_id: int, *, now: datetime) -> int:
    """Have all that is due there, and what was given up, sent now; how many messages these are."""
    row = session.get(AlertDestination, destination_id)
    if row is None or row.retired_at is not None:
        raise NotFound("That destination does not exist any more.")
    stuck = update(AlertDelivery).where(
        col(AlertDelivery.destination_id) == destination_id,
        col(AlertDelivery.state).in_(("due", "given_up")),
        col(AlertDelivery.claimed_by).is_(None),
    )
    return int(session.connection().execute(stuck.values(state="due", next_at=now)).rowcount)


def listing(session: Session) -> list[DestinationState]:
    """The destinations in use, by name, with what became of what was sent there."""
    rows = session.exec(
        select(AlertDestination).where(col(AlertDestination.retired_at).is_(None)).order_by(AlertDestination.name)
    ).all()
    counted = select(AlertDelivery.destination_id, AlertDelivery.state, func.count()).group_by(
        col(AlertDelivery.destination_id), col(AlertDelivery.state)
    )
    counts: dict[tuple[int | None, str], int] = {(of, state): count for of, state, count in session.exec(counted).all()}
    return [
        DestinationState(
            destination=row,
            is_set=secret(row.url_env) is not None,
            sent=counts.get((row.id, "sent"), 0),
            due=counts.get((row.id, "due"), 0),
            given_up=counts.get((row.id, "given_up"), 0),
            problem=_last_problem(session, row),
        )
        for row in rows
    ]


def named(session: Session, name: str) -> AlertDestination:
    """The destination of that name; NotFound, with the names there are, where there is none."""
    rows = session.exec(select(AlertDestination).where(col(AlertDestination.retired_at).is_(None))).all()
    for row in rows:
        if row.name == name:
            return row
    known = ", ".join(sorted(row.name for row in rows)) or "none"
    raise NotFound(f"There is no destination '{name}'. There are: {known}.")


def _waiting(destination_id: int) -> Update:
    return update(AlertDelivery).where(
        col(AlertDelivery.destination_id) == destination_id, col(AlertDelivery.state) == "due"
    )


def _last_problem(session: Session, row: AlertDestination) -> str | None:
    stuck = select(AlertDelivery.problem).where(
        AlertDelivery.destination_id == row.id,
        col(AlertDelivery.state) != "sent",
        col(AlertDelivery.problem).is_not(None),
    )
    return session.exec(stuck.order_by(col(AlertDelivery.next_at).desc()).limit(1)).first()


def _usable_name(session: Session, name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise BadInput("The destination needs a name, such as 'Team channel'.")
    if len(name) > _LONGEST_NAME:
        raise BadInput(f"The name has {len(name)} characters; {_LONGEST_NAME} is the most.")
    if session.exec(select(AlertDestination).where(AlertDestination.name == name)).first() is not None:
        raise BadInput(f"There is a destination '{name}' already. Give this one another name.")
    return name


def _usable_variable(url_env: str) -> str:
    """Nothing but addresses of receivers is ever read, whatever an admin of the app types."""
    url_env = url_env.strip()
    if "://" in url_env:
        raise BadInput(
            "That is an address, which is a secret: put it into the environment where Evenhand runs, as a variable "
            f"whose name ends in {ENDING}, and give the variable's name here."
        )
    if not _VARIABLE.fullmatch(url_env):
        raise BadInput(
            f"'{url_env}' is no variable for an address: its name is in capitals and ends in {ENDING}, "
            f"such as TEAM{ENDING}."
        )
    return url_env
