"""One import from its first byte to its commit: all of a file or nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Engine, text
from sqlmodel import Session, col, select

from core.errors import BadFile, BadInput, NotFound
from core.services import studies, tallies
from core.services.importing import fields
from core.services.importing.candidates import CandidateWriter
from core.services.importing.formats import FORMATS, detect
from core.services.importing.prompts import (
    StoredDataset,
    add_dataset,
    newest_holding,
    newest_version,
    store_prompts,
)
from core.services.importing.records import (
    Flaw,
    Format,
    ImportSummary,
    Kind,
    Notes,
    Progress,
    Reading,
    Record,
    Row,
)
from core.services.importing.responses import ResponseWriter
from core.services.importing.rows import rows_of
from core.services.importing.source import Source
from core.services.importing.votes import ANONYMOUS, VoteWriter
from core.storage.engine import write
from core.storage.tables import Dataset, ImportedFile, Study

_ADVISORY_LOCK = 0x45564E49


@dataclass
class Intake:
    """One file on its way in. ``cells``: its rows are those of a table, whatever holds them."""

    source: Source
    kind: Kind
    now: datetime
    dataset: str | None = None
    study: str | None = None
    question: str = "overall"
    format: str = "auto"
    columns: Mapping[str, str] | None = None
    on_progress: Progress | None = None
    cells: bool = False
    notes: Notes = field(default_factory=Notes)
    _line: int | None = None
    _records: int = 0

    def run(self, engine: Engine) -> ImportSummary:
        """Import the file in one transaction; any fault is a BadInput and leaves the database as it was."""
        with self._naming_the_place():
            for given in ("dataset", "question"):
                if getattr(self, given) is not None:
                    fields.checked_name(getattr(self, given), given)
            content_hash = self.source.content_hash()
            chosen = self._chosen_format()
            return write(engine, lambda session: self._store(session, chosen, content_hash))

    @contextmanager
    def _naming_the_place(self) -> Iterator[None]:
        try:
            yield
        except Flaw as flaw:
            line = flaw.line if flaw.line is not None else self._line
            raise BadFile(flaw.problem, file=self.source.name, line=line, field=flaw.field) from None

    def _chosen_format(self) -> Format:
        first = next(self._rows(), None)
        if first is None:
            raise Flaw("The file holds no records.")
        if self.format == "auto":
            return detect(first[1], self.kind)
        chosen = FORMATS.get(self.format)
        if chosen is None:
            raise BadInput(f"There is no format '{self.format}'. There are: auto, {', '.join(FORMATS)}.")
        if self.kind not in chosen.kinds:
            raise BadInput(f"The format '{self.format}' holds {' and '.join(sorted(chosen.kinds))}, not {self.kind}.")
        return chosen

    def _rows(self) -> Iterator[tuple[int, Row]]:
        self._line = None
        for line, row in rows_of(self.source, dict(self.columns or {}), cells=self.cells):
            self._line = line
            yield line, row
        self._line = None

    def _records_of(self, chosen: Format) -> tuple[Any, Iterator[Any]]:
        """(the first record, all records)."""
        records: Iterator[Record] = iter(chosen.read(self._rows(), Reading(self.kind, self.notes)))
        first = next(records, None)
        if first is None:
            raise Flaw(f"The file holds no {self.kind}.")
        return first, chain([first], records)

    def _store(self, session: Session, chosen: Format, content_hash: str) -> ImportSummary:
        if session.get_bind().dialect.name == "postgresql":
            session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        self._records = 0
        store = {
            Kind.PROMPTS: self._store_prompts,
            Kind.RESPONSES: self._store_responses,
            Kind.VOTES: self._store_votes,
            Kind.CANDIDATES: self._store_candidates,
        }
        return store[self.kind](session, chosen, content_hash)

    def _on_batch(self, size: int) -> None:
        self._records += size
        if self.on_progress is not None:
            self.on_progress(self.source.fraction_read, self._records)

    def _on_first_pass(self, _: int) -> None:
        if self.on_progress is not None:
            self.on_progress(None, self._records)

    # -------------------------------------------------------------- prompts

    def _store_prompts(self, session: Session, chosen: Format, content_hash: str) -> ImportSummary:
        name = self._dataset_name()
        target = self._target(f"dataset:{name}")
        if before := self._imported_before(session, content_hash, target):
            return self._nothing_new(before, dataset=name)
        stored = self._put_prompts(session, chosen, name)
        self._remember(session, content_hash, target)
        created = stored.records if stored.is_new else 0
        if stored.is_new and stored.version > 1:
            self.notes.add(f"The prompts differ from '{name}' as it was, so this is its version {stored.version}.")
        return self._summary(created=created, unchanged=stored.records - created, dataset=name)

    def _put_prompts(self, session: Session, chosen: Format, name: str) -> StoredDataset:
        _, records = self._records_of(chosen)
        prompts = (record.prompt if self.kind is Kind.RESPONSES else record for record in records)
        return store_prompts(
            session,
            name,
            prompts,
            now=self.now,
            repeats_allowed=chosen.carries_prompts,
            on_batch=self._on_first_pass if self.kind is Kind.RESPONSES else self._on_batch,
        )

    def _dataset_name(self) -> str:
        return self.dataset or fields.checked_name(self.source.stem, "dataset")

    # ------------------------------------------------------------ responses

    def _store_responses(self, session: Session, chosen: Format, content_hash: str) -> ImportSummary:
        dataset = self._dataset_of_responses(session, chosen)
        target = self._target(f"responses:{dataset.id}")
        if before := self._imported_before(session, content_hash, target):
            return self._nothing_new(before, dataset=dataset.name)
        _, records = self._records_of(chosen)
        writer = ResponseWriter(session, dataset, self.now)
        writer.write_all(records, self._on_batch)
        self._remember(session, content_hash, target)
        return self._summary(created=writer.created, unchanged=writer.unchanged, dataset=dataset.name)

    def _dataset_of_responses(self, session: Session, chosen: Format) -> Dataset:
        if chosen.carries_prompts:
            stored = self._put_prompts(session, chosen, self._dataset_name())
            return session.get_one(Dataset, stored.id)
        if self.dataset is not None:
            return self._named_dataset(session, self.dataset)
        first, _ = self._records_of(chosen)
        found = newest_holding(session, first.prompt_key)
        if found is None:
            raise Flaw(
                f"No dataset holds a prompt '{first.prompt_key}'. Import the prompts first.",
                field="prompt_id",
                line=first.line,
            )
        return found

    def _named_dataset(self, session: Session, name: str) -> Dataset:
        found = newest_version(session, name)
        if found is None:
            names = ", ".join(f"'{each}'" for each in session.exec(select(Dataset.name).distinct()))
            raise NotFound(f"There is no dataset called '{name}'. There are: {names or 'none yet'}.")
        return found

    # ---------------------------------------------------------------- votes

    def _store_votes(self, session: Session, chosen: Format, content_hash: str) -> ImportSummary:
        study = self._study(session)
        assert study.id is not None
        anywhere = self._target(f"study:{study.id}")
        target = self._target(f"study:{study.id};question:{self.question}")
        if before := self._imported_before(session, content_hash, anywhere, target):
            return self._nothing_new(before, study=study.name)
        first, records = self._records_of(chosen)
        dataset = self._dataset_of_votes(session, first.prompt_key)
        writer = VoteWriter(session, study.id, dataset, self.question, self.now)
        writer.write_all(records, self._on_batch)
        tallies.rebuild(session, study.id)
        self._remember(session, content_hash, target if writer.used_default_question else anywhere)
        self._note_gaps(writer)
        return self._summary(created=writer.created, unchanged=0, dataset=dataset.name, study=study.name)

    def _study(self, session: Session) -> Study:
        if self.study is None:
            return studies.ensure_default(session, now=self.now)
        return studies.named(session, self.study)

    def _dataset_of_votes(self, session: Session, prompt_key: str) -> Dataset:
        found = None if self.dataset else newest_holding(session, prompt_key)
        name = self._dataset_name()
        return found or newest_version(session, name) or add_dataset(session, name, now=self.now)

    def _note_gaps(self, writer: VoteWriter) -> None:
        if writer.anonymous:
            self.notes.add(f"{writer.anonymous} votes name no rater and count as those of one, '{ANONYMOUS}'.")
        if not writer.has_texts:
            self.notes.add(f"The dataset '{writer.dataset.name}' knows its prompts by their ids only.")

    # ----------------------------------------------------------- candidates

    def _store_candidates(self, session: Session, chosen: Format, content_hash: str) -> ImportSummary:
        _, records = self._records_of(chosen)
        writer = CandidateWriter(session, self.now, self.notes)
        writer.write_all(records, self._on_batch)
        before = self._imported_before(session, content_hash, "candidates")
        if writer.created == 0 and before:
            return self._nothing_new(before)
        if not before:
            self._remember(session, content_hash, "candidates")
        return self._summary(created=writer.created, unchanged=writer.unchanged)

    # ---------------------------------------------------------- idempotency

    def _target(self, place: str) -> str:
        return f"{place};columns:{fields.digest(dict(self.columns))[:16]}" if self.columns else place

    def _imported_before(self, session: Session, content_hash: str, *targets: str) -> ImportedFile | None:
        query = select(ImportedFile).where(
            ImportedFile.kind == self.kind.value,
            ImportedFile.content_hash == content_hash,
            col(ImportedFile.target).in_(targets),
        )
        return session.exec(query).first()

    def _remember(self, session: Session, content_hash: str, target: str) -> None:
        session.add(
            ImportedFile(
                kind=self.kind.value,
                target=target,
                content_hash=content_hash,
                name=self.source.name,
                records=self._records,
                imported_at=self.now,
            )
        )

    def _nothing_new(
        self, before: ImportedFile, *, dataset: str | None = None, study: str | None = None
    ) -> ImportSummary:
        return ImportSummary(
            self.kind, dataset, study, before.records, 0, before.records, self.notes.all(), already_imported=True
        )

    def _summary(
        self, *, created: int, unchanged: int, dataset: str | None = None, study: str | None = None
    ) -> ImportSummary:
        return ImportSummary(self.kind, dataset, study, self._records, created, unchanged, self.notes.all())
