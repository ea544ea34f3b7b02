"""The versions of a dataset's routing table: proposed once, decided once, one in force."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain.alerts import AlertKind
from core.domain.routing import Occasion, RoutingTable
from core.errors import BadInput, NotFound
from core.services.alerts import inbox
from core.services.routing.records import digest, records, table_of
from core.storage.tables import Person, RoutesDecided, RoutesProposed, metadata
from core.storage.upsert import insert_into

LONGEST_WHY = 2000
_MOST_OVERTAKEN = 100
_NONE = 0


class VersionState(StrEnum):
    """What became of a proposed table."""

    IN_FORCE = "in force"
    PROPOSED = "proposed"
    REPLACED = "replaced"
    DECLINED = "declined"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True)
class Version:
    """A proposed table with what was decided on it; ``id`` is its version."""

    id: int
    dataset: str
    table: RoutingTable
    state: VersionState
    champion_id: int
    replaces_id: int | None
    because: Occasion
    said: str
    rests_on: dict[str, Any]
    proposed_by: str | None
    """None: an alarm or a verdict."""
    created_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    why: str = ""

    @property
    def saved_usd_a_month(self) -> float | None:
        """What it was expected to save, as the figures stood when it was proposed; None: not known."""
        told = self.rests_on.get("what_if", {})
        before, after = (told.get(name, {}).get("usd_a_month") for name in ("in_force", "table"))
        return None if before is None or after is None else before - after


@dataclass(frozen=True)
class Proposal:
    """What is to be proposed."""

    dataset: str
    table: RoutingTable
    champion_id: int
    replaces_id: int | None
    because: Occasion
    said: str
    rests_on: dict[str, Any]


def listed(session: Session, dataset: str) -> list[Version]:
    """Every version, the newest first."""
    rows = session.exec(
        select(RoutesProposed).where(RoutesProposed.dataset == dataset).order_by(col(RoutesProposed.id).desc())
    ).all()
    on = {row.proposed_id: row for row in session.exec(select(RoutesDecided).where(RoutesDecided.dataset == dataset))}
    people = {id: name for id, name in session.exec(select(Person.id, Person.name)).all() if id is not None}
    current = in_force_id(session, dataset)
    standing = _standing(rows, on, current)
    return [_version(row, on.get(row.id or 0), people, current, standing) for row in rows]


def decided(session: Session, dataset: str) -> list[Version]:
    """Those that somebody accepted or declined, the one decided on last first."""
    query = (
        select(RoutesProposed, RoutesDecided)
        .join(RoutesDecided, col(RoutesDecided.proposed_id) == col(RoutesProposed.id))
        .where(RoutesDecided.dataset == dataset)
        .order_by(col(RoutesDecided.id).desc())
    )
    rows, current = session.exec(query).all(), in_force_id(session, dataset)
    people = _people(session, {of for pair in rows for of in (pair[0].person_id, pair[1].person_id)})
    return [_version(proposed, row, people, current, None) for proposed, row in rows]


def in_force(session: Session, dataset: str) -> Version | None:
    """The table that was accepted last; None: the champion answers everything."""
    current = in_force_id(session, dataset)
    if current is None:
        return None
    row = session.get_one(RoutesProposed, current)
    on = session.exec(select(RoutesDecided).where(RoutesDecided.proposed_id == current)).one()
    return _version(row, on, _people(session, {row.person_id, on.person_id}), current, None)


def _people(session: Session, ids: Set[int | None]) -> dict[int, str]:
    """Their names."""
    rows = session.exec(select(Person.id, Person.name).where(col(Person.id).in_(ids - {None}))).all() if ids else ()
    return {id: name for id, name in rows if id is not None}


def in_force_id(session: Session, dataset: str) -> int | None:
    """Its version."""
    accepted = select(RoutesDecided.proposed_id).where(RoutesDecided.dataset == dataset, col(RoutesDecided.is_accepted))
    return session.exec(accepted.order_by(col(RoutesDecided.id).desc()).limit(1)).first()


def newest_accepted(session: Session) -> str | None:
    """The dataset whose table was accepted last; None where none ever was."""
    query = select(RoutesDecided.dataset).where(col(RoutesDecided.is_accepted))
    return session.exec(query.order_by(col(RoutesDecided.id).desc()).limit(1)).first()


def propose(session: Session, proposal: Proposal, *, person_id: int | None, now: datetime) -> int | None:
    """Write it, and give its version; None where the same table was proposed after the table in force before.

    Of several processes that propose the same at once one writes it. What was declined is proposed again by a person
    alone.
    """
    declined = 0 if person_id is None and proposal.because is not Occasion.ASKED else _declined(session, proposal)
    key = f"{proposal.dataset}:{proposal.replaces_id or _NONE}:{digest(proposal.table)}:{declined}"
    table = metadata.tables["routes_proposed"]
    row = {
        "dataset": proposal.dataset,
        "key": key,
        "replaces_id": proposal.replaces_id,
        "champion_id": proposal.champion_id,
        "routes": records(proposal.table),
        "rests_on": proposal.rests_on,
        "because": str(proposal.because),
        "said": proposal.said,
        "person_id": person_id,
        "created_at": now,
    }
    statement = insert_into(session.get_bind().dialect.name, table).values(**row)
    found = session.connection().execute(statement.on_conflict_do_nothing(index_elements=["key"]).returning(table.c.id))
    return found.scalar_one_or_none()


def alert_key(version: int) -> str:
    """Of the alert that a table was proposed."""
    return f"routes:{version}"


def decide(
    session: Session, version: int, *, is_accepted: bool, why: str, person_id: int | None, now: datetime
) -> RoutesDecided:
    """Accept or decline a proposed table, once. An accepted one is in force from now on.

    The alert on it is acknowledged, and of an accepted one those on all that were proposed before.

    Raises NotFound where there is no such version, and BadInput where it was decided before, where another table than
    the one it was compiled against is in force by now (somebody else accepted one meanwhile), or ``why`` is longer than
    LONGEST_WHY characters.
    """
    if len(why) > LONGEST_WHY:
        raise BadInput(f"The reason has {len(why):,} characters; {LONGEST_WHY:,} is the most.")
    row = session.get(RoutesProposed, version)
    if row is None:
        raise NotFound(f"There is no version {version} of a routing table.")
    if session.exec(select(RoutesDecided).where(RoutesDecided.proposed_id == version)).first() is not None:
        raise BadInput(f"Version {version} was decided on already. Look at the versions.")
    follows = f"{row.dataset}:{row.replaces_id or _NONE}"
    if is_accepted and session.exec(select(RoutesDecided).where(RoutesDecided.follows == follows)).first() is not None:
        raise _overtaken(version)
    row_decided = RoutesDecided(
        dataset=row.dataset,
        proposed_id=version,
        is_accepted=is_accepted,
        follows=follows if is_accepted else None,
        why=why.strip(),
        person_id=person_id,
        created_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row_decided)
            session.flush()
    except sa.exc.IntegrityError:  # who decides at the same time sees nothing of the other, but for these columns
        raise _overtaken(version) from None
    before = select(RoutesProposed.id).where(RoutesProposed.dataset == row.dataset, col(RoutesProposed.id) < version)
    overtaken = session.exec(before.order_by(col(RoutesProposed.id).desc()).limit(_MOST_OVERTAKEN)).all()
    keys = [alert_key(of or 0) for of in (version, *(overtaken if is_accepted else ()))]
    inbox.seen_to(session, AlertKind.ROUTES, keys=keys, person_id=person_id, now=now)
    return row_decided


def _overtaken(version: int) -> BadInput:
    return BadInput(
        f"Somebody decided while you looked: version {version} was compiled against a table that is not in force any "
        "more, or is decided. Look at the versions, and propose the table anew."
    )


def _declined(session: Session, proposal: Proposal) -> int:
    """How often a table was declined since the one in force was accepted."""
    query = (
        select(sa.func.count())
        .select_from(RoutesDecided)
        .join(RoutesProposed, col(RoutesProposed.id) == RoutesDecided.proposed_id)
        .where(
            RoutesDecided.dataset == proposal.dataset,
            col(RoutesDecided.is_accepted).is_(False),
            col(RoutesProposed.replaces_id).is_not_distinct_from(proposal.replaces_id),
        )
    )
    return int(session.exec(query).one())


def _standing(rows: Sequence[RoutesProposed], decided: dict[int, RoutesDecided], current: int | None) -> int | None:
    """The proposal that waits for somebody: the newest one against the table in force, where nobody decided on it."""
    newest = next((row for row in rows if row.replaces_id == current), None)
    return None if newest is None or (newest.id or 0) in decided else newest.id


def _version(
    row: RoutesProposed,
    decided: RoutesDecided | None,
    people: dict[int, str],
    current: int | None,
    standing: int | None,
) -> Version:
    return Version(
        id=row.id or 0,
        dataset=row.dataset,
        table=table_of(row.routes),
        state=_state(row, decided, current, standing),
        champion_id=row.champion_id,
        replaces_id=row.replaces_id,
        because=Occasion(row.because),
        said=row.said,
        rests_on=row.rests_on,
        proposed_by=None if row.person_id is None else people.get(row.person_id, "–"),
        created_at=row.created_at,
        decided_by=None if decided is None or decided.person_id is None else people.get(decided.person_id, "–"),
        decided_at=None if decided is None else decided.created_at,
        why="" if decided is None else decided.why,
    )


def _state(
    row: RoutesProposed, decided: RoutesDecided | None, current: int | None, standing: int | None
) -> VersionState:
    if decided is not None and decided.is_accepted:
        return VersionState.IN_FORCE if row.id == current else VersionState.REPLACED
    if decided is not None:
        return VersionState.DECLINED
    return VersionState.PROPOSED if row.id == standing else VersionState.OVERTAKEN
