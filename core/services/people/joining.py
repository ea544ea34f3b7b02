"""Join links and signed-in browsers: tokens of 256 random bits, of which the database keeps only hashes.

A hash is looked up by equality in an index, so the time of an answer tells nothing about a token, and a copy
of the database opens no door.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, update
from sqlmodel import Session, col, select

from core.errors import BadInput, NotAllowed
from core.storage.tables import Invitation, Person, SignIn

SIGN_IN_DAYS = 90
LONGEST_LINK_DAYS = 365
LINK_IS_DEAD = (
    "This link no longer works. A join link can be used once and ends after a while. "
    "Ask the person who sent it for a new one."
)


def hash_token(token: str) -> str:
    """What is stored of a token: its SHA-256. The token itself has 256 bits, so no salt is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def give_link(session: Session, person: Person, *, now: datetime, days: int = 14, study_id: int | None = None) -> str:
    """The token of a new join link for ``person``, which leads to ``study_id``; their older unused links end."""
    if not 1 <= days <= LONGEST_LINK_DAYS:
        raise BadInput(f"A link can be valid for 1 to {LONGEST_LINK_DAYS} days, not {days}.")
    if person.revoked_at is not None:
        raise BadInput(f"The access of {person.name} has ended. Let them back in on People before they get a link.")
    assert person.id is not None
    _end_links(session, person.id, now)
    token = secrets.token_urlsafe(32)
    session.add(
        Invitation(
            person_id=person.id,
            study_id=study_id,
            token_hash=hash_token(token),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
    )
    session.flush()
    return token


def invited(session: Session, token: str, now: datetime) -> Person | None:
    """Whom a join link was made for, while it can be used; the same None for every other token."""
    query = (
        select(Person)
        .join(Invitation, col(Invitation.person_id) == col(Person.id))
        .where(_usable(token, now), col(Person.revoked_at).is_(None))
    )
    return session.exec(query).first()


def owner(session: Session, token: str) -> Person | None:
    """Whom a join link was ever made for, used or ended though it may be. For that person's own eyes alone."""
    query = (
        select(Person)
        .join(Invitation, col(Invitation.person_id) == col(Person.id))
        .where(Invitation.token_hash == hash_token(token))
    )
    return session.exec(query).first()


def redeem(session: Session, token: str, now: datetime) -> str:
    """Use a join link up: the token of the new sign-in. NotAllowed, always in the same words, if it is not good.

    The link is taken by one UPDATE, so of two browsers at the same moment one joins.
    """
    taken: int | None = session.execute(
        update(Invitation).where(_usable(token, now)).values(used_at=now).returning(col(Invitation.person_id))
    ).scalar_one_or_none()
    person = session.get(Person, taken) if taken is not None else None
    if taken is None or person is None or person.revoked_at is not None:
        raise NotAllowed(LINK_IS_DEAD)
    sign_in = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            person_id=taken,
            token_hash=hash_token(sign_in),
            created_at=now,
            expires_at=now + timedelta(days=SIGN_IN_DAYS),
        )
    )
    session.flush()
    return sign_in


def person_of(session: Session, sign_in_token: str | None, now: datetime) -> Person | None:
    """Who is signed in with this cookie; None when it is unknown, ended or revoked."""
    if not sign_in_token:
        return None
    query = (
        select(Person)
        .join(SignIn, col(SignIn.person_id) == col(Person.id))
        .where(SignIn.token_hash == hash_token(sign_in_token), is_open(SignIn, now), col(Person.revoked_at).is_(None))
    )
    return session.exec(query).first()


def sign_out(session: Session, sign_in_token: str | None, now: datetime) -> None:
    """End one browser's sign-in; nothing happens when it is not one."""
    if sign_in_token:
        found = and_(col(SignIn.token_hash) == hash_token(sign_in_token), col(SignIn.revoked_at).is_(None))
        session.execute(update(SignIn).where(found).values(revoked_at=now))


def end_all(session: Session, person_id: int, *, now: datetime) -> None:
    """End every sign-in and every unused link of a person."""
    _end_links(session, person_id, now)
    mine = and_(col(SignIn.person_id) == person_id, col(SignIn.revoked_at).is_(None))
    session.execute(update(SignIn).where(mine).values(revoked_at=now))


def is_open(kind: type[Invitation] | type[SignIn], now: datetime) -> ColumnElement[bool]:
    """The condition that a link or sign-in has neither ended nor been revoked."""
    return and_(col(kind.revoked_at).is_(None), col(kind.expires_at) > now)


def _usable(token: str, now: datetime) -> ColumnElement[bool]:
    return and_(
        col(Invitation.token_hash) == hash_token(token), col(Invitation.used_at).is_(None), is_open(Invitation, now)
    )


def _end_links(session: Session, person_id: int, now: datetime) -> None:
    unused = and_(
        col(Invitation.person_id) == person_id,
        col(Invitation.used_at).is_(None),
        col(Invitation.revoked_at).is_(None),
    )
    session.execute(update(Invitation).where(unused).values(revoked_at=now))
