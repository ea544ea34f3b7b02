"""Records into tables, in the caller's transaction: which dataset, which study, what was there before."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from core.errors import NotFound
from core.services import studies
from core.services.importing.candidates import CandidateWriter
from core.services.importing.ledger import Ledger
from core.services.importing.prompts import (
    StoredDataset,
    add_dataset,
    newest_holding,
    newest_version,
    store_prompts,
)
from core.services.importing.records import Flaw, Format, ImportSummary, Kind, Notes
from core.services.importing.responses import ResponseWriter
from core.services.importing.votes import ANONYMOUS, VoteWriter
from core.storage.tables import Dataset, ImportedFile

Records = Callable[[], tuple[Any, Iterator[Any]]]


@dataclass
class Delivery:
    """One file's records on their way into tables. ``records()`` reads it anew: (the first record, all)."""

    session: Session
    ledger: Ledger
    notes: Notes
    now: datetime
    chosen: Format
    records: Records
    report: Callable[[int], None]
    delivered: int = 0

    def prompts(self, name: str) -> ImportSummary:
        """Prompts into the dataset ``name``, as a new version of it where it differs."""
        place = f"dataset:{name}"
        if before := self.ledger.before(self.session, place):
            return self._nothing_new(before, dataset=name)
        stored = self._store_prompts(name)
        self.ledger.remember(self.session, place, self.delivered)
        if stored.is_new and stored.version > 1:
            self.notes.add(f"The prompts differ from '{name}' as it was, so this is its version {stored.version}.")
        return self._summary(created=stored.records if stored.is_new else 0, dataset=name)

    def responses(self, dataset: str | None, default_name: str) -> ImportSummary:
        """Responses into ``dataset``, or to where their prompts are; formats that carry prompts bring them."""
        before = None if dataset or self.chosen.carries_prompts else self._still_newest()
        if before is not None:
            return self._nothing_new(before[1], dataset=before[0].name)
        target = self._dataset_of_responses(dataset, default_name)
        place = f"responses:{target.id}"
        if entry := self.ledger.before(self.session, place):
            return self._nothing_new(entry, dataset=target.name)
        writer = ResponseWriter(self.session, target, self.now)
        writer.write_all(self.records()[1], self._on_batch)
        self.ledger.remember(self.session, place, self.delivered)
        return self._summary(created=writer.created, dataset=target.name)

    def votes(self, study: str | None, question: str, dataset: str | None, default_name: str) -> ImportSummary:
        """Votes into a study; their prompts are looked for, or known by id only from then on."""
        chosen = studies.ensure_default(self.session, now=self.now) if study is None else None
        chosen = chosen or studies.named(self.session, study)
        assert chosen.id is not None
        anywhere, here = f"study:{chosen.id}", f"study:{chosen.id};question:{question}"
        if before := self.ledger.before(self.session, anywhere, here):
            return self._nothing_new(before, study=chosen.name)
        first, records = self.records()
        found = None if dataset else newest_holding(self.session, first.prompt_key)
        found = found or newest_version(self.session, default_name)
        target = found or add_dataset(self.session, default_name, now=self.now)
        writer = VoteWriter(self.session, chosen.id, target, question, self.now)
        writer.write_all(records, self._on_batch)
        self.ledger.remember(self.session, here if writer.used_default_question else anywhere, self.delivered)
        if writer.anonymous:
            self.notes.add(f"{writer.anonymous} votes name no rater and count as those of one, '{ANONYMOUS}'.")
        if not writer.has_texts:
            self.notes.add(f"The dataset '{target.name}' knows its prompts by their ids only.")
        return self._summary(created=writer.created, dataset=target.name, study=chosen.name)

    def candidates(self) -> ImportSummary:
        """Candidates by name; an earlier definition gives way to this one while nothing was answered under it."""
        writer = CandidateWriter(self.session, self.now, self.notes)
        writer.write_all(self.records()[1], self._on_batch)
        before = self.ledger.before(self.session, "candidates")
        if before and writer.created == 0:
            return self._nothing_new(before)
        self.ledger.remember(self.session, "candidates", self.delivered)
        return self._summary(created=writer.created)

    def _store_prompts(self, name: str) -> StoredDataset:
        _, records = self.records()
        with_responses = self.ledger.kind is Kind.RESPONSES
        return store_prompts(
            self.session,
            name,
            (record.prompt for record in records) if with_responses else records,
            now=self.now,
            repeats_allowed=self.chosen.may_repeat,
            on_batch=(lambda _: self.report(0)) if with_responses else self._on_batch,
        )

    def _still_newest(self) -> tuple[Dataset, ImportedFile] | None:
        """A dataset that has these responses already, and is still the newest of its name."""
        for place, entry in self.ledger.places(self.session).items():
            dataset = self.session.get(Dataset, int(place.removeprefix("responses:")))
            newest = newest_version(self.session, dataset.name) if dataset else None
            if dataset is not None and newest is not None and newest.id == dataset.id:
                return dataset, entry
        return None

    def _dataset_of_responses(self, dataset: str | None, default_name: str) -> Dataset:
        if self.chosen.carries_prompts:
            return self.session.get_one(Dataset, self._store_prompts(default_name).id)
        if dataset is not None:
            found = newest_version(self.session, dataset)
            if found is None:
                names = ", ".join(f"'{each}'" for each in self.session.exec(select(Dataset.name).distinct()))
                raise NotFound(f"There is no dataset called '{dataset}'. There are: {names or 'none yet'}.")
            return found
        first, _ = self.records()
        found = newest_holding(self.session, first.prompt_key)
        if found is None:
            problem = f"No dataset holds a prompt '{first.prompt_key}'. Import the prompts first."
            raise Flaw(problem, field="prompt_id", line=first.line)
        return found

    def _on_batch(self, size: int) -> None:
        self.delivered += size
        self.report(self.delivered)

    def _nothing_new(
        self, before: ImportedFile, *, dataset: str | None = None, study: str | None = None
    ) -> ImportSummary:
        return ImportSummary(
            self.ledger.kind, dataset, study, before.records, 0, before.records, (), already_imported=True
        )

    def _summary(self, *, created: int, dataset: str | None = None, study: str | None = None) -> ImportSummary:
        unchanged = self.delivered - created
        return ImportSummary(self.ledger.kind, dataset, study, self.delivered, created, unchanged, self.notes.all())
