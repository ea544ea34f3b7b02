"""One import from its first byte to its commit: all of a file or nothing.

It is read to its end and checked before anything is locked; then it comes in at once.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from sqlalchemy import Engine
from sqlmodel import Session

from core.domain import fields
from core.domain.fields import Flaw, Row
from core.errors import BadFile, BadInput
from core.services.importing.delivery import Delivery, Ready
from core.services.importing.formats import FORMATS, detect
from core.services.importing.imported_before import ImportedBefore
from core.services.importing.landing import Landing, Moved, land
from core.services.importing.left_out import LeftOut
from core.services.importing.records import Format, ImportSummary, Kind, Notes, OnProgress, Reading, Record, records_of
from core.services.importing.rows import rows_of
from core.services.importing.source import Source
from core.services.importing.staging import Staging

_MOST_TRIES = 3
Check = Callable[[Session], None]
Finish = Callable[[Landing], ImportSummary]


@dataclass
class Intake:
    """One file on its way in."""

    source: Source
    kind: Kind
    now: datetime
    dataset: str | None = None
    study: str | None = None
    question: str = "overall"
    format: str = "auto"
    columns: Mapping[str, str] = field(default_factory=dict)
    on_progress: OnProgress | None = None
    cells: bool = False
    """Its rows are those of a table, whatever holds them."""
    _line: int | None = None

    def run(self, engine: Engine, check: Check | None = None) -> ImportSummary:
        """Import the file; any fault is a BadInput and leaves the database as it was.

        ``check`` may refuse it in the transaction that writes, by raising.
        """
        with self._naming_the_place():
            self.question = fields.checked_name(self.question, "question")
            if self.dataset is not None:
                self.dataset = fields.checked_name(self.dataset, "dataset")
            imported_before = ImportedBefore(
                self.kind, self.source.content_hash(), self.source.name, self.now, self.columns
            )
            chosen = self._chosen_format()
            for _ in range(_MOST_TRIES):
                with suppress(Moved), Staging() as staging:
                    found = self._delivered(engine, staging, chosen, imported_before)
                    if isinstance(found, ImportSummary):
                        return found
                    return land(engine, staging, found.new, _checked(found.finish, check))
        raise BadInput("Others changed what this file belongs to while it was read. Nothing was imported; try again.")

    @contextmanager
    def _naming_the_place(self) -> Iterator[None]:
        try:
            yield
        except Flaw as flaw:
            line = flaw.line if flaw.line is not None else self._line
            raise BadFile(flaw.problem, file=self.source.name, line=line, field=flaw.field) from None

    def _chosen_format(self) -> Format:
        rows = self._rows()
        first = next(rows, None)
        if first is None:
            raise Flaw("The file holds no records.")
        if self.format == "auto":
            try:
                return detect(chain([first[1]], (row for _, row in rows)), self.kind)
            except Flaw as flaw:
                raise Flaw(flaw.problem, field=flaw.field, line=first[0]) from None
        chosen = FORMATS.get(self.format)
        if chosen is None:
            raise BadInput(f"There is no format '{self.format}'. There are: auto, {', '.join(FORMATS)}.")
        if self.kind not in chosen.kinds:
            raise BadInput(f"The format '{self.format}' holds {' and '.join(sorted(chosen.kinds))}, not {self.kind}.")
        return chosen

    def _rows(self) -> Iterator[tuple[int, Row]]:
        self._line = None
        for line, row in rows_of(self.source, self.columns, cells=self.cells):
            self._line = line
            yield line, row
        self._line = None

    def _delivered(
        self, engine: Engine, staging: Staging, chosen: Format, imported_before: ImportedBefore
    ) -> ImportSummary | Ready:
        notes, left_out = Notes(), LeftOut()

        def records() -> Iterator[Record]:
            left_out.begin()
            reading = Reading(self.kind, notes, self.source.stem, left_out)
            found = records_of(chosen, self._rows(), reading)
            first = next(found, None)
            if first is None:
                raise self._nothing(left_out)
            return chain([first], found)

        delivery = Delivery(engine, staging, imported_before, notes, left_out, self.now, chosen, records, self._report)
        if self.kind is Kind.PROMPTS:
            return delivery.prompts(self._dataset_name())
        if self.kind is Kind.RESPONSES:
            return delivery.responses(self.dataset, self._dataset_name())
        if self.kind is Kind.VOTES:
            return delivery.votes(self.study, self.question, self.dataset, self._dataset_name())
        return delivery.candidates()

    def _nothing(self, left_out: LeftOut) -> Flaw:
        told = left_out.note()
        return Flaw(" ".join([f"The file holds no {self.kind}.", *([told] if told else [])]))

    def _report(self, records: int) -> None:
        if self.on_progress is not None:
            self.on_progress(self.source.fraction_read, records)

    def _dataset_name(self) -> str:
        return self.dataset or fields.checked_name(self.source.stem, "dataset")


def _checked(finish: Finish, check: Check | None) -> Finish:
    def checked(landing: Landing) -> ImportSummary:
        if check is not None:
            check(landing.session)
        return finish(landing)

    return checked
