"""Writing a candidate's definition: a new one, or another one under its name."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, select

from core.domain.fields import Flaw
from core.domain.words import n
from core.services.candidates.fields import CandidateRecord, definition
from core.storage.tables import Candidate, Response


def next_position(session: Session) -> int:
    """The first place after all that are taken."""
    last = session.exec(select(func.max(Candidate.position))).one()
    return 0 if last is None else last + 1


def twins(
    session: Session, provider: str | None, model: str | None, settings: Mapping[str, Any], *, but: str
) -> list[str]:
    """The names of candidates, other than ``but``, that ask the same model with the same settings."""
    alike = select(Candidate).where(Candidate.provider == provider, Candidate.model == model, Candidate.name != but)
    wanted = definition(dict(settings))
    return [each.name for each in session.exec(alike) if definition(each.settings) == wanted]


def add_candidate(session: Session, record: CandidateRecord, *, now: datetime) -> Candidate:
    """A new candidate in the next free place, which decides its colour."""
    found = Candidate(
        name=record.name,
        provider=record.provider,
        model=record.model,
        settings=record.settings,
        position=next_position(session),
        created_at=now,
    )
    session.add(found)
    session.flush()
    return found


def redefine(session: Session, candidate: Candidate, record: CandidateRecord) -> None:
    """Give ``candidate`` the definition of ``record``.

    A Flaw where it has responses under another one: their scores and votes would be told of a model that never gave
    them. A candidate known by name only may always be defined, and a price or a key's variable may always change.
    """
    is_same = (candidate.provider, candidate.model) == (record.provider, record.model) and (
        definition(candidate.settings) == definition(record.settings)
    )
    if candidate.provider is not None and not is_same and (answered := _answered(session, candidate)):
        raise Flaw(
            f"'{candidate.name}' has {n(answered, 'response')} under its old definition. "
            "Give the new one another name.",
            field="name",
            line=record.line,
        )
    candidate.provider, candidate.model, candidate.settings = record.provider, record.model, record.settings
    session.add(candidate)
    session.flush()


def _answered(session: Session, candidate: Candidate) -> int:
    query = select(func.count()).select_from(Response).where(Response.candidate_id == candidate.id)
    return session.exec(query).one()
