"""People and their roles: who may come in, as what, and who may no longer.

Nobody is ever deleted, because votes name their rater. Nothing here may leave the workspace without an admin.
"""

import unicodedata
from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from core.domain.people import Role
from core.errors import BadInput, NotAllowed, NotFound
from core.services.people import study_raters
from core.services.people.joining import end_all, give_link, is_open
from core.storage.tables import Assignment, Invitation, Person, SignIn, Study

LONGEST_NAME = 80
LOCAL_ADMIN = "You"
FIRST_ADMIN = "Admin"


def clean_name(name: str) -> str:
    """``name`` trimmed and in one Unicode form; BadInput unless it has 1 to 80 printable characters."""
    cleaned = " ".join(unicodedata.normalize("NFC", name).split())
    if not cleaned:
        raise BadInput("Name: it is empty. Type the name that the person will recognise.")
    if len(cleaned) > LONGEST_NAME:
        raise BadInput(f"Name: it has {len(cleaned)} characters. Use at most {LONGEST_NAME}.")
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn") for character in cleaned):
        raise BadInput("Name: it has characters that cannot be seen. Type it again without them.")
    return cleaned


def clean_email(email: str) -> str:
    """``email`` trimmed and in lower case; BadInput when it cannot be an address."""
    cleaned = email.strip().lower()
    name, _, host = cleaned.partition("@")
    if not name or "." not in host or any(character.isspace() for character in cleaned):
        raise BadInput(f"E-mail address: '{email}' is not one.")
    return cleaned


def create_person(session: Session, *, name: str, role: Role, now: datetime, email: str | None = None) -> Person:
    """A new person; BadInput when the name or the e-mail address is taken or unusable."""
    name = clean_name(name)
    email = clean_email(email) if email else None
    if twin := session.exec(select(Person).where(Person.kind == "human", Person.name == name)).first():
        raise BadInput(f"Name: there is already somebody called '{name}'. {_instead(twin)}")
    if email and (twin := session.exec(select(Person).where(Person.email == email)).first()):
        raise BadInput(f"E-mail address: '{twin.name}' is here already with '{email}'. {_instead(twin)}")
    person = Person(name=name, role=role.word, email=email, created_at=now)
    session.add(person)
    session.flush()
    return person


def _instead(twin: Person) -> str:
    back = "Let them back in on People" if twin.revoked_at is not None else "Give them a new link on People"
    return f"{back}, or type another one."


def invite(
    session: Session,
    *,
    name: str,
    role: Role,
    now: datetime,
    days: int = 14,
    email: str | None = None,
    study_id: int | None = None,
) -> tuple[Person, str]:
    """A new person and the token of their join link, which is valid once and for ``days`` days.

    ``study_id``: the study that they are to rate, and in which they land.
    """
    person = create_person(session, name=name, role=role, now=now, email=email)
    _lead_to(session, person, study_id)
    return person, give_link(session, person, now=now, days=days, study_id=study_id)


def new_link(session: Session, person_id: int, *, now: datetime, days: int = 14) -> str:
    """Another join link for somebody: older ones end; a revoked person may come back with it.

    It leads to the same study as their invitation before.
    """
    person = find_person(session, person_id)
    person.revoked_at = None
    session.add(person)
    study = study_raters.invited_to(session, person_id)
    return give_link(session, person, now=now, days=days, study_id=study.id if study else None)


def lead_to(session: Session, person_id: int, study_id: int | None, *, now: datetime, days: int = 14) -> str:
    """A new join link for somebody, which names another study, or none; they land there with their next click."""
    person = find_person(session, person_id)
    _lead_to(session, person, study_id)
    return give_link(session, person, now=now, days=days, study_id=study_id)


def _lead_to(session: Session, person: Person, study_id: int | None) -> None:
    if study_id is None:
        return
    study = session.get(Study, study_id)
    if study is None:
        raise NotFound("Study: it does not exist any more. Choose another.")
    if study.state == "closed":
        raise BadInput(f"Study: '{study.name}' is closed. Reopen it on Studies before you invite people to it.")
    assert person.id is not None
    study_raters.let_rate(session, study, person.id)


def revoke(session: Session, person_id: int, *, now: datetime) -> None:
    """End somebody's access at once: their sign-ins and links too. The votes stay. Never the last admin.

    The pairs they have in hand go to others with the next look for abandoned ones.
    """
    person = find_person(session, person_id)
    _keep_an_admin(session, person)
    person.revoked_at = now
    session.add(person)
    end_all(session, person_id, now=now)
    held = (col(Assignment.rater_id) == person_id) & (col(Assignment.state) == "leased")
    session.execute(update(Assignment).where(held, col(Assignment.leased_until) > now).values(leased_until=now))


def change_role(session: Session, person_id: int, role: Role) -> None:
    """Give somebody another role, from their next click on. Never takes it from the last admin."""
    person = find_person(session, person_id)
    if role is not Role.ADMIN:
        _keep_an_admin(session, person)
    person.role = role.word
    session.add(person)


def find_person(session: Session, person_id: int) -> Person:
    """The human with this id; NotFound when there is none."""
    person = session.get(Person, person_id)
    if person is None or person.kind != "human":
        raise NotFound("There is no such person here.")
    return person


def require_still(session: Session, person_id: int, role: Role) -> None:
    """NotAllowed unless the person has at least ``role`` and was not revoked, as this transaction sees it.

    Their row is held until it ends: of a change and a revocation at the same moment one comes first.
    """
    query = select(Person).where(Person.id == person_id).with_for_update(key_share=True)
    person = session.exec(query.execution_options(populate_existing=True)).first()
    if person is None or person.revoked_at is not None or Role.of(person.role) < role:
        raise NotAllowed("You may not do this any more: your access was changed. Nothing was done.")


def find_local_admin(session: Session) -> Person | None:
    """Local mode's one person, if it has been made and is still an admin."""
    query = _active_admins().where(Person.name == LOCAL_ADMIN)
    return session.exec(query).first()


def local_admin(session: Session, now: datetime) -> Person:
    """Local mode's one person, made when first asked for; always an admin."""
    person = session.exec(select(Person).where(Person.kind == "human", Person.name == LOCAL_ADMIN)).first()
    if person is None:
        return create_person(session, name=LOCAL_ADMIN, role=Role.ADMIN, now=now)
    person.role, person.revoked_at = Role.ADMIN.word, None
    session.add(person)
    return person


def first_admin_link(session: Session, now: datetime) -> str | None:
    """A join token for an admin when no admin has a way in; None when one has.

    A link that was printed and never used does not count: the one who lost it starts again and gets another.
    """
    admins = session.exec(_active_admins()).all()
    ids = [admin.id for admin in admins]
    if session.exec(select(SignIn.id).where(col(SignIn.person_id).in_(ids), is_open(SignIn, now))).first():
        return None
    mine = [admin for admin in admins if admin.name in (FIRST_ADMIN, LOCAL_ADMIN)]
    others = [admin.id for admin in admins if admin not in mine]
    waiting = select(Invitation.id).where(
        col(Invitation.person_id).in_(others), col(Invitation.used_at).is_(None), is_open(Invitation, now)
    )
    if session.exec(waiting).first():
        return None
    person = mine[0] if mine else _create_first_admin(session, now)
    return give_link(session, person, now=now, days=14)


def person_by_email(session: Session, email: str) -> Person | None:
    """The person with this verified e-mail address, unless revoked; None for strangers."""
    person = session.exec(_by_email(email)).first()
    return person if person is not None and person.revoked_at is None else None


def admit_admin(session: Session, email: str, now: datetime) -> Person | None:
    """The person of the installation's own admin address, made an admin when it first signs in."""
    person = session.exec(_by_email(email)).first()
    if person is None:
        address = clean_email(email)
        return create_person(session, name=address[:LONGEST_NAME], role=Role.ADMIN, now=now, email=address)
    return person if person.revoked_at is None else None


def _by_email(email: str) -> SelectOfScalar[Person]:
    return select(Person).where(Person.kind == "human", Person.email == email.strip().lower())


def _create_first_admin(session: Session, now: datetime) -> Person:
    taken = set(session.exec(select(Person.name).where(Person.kind == "human")).all())
    free = next(name for name in (FIRST_ADMIN, *(f"{FIRST_ADMIN} {n}" for n in range(2, 999))) if name not in taken)
    return create_person(session, name=free, role=Role.ADMIN, now=now)


def _active_admins() -> SelectOfScalar[Person]:
    return select(Person).where(
        Person.kind == "human", Person.role == Role.ADMIN.word, col(Person.revoked_at).is_(None)
    )


def _keep_an_admin(session: Session, person: Person) -> None:
    admins = session.exec(_active_admins().order_by(col(Person.id)).with_for_update()).all()
    if [admin.id for admin in admins] == [person.id]:
        raise BadInput(f"{person.name} is the last admin. Make somebody else an admin first.")
