"""Candidates of a file, and those that responses and votes name: by name, once; a name may be defined later."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.domain.fields import Flaw
from core.providers.keys import UNVOUCHED
from core.services.candidates.fields import CandidateRecord, with_doubts
from core.services.candidates.storing import add_candidate, next_position, redefine, twins
from core.services.importing.bulk import staged_moment
from core.services.importing.landing import Landing
from core.services.importing.records import Notes
from core.services.importing.staging import Found
from core.storage.tables import Candidate

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
        "position": f"{next_position(landing.session)} - code - 1",
        "created_at": f"'{staged_moment(now)}'",
    }
    landing.put("candidate", columns, "staged_name WHERE kind = 'candidate' AND code < 0 ORDER BY code DESC")


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
