"""What was imported before: by kind, place and content, so that the same file again changes nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.domain.content_hash import digest
from core.services.importing.records import Kind
from core.storage.tables import ImportedFile

ON_DATASET = ";dataset:"
_COLUMNS = ";columns:"
_ON_DATASET = re.compile(rf"{ON_DATASET}\d+$")


@dataclass(frozen=True)
class ImportedBefore:
    """The entries of one file."""

    kind: Kind
    content_hash: str
    file_name: str
    now: datetime
    columns: Mapping[str, str]
    """Read through another mapping, it is other content."""

    def before(self, session: Session, *places: str) -> ImportedFile | None:
        """The entry of this file at one of these places."""
        targets = [self._target(place) for place in places]
        return next((entry for entry in self._entries(session) if _ON_DATASET.sub("", entry.target) in targets), None)

    def places(self, session: Session) -> dict[str, ImportedFile]:
        """All places this file went to by this mapping."""
        entries = (entry for entry in self._entries(session) if entry.target.endswith(self._mapped))
        found = {entry.target.removesuffix(self._mapped): entry for entry in entries}
        return {place: entry for place, entry in found.items() if _COLUMNS not in place}

    def remember(self, session: Session, place: str, records: int, *, on_dataset: int | None = None) -> None:
        """Enter this file as imported to ``place``, unless it is entered.

        ``on_dataset``: what it rests on, where the place does not say so; the entry goes with that.
        """
        if self.before(session, place) is not None:
            return
        resting = "" if on_dataset is None else f"{ON_DATASET}{on_dataset}"
        session.add(
            ImportedFile(
                kind=self.kind.value,
                target=self._target(place) + resting,
                content_hash=self.content_hash,
                name=self.file_name,
                records=records,
                imported_at=self.now,
            )
        )

    def _target(self, place: str) -> str:
        return place + self._mapped

    @property
    def _mapped(self) -> str:
        return f"{_COLUMNS}{digest(dict(self.columns))[:16]}" if self.columns else ""

    def _entries(self, session: Session) -> list[ImportedFile]:
        query = select(ImportedFile).where(
            ImportedFile.kind == self.kind.value, ImportedFile.content_hash == self.content_hash
        )
        return list(session.exec(query.order_by(col(ImportedFile.id))))
