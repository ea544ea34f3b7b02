"""Inviting several people at once, all or nobody, with a message ready to send for each."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, select

from core.domain.formula import neutralise
from core.domain.invitees import Invitee, read_invitees
from core.domain.people import Role
from core.domain.words import n
from core.errors import BadInput
from core.services.people import people, study_raters
from core.services.studies import rounds
from core.storage.tables import Person, Study

MOST_AT_ONCE = 500
LONGEST_LIST = 50_000
LINK_DAYS = 14


@dataclass(frozen=True)
class Terms:
    """On which terms people are invited: as what, to rate which study (None: whatever is open), where and how."""

    role: Role
    study_id: int | None
    base_url: str
    by_address: bool
    """They sign in by their e-mail address, so there is no link."""
    days: int = LINK_DAYS
    """How long a link works."""


@dataclass(frozen=True)
class Invited:
    """Somebody who was invited."""

    name: str
    email: str | None
    role: Role
    study: str | None
    link: str | None
    """The join link, empty where people sign in by their address."""
    until: datetime | None
    message: str


def find_faults(session: Session, invitees: Sequence[Invitee], *, by_address: bool) -> list[str]:
    """What is wrong with a list, each fault with its line: names, addresses, and who stands there or is here already.

    ``by_address``: everybody needs an e-mail address, because they sign in with it.
    """
    humans = session.exec(select(Person).where(Person.kind == "human")).all()
    names = {person.name: person for person in humans}
    addresses = {person.email: person for person in humans if person.email}
    lines: dict[str, int] = {}
    faults = []
    for invitee in invitees:
        try:
            name, email = _cleaned(invitee, by_address=by_address)
        except BadInput as error:
            faults.append(f"Line {invitee.line}, '{invitee.name[:60]}': {error}")
            continue
        here = names.get(name) or (addresses.get(email) if email else None)
        double = next((lines[key] for key in (name, email) if key in lines), None)
        if double is not None:
            faults.append(f"Line {invitee.line}: '{name}' stands on line {double} already.")
        elif here is not None:
            state = "has lost their access; let them back in below" if here.revoked_at else "is here already"
            faults.append(f"Line {invitee.line}: '{here.name}' {state}.")
        lines |= {key: invitee.line for key in (name, email) if key}
    if len(invitees) > MOST_AT_ONCE:
        faults.append(f"These are {len(invitees):,} people. Invite at most {MOST_AT_ONCE} at once.")
    return faults


def _cleaned(invitee: Invitee, *, by_address: bool) -> tuple[str, str | None]:
    if invitee.email is None and any(mark in invitee.name for mark in "<>@"):
        raise BadInput("this is neither a name nor an e-mail address, nor 'Name <address>'.")
    email = people.clean_email(invitee.email) if invitee.email else None
    if by_address and email is None:
        raise BadInput("the e-mail address is missing. People sign in with theirs here.")
    return people.clean_name(invitee.name), email


def invite_all(session: Session, text: str, terms: Terms, *, now: datetime) -> list[Invited]:
    """Invite everybody on a pasted list. BadInput, naming every line at fault, and then nobody is invited."""
    invitees = read_invitees(text)
    if not invitees:
        raise BadInput("Names or e-mail addresses: the list is empty. Put one person on each line.")
    faults = find_faults(session, invitees, by_address=terms.by_address)
    if faults:
        raise BadInput("\n".join(faults))
    made: list[Invited] = []
    amount: str | None = None
    for each in invitees:
        person, token = _added(session, terms, name=each.name, email=each.email, now=now)
        if amount is None:  # the same for all who are new here, and long to count in a large study
            amount = _amount(session, _study(session, terms), person)
        made.append(_told(session, terms, person, token, amount, now=now))
    return made


def invite_one(session: Session, terms: Terms, *, name: str, email: str | None, now: datetime) -> Invited:
    """Invite one person; with the message for them. Raises BadInput."""
    if terms.by_address and not (email and email.strip()):
        raise BadInput("E-mail address: it is empty. It is what the person signs in with.")
    person, token = _added(session, terms, name=name, email=email, now=now)
    return _told(session, terms, person, token, _amount(session, _study(session, terms), person), now=now)


def _added(session: Session, terms: Terms, *, name: str, email: str | None, now: datetime) -> tuple[Person, str]:
    return people.invite(
        session,
        name=name,
        role=terms.role,
        now=now,
        days=terms.days,
        email=email,
        study_id=terms.study_id,
    )


def _study(session: Session, terms: Terms) -> Study | None:
    return None if terms.study_id is None else session.get(Study, terms.study_id)


def _told(session: Session, terms: Terms, person: Person, token: str, amount: str, *, now: datetime) -> Invited:
    return _invited(
        person,
        study=_study(session, terms),
        amount=amount,
        link=None if terms.by_address else f"{terms.base_url.rstrip('/')}/join/{token}",
        until=now + timedelta(days=terms.days),
        base_url=terms.base_url,
    )


def _invited(
    person: Person, *, study: Study | None, amount: str, link: str | None, until: datetime, base_url: str
) -> Invited:
    """What there is to send to ``person``; without ``link`` they sign in at ``base_url`` by their address."""
    role = Role.of(person.role)
    greeting = "Hello" if person.name == person.email else f"Hello {person.name}"
    lines = [f"{greeting},", "", _what_for(person, study, amount), ""]
    if link is None:
        lines += [f"Sign in as {person.email} here:", base_url]
    else:
        lines += [
            f"Open this link where you want to work, and press Join. It works once, until {until:%-d %B %Y}:",
            link,
        ]
    return Invited(
        person.name, person.email, role, study.name if study else None, link, until if link else None, "\n".join(lines)
    )


def _amount(session: Session, study: Study | None, person: Person) -> str:
    """What awaits the person in the study, in words; empty where that is nothing."""
    if study is None:
        return ""
    ahead = rounds.outlook(session, study, person.id or 0)
    return amount_in_words(ahead.total - ahead.done, ahead.minutes_left or 0.0)


def _what_for(person: Person, study: Study | None, amount: str) -> str:
    role = Role.of(person.role)
    if study is not None:
        size = f": {amount}" if amount else ""
        return (
            f"please rate answers in '{study.name}'{size}. You see two answers at a time and say which is better; "
            "you can stop at any time and go on later."
        )
    if role is Role.RATER:
        return "please rate answers: you see two at a time and say which is better, for as long as you like."
    return f"you can look into our evaluation of language models as an {role.word}."


def amount_in_words(pairs: int, minutes: float) -> str:
    """For example '40 pairs, about 45 minutes in all'; empty where there are no pairs."""
    if not pairs:
        return ""
    number = n(pairs, "pair")
    if minutes < 90:
        return f"{number}, about {max(5, 5 * round(minutes / 5))} minutes in all"
    return f"{number}, about {minutes / 60:.0f} hours in all, at your own pace"


def renew(
    session: Session,
    person_id: int,
    *,
    base_url: str,
    by_address: bool,
    now: datetime,
    study_id: int | None = None,
    keeps_study: bool = True,
    days: int = LINK_DAYS,
) -> Invited:
    """A new link for somebody, with its message; older unused ones end, and who was revoked may come back.

    It leads to the study of their last invitation, or else (``keeps_study`` false) to ``study_id``.
    """
    if keeps_study:
        token = people.new_link(session, person_id, now=now, days=days)
    else:
        token = people.lead_to(session, person_id, study_id, now=now, days=days)
    person = people.find_person(session, person_id)
    study = study_raters.invited_to(session, person_id)
    if study is not None and study.state == "closed":
        study = None  # the link still names it, and leads there should it open again
    return _invited(
        person,
        study=study,
        amount=_amount(session, study, person),
        link=None if by_address else f"{base_url.rstrip('/')}/join/{token}",
        until=now + timedelta(days=days),
        base_url=base_url,
    )


def as_csv(invitees: Sequence[Invited]) -> bytes:
    """One line for each person with their link and message, for a mail merge; opens in a spreadsheet as it is."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["name", "email", "role", "study", "link", "valid_until", "message"])
    for each in invitees:
        until = "" if each.until is None else f"{each.until:%Y-%m-%d}"
        cells = [each.name, each.email or "", each.role.word, each.study or "", each.link or "", until, each.message]
        table.writerow([neutralise(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig")
