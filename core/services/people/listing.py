"""The list of people: where everybody's invitation stands, which study they were invited to, how much they rated."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain.people import Role
from core.services.people.joining import is_open
from core.storage.tables import Invitation, Person, Question, SignIn, Study, Vote


@dataclass(frozen=True)
class PersonRow:
    """A line of the People page."""

    id: int
    name: str
    email: str | None
    role: Role
    state: str
    """joined (signed in somewhere) | returning (was here, and has a new link) | away (was here) | invited | expired |
    waiting (never had a link) | revoked."""
    until: datetime | None
    """When the open invitation or the newest sign-in ends."""
    votes: int
    study: str | None
    """The name of the study that their newest invitation names."""


def list_people(session: Session, now: datetime) -> list[PersonRow]:
    """Every human, by name, with where their invitation stands and how many answers they gave."""
    people = session.exec(select(Person).where(Person.kind == "human").order_by(sa.func.lower(Person.name))).all()
    # Oldest first: the newest of each person is the one that stays in the dictionary.
    links = {link.person_id: link for link in session.exec(select(Invitation).order_by(col(Invitation.id)))}
    open_sign_ins = select(SignIn).where(is_open(SignIn, now)).order_by(col(SignIn.id))
    joined = {sign_in.person_id: sign_in for sign_in in session.exec(open_sign_ins)}
    been_here = set(session.exec(select(SignIn.person_id).distinct()))
    names: dict[int | None, str] = dict(session.exec(select(Study.id, Study.name)).all())
    votes = _votes(session)
    rows = []
    for person in people:
        assert person.id is not None
        link, voted = links.get(person.id), votes.get(person.id, 0)
        state, until = _standing(person, link, joined.get(person.id), voted > 0 or person.id in been_here, now)
        study = names.get(link.study_id) if link is not None and link.study_id is not None else None
        rows.append(PersonRow(person.id, person.name, person.email, Role.of(person.role), state, until, voted, study))
    return rows


def _standing(
    person: Person, link: Invitation | None, sign_in: SignIn | None, was_here: bool, now: datetime
) -> tuple[str, datetime | None]:
    if person.revoked_at is not None:
        return "revoked", person.revoked_at
    if sign_in is not None:
        return "joined", sign_in.expires_at
    unused = link is not None and link.used_at is None
    if link is not None and unused and link.revoked_at is None and link.expires_at > now:
        return "returning" if was_here else "invited", link.expires_at
    if was_here:
        return "away", None
    return ("expired", link.expires_at) if link is not None and unused else ("waiting", None)


def _votes(session: Session) -> dict[int, int]:
    """First answers per human; read through the index on (question, rater), never over all imported votes."""
    humans = select(Person.id).where(Person.kind == "human")
    query = (
        select(Vote.rater_id, sa.func.count())
        .where(
            col(Vote.question_id).in_(select(Question.id)),
            col(Vote.rater_id).in_(humans),
            col(Vote.supersedes_id).is_(None),
        )
        .group_by(col(Vote.rater_id))
    )
    return dict(session.exec(query).all())
