"""Writing candidates: by name, once; a name met in responses or votes may be defined later."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.domain.fields import Flaw
from core.providers.keys import UNVOUCHED
from core.services.importing.bulk import staged_moment
from core.services.importing.candidate_fields import definition, with_doubts
from core.services.importing.landing import Landing
from core.services.importing.records import CandidateRecord, Notes
from core.services.importing.staging import Found
from core.storage.tables import Candidate, Response

MOST_CANDIDATES = 10_000


def find_candidates(session: Session, names: Iterable[str]) -> Found:
    """Ids of those ``names`` that are candidates."""
    query = select(Candidate.name, Candidate.id).where(col(Candidate.name).in_(list(names)))
    return {name: (found, "") for name, found in session.exec(query) if found is not None}


def land_candidates(landing: Landing, now: datetime) -> None:
    """Make candidates, known by name only, of the staged names that are none, in their order."""
    columns = {
        "id": landing.code_as_id("candidate", "code"),
        "name": "name",
        "settings": "'{}'",
        "is_champion": "0",
        "is_retired": "0",
        "position": f"{_next_position(landing.session)} - code - 1",
        "created_at": f"'{staged_moment(now)}'",
    }
    landing.put("candidate", columns, "staged_name WHERE kind = 'candidate' AND code < 0 ORDER BY code DESC")


def _next_position(session: Session) -> int:
    last = session.exec(select(func.max(Candidate.position))).one()
    return 0 if last is None else last + 1


def read_candidates(records: Iterable[CandidateRecord]) -> list[CandidateRecord]:
    """All of ``records``; two of one name are a Flaw, and so are more than a workspace can compare."""
    lines: dict[str, int] = {}
    kept: list[CandidateRecord] = []
    for record in records:
        if record.name in lines:
            problem = f"'{record.name}' is the name in line {lines[record.name]} too."
            raise Flaw(problem, field="name", line=record.line)
        if len(kept) == MOST_CANDIDATES:
            raise Flaw(f"More than {MOST_CANDIDATES:,} candidates cannot come in at once.", line=record.line)
        lines[record.name] = record.line
        kept.append(record)
    return kept


@dataclass
class CandidateWriter:
    """Writes candidates; ``created`` counts new and newly defined ones."""

    session: Session
    now: datetime
    notes: Notes
    created: int = 0

    def write_all(self, records: Iterable[CandidateRecord]) -> None:
        """Write ``records``."""
        for record in records:
            self._write(record)

    def _write(self, record: CandidateRecord) -> None:
        found = self.session.exec(select(Candidate).where(Candidate.name == record.name)).first()
        # The provider decides which key is the usual one: what was allowed of another says nothing.
        is_known = found is not None and found.provider == record.provider
        record = with_doubts(record, found.settings if found is not None and is_known else None)
        self._note(record)
        if found is None:
            add_candidate(self.session, record, now=self.now)
        elif (found.provider, found.model, found.settings) == (record.provider, record.model, record.settings):
            return
        else:
            if found.provider is not None:
                self.notes.add(f"'{record.name}' was defined otherwise before; it now has the new definition.")
            redefine(self.session, found, record)
        self.created += 1

    def _note(self, record: CandidateRecord) -> None:
        """What an admin should know of a record that is taken all the same."""
        doubted = [record.settings, record.settings.get("fallback") or {}]
        if any(each.get(UNVOUCHED) for each in doubted):
            self.notes.add(
                f"'{record.name}' names a key for an address that nobody here has allowed yet: it is not asked until "
                "an admin has looked at it on Candidates."
            )
        alike = twins(self.session, record.provider, record.model, record.settings, but=record.name)
        if alike:
            self.notes.add(f"'{record.name}' asks the same model with the same settings as '{alike[0]}'.")


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
        position=_next_position(session),
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
        responses = f"{answered:,} response{'' if answered == 1 else 's'}"
        raise Flaw(
            f"'{candidate.name}' has {responses} under its old definition. Give the new one another name.",
            field="name",
            line=record.line,
        )
    candidate.provider, candidate.model, candidate.settings = record.provider, record.model, record.settings
    session.add(candidate)
    session.flush()


def _answered(session: Session, candidate: Candidate) -> int:
    query = select(func.count()).select_from(Response).where(Response.candidate_id == candidate.id)
    return session.exec(query).one()
