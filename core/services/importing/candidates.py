"""Writing candidates: by name, once; a name met in responses or votes may be defined later."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.services.importing.batches import OnBatch, batches
from core.services.importing.records import CandidateRecord, Flaw, Notes
from core.storage.tables import Candidate


def candidate_ids(session: Session, names: Iterable[str]) -> dict[str, int]:
    """Ids of those ``names`` that are candidates."""
    query = select(Candidate.name, Candidate.id).where(col(Candidate.name).in_(list(names)))
    return {name: found for name, found in session.exec(query) if found is not None}


def named_candidates(session: Session, names: Iterable[str], *, now: datetime) -> None:
    """Make candidates, known by name only, of those ``names`` that are none, in their order."""
    wanted = list(dict.fromkeys(names))
    known = candidate_ids(session, wanted)
    place = _next_position(session)
    for offset, name in enumerate(name for name in wanted if name not in known):
        session.add(Candidate(name=name, settings={}, position=place + offset, created_at=now))
    session.flush()


def _next_position(session: Session) -> int:
    last = session.exec(select(func.max(Candidate.position))).one()
    return 0 if last is None else last + 1


@dataclass
class CandidateWriter:
    """Writes candidates; ``created`` counts new and newly defined ones."""

    session: Session
    now: datetime
    notes: Notes
    created: int = 0
    unchanged: int = 0

    def write_all(self, records: Iterable[CandidateRecord], on_batch: OnBatch) -> None:
        """Write ``records``; two of one name are a fault."""
        lines: dict[str, int] = {}
        for batch in batches(records, 100):
            for record in batch:
                if record.name in lines:
                    raise Flaw(
                        f"'{record.name}' is the name in line {lines[record.name]} too.", field="name", line=record.line
                    )
                lines[record.name] = record.line
                self._write(record)
            on_batch(len(batch))

    def _write(self, record: CandidateRecord) -> None:
        found = self.session.exec(select(Candidate).where(Candidate.name == record.name)).first()
        if found is None:
            found = Candidate(name=record.name, settings={}, position=_next_position(self.session), created_at=self.now)
            self.session.add(found)
        elif (found.provider, found.model, found.settings) == (record.provider, record.model, record.settings):
            self.unchanged += 1
            return
        elif found.provider is not None:
            self.notes.add(f"'{record.name}' was defined otherwise before; it now has the new definition.")
        found.provider, found.model, found.settings = record.provider, record.model, record.settings
        self.session.flush()
        self.created += 1
