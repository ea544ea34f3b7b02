"""Records on their way into tables: which dataset, which study, what was there before."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, select

from core.domain.fields import Flaw
from core.domain.words import n
from core.errors import NotFound
from core.services.importing import destinations
from core.services.importing.candidates import CandidateWriter, read_candidates
from core.services.importing.imported_before import ImportedBefore
from core.services.importing.landing import Landing, Moved
from core.services.importing.left_out import LeftOut
from core.services.importing.prompts import PromptStager, add_dataset, newest_holding, newest_version
from core.services.importing.records import Format, ImportSummary, Kind, Notes
from core.services.importing.responses import ResponseStager
from core.services.importing.staging import Staging
from core.services.importing.votes import ANONYMOUS, VoteStager
from core.storage.engine import reading
from core.storage.tables import Dataset, ImportedFile

Records = Callable[[], Iterator[Any]]
_LOOKED_AT = 200
"""Of how many records of a log the prompt is looked for, to find the dataset that they belong to."""


@dataclass(frozen=True)
class Ready:
    """A file that was read and checked. ``new``: table → rows that have codes; ``finish`` writes it all."""

    finish: Callable[[Landing], ImportSummary]
    new: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Delivery:
    """One file's records, read into the staging file. ``records()`` reads it anew; it holds at least one."""

    engine: Engine
    staging: Staging
    imported_before: ImportedBefore
    notes: Notes
    left_out: LeftOut
    now: datetime
    chosen: Format
    records: Records
    report: Callable[[int], None]
    delivered: int = 0

    def prompts(self, name: str) -> ImportSummary | Ready:
        """Prompts into the dataset ``name``, as a new version of it where it differs."""
        place = f"dataset:{name}"
        with reading(self.engine) as session:
            before = self.imported_before.before(session, place)
        if before:
            return self._nothing_new(before, dataset=name)
        stager = self._staged_prompts(name)

        def finish(landing: Landing) -> ImportSummary:
            self._check(landing, stager.holds(landing.session), place)
            stored = stager.land(landing)
            self.imported_before.remember(landing.session, place, self.delivered)
            if stager.same is None and stored.version > 1:
                self.notes.add(f"The prompts differ from '{name}' as it was, so this is its version {stored.version}.")
            if stager.repeated:
                self.notes.add(f"{stager.repeated:,} stand in the file more than once; each is taken once.")
            return self._summary(created=stager.new, dataset=name)

        return Ready(finish, {"prompt": stager.new})

    def responses(self, dataset: str | None, default_name: str) -> ImportSummary | Ready:
        """Responses into ``dataset``, or to where their prompts are; formats that carry prompts bring them."""
        with reading(self.engine) as session:
            before = None if dataset or self.chosen.carries_prompts else self._still_newest(session)
        if before is not None:
            return self._nothing_new(before[1], dataset=before[0].name)
        prompts = self._staged_prompts(default_name) if self.chosen.carries_prompts else None
        with reading(self.engine) as session:
            target = prompts.same if prompts else self._dataset_of_responses(session, dataset)
            entry = self.imported_before.before(session, f"responses:{target.id}") if target else None
        if target and entry:
            return self._nothing_new(entry, dataset=target.name)
        once = self.chosen.answers_once
        stager = ResponseStager(self.engine, self.staging, target, prompts, self.now, self._odd, answers_once=once)
        stager.read_all(self.records(), self._on_batch)
        self._refuse_nothing()

        def finish(landing: Landing) -> ImportSummary:
            place = f"responses:{target.id}" if target else None
            self._check(landing, stager.holds(landing.session), place)
            home = prompts.land(landing) if prompts else landing.session.get_one(Dataset, target.id if target else 0)
            stager.land(landing, home)
            self.imported_before.remember(landing.session, f"responses:{home.id}", self.delivered)
            if stager.repeated:
                self.notes.add(f"{n(stager.repeated, 'answer')} came in the file more than once; each is taken once.")
            return self._summary(created=stager.created, dataset=home.name)

        return Ready(finish, stager.new)

    def votes(self, study: str | None, question: str, dataset: str | None, default_name: str) -> ImportSummary | Ready:
        """Votes into a study, made where it is missing; their prompts are looked for, or from then on known by id."""
        with reading(self.engine) as session:
            chosen = destinations.study(session, study)
            before = self.imported_before.before(session, *destinations.places(chosen, question)) if chosen else None
            found = None if dataset else self._holding(session)[1]
            found = found or newest_version(session, default_name)
        if chosen and before:
            return self._nothing_new(before, study=chosen.name)
        study_id = chosen.id if chosen else None
        stager = VoteStager(self.engine, self.staging, study_id, found, question, self.now, self._odd)
        stager.read_all(self.records(), self._on_batch)
        self._refuse_nothing()

        def finish(landing: Landing) -> ImportSummary:
            session = landing.session
            now_there = destinations.study(session, study)
            is_same = (now_there and now_there.id) == (chosen and chosen.id) and stager.holds(session)
            self._check(landing, is_same, *(destinations.places(chosen, question) if chosen else ()))
            home = self._home_of_votes(session, found, default_name)
            into = now_there or destinations.new_study(session, study, home, self.now)
            stager.land(landing, into.id or 0, home)
            anywhere, here = destinations.places(into, question)
            place = here if stager.used_default_question else anywhere
            self.imported_before.remember(session, place, self.delivered, on_dataset=home.id)
            self._note_gaps(stager, home)
            if now_there is None and study is not None:
                self.notes.add(f"The study '{into.name}' was made for them.")
            return self._summary(created=stager.read, dataset=home.name, study=into.name)

        return Ready(finish, stager.new)

    def candidates(self) -> ImportSummary | Ready:
        """Candidates by name; an earlier definition gives way to this one while nothing was answered under it."""
        records = read_candidates(self.records())
        self._on_batch(len(records))

        def finish(landing: Landing) -> ImportSummary:
            writer = CandidateWriter(landing.session, self.now, self.notes)
            writer.write_all(records)
            before = self.imported_before.before(landing.session, "candidates")
            if before and writer.created == 0:
                return self._nothing_new(before)
            self.imported_before.remember(landing.session, "candidates", self.delivered)
            return self._summary(created=writer.created)

        return Ready(finish)

    def _staged_prompts(self, name: str) -> PromptStager:
        records = self.records()
        with_responses = self.imported_before.kind is Kind.RESPONSES
        stager = PromptStager(self.engine, self.staging, name, self.now, self.chosen.may_repeat, odd=self._odd)
        stager.read_all(
            (record.prompt for record in records) if with_responses else records,
            (lambda _: self.report(0)) if with_responses else self._on_batch,
        )
        return stager

    def _check(self, landing: Landing, is_as_read: bool, *places: str | None) -> None:
        """Refuse to go on where the workspace is not as it was, or has this very file by now."""
        known = [place for place in places if place is not None]
        if not is_as_read or (known and self.imported_before.before(landing.session, *known)):
            raise Moved

    def _still_newest(self, session: Session) -> tuple[Dataset, ImportedFile] | None:
        """A dataset that has these responses already, and is still the newest of its name."""
        for place, entry in self.imported_before.places(session).items():
            dataset = session.get(Dataset, int(place.removeprefix("responses:")))
            newest = newest_version(session, dataset.name) if dataset else None
            if dataset is not None and newest is not None and newest.id == dataset.id:
                return dataset, entry
        return None

    def _dataset_of_responses(self, session: Session, dataset: str | None) -> Dataset:
        if dataset is not None:
            found = newest_version(session, dataset)
            if found is None:
                names = ", ".join(f"'{each}'" for each in session.exec(select(Dataset.name).distinct()))
                raise NotFound(f"There is no dataset called '{dataset}'. There are: {names or 'none yet'}.")
            return found
        first, found = self._holding(session)
        if found is None:
            problem = f"No dataset holds a prompt '{first.prompt_key}'. Import the prompts first."
            raise Flaw(problem, field="prompt_id", line=first.line)
        return found

    def _holding(self, session: Session) -> tuple[Any, Dataset | None]:
        """(the first record; the newest dataset with its prompt, or, of a log, with that of a record soon after)."""
        records = self.records()
        first = next(records)
        found = newest_holding(session, [first.prompt_key])
        if found is None and self.chosen.is_log:
            found = newest_holding(session, [each.prompt_key for each in islice(records, _LOOKED_AT)])
        return first, found

    @property
    def _odd(self) -> LeftOut | None:
        """Where records go that do not fit the workspace; None where they refuse the file."""
        return self.left_out if self.chosen.is_log else None

    def _refuse_nothing(self) -> None:
        """A Flaw where nothing of the file fits the workspace."""
        if not self.delivered:
            raise Flaw(f"The file holds no {self.imported_before.kind} for what is here. {self.left_out.note() or ''}")

    def _home_of_votes(self, session: Session, found: Dataset | None, name: str) -> Dataset:
        there = session.get(Dataset, found.id) if found else newest_version(session, name)
        if (there is None) != (found is None):
            raise Moved
        return there or add_dataset(session, name, "", now=self.now)

    def _note_gaps(self, stager: VoteStager, home: Dataset) -> None:
        if stager.anonymous:
            self.notes.add(f"{n(stager.anonymous, 'vote')} without a rater's name: counted as one's, '{ANONYMOUS}'.")
        if not stager.has_texts:
            self.notes.add(f"The dataset '{home.name}' knows its prompts by their ids only.")

    def _on_batch(self, size: int) -> None:
        self.delivered += size
        self.report(self.delivered)

    def _nothing_new(
        self, before: ImportedFile, *, dataset: str | None = None, study: str | None = None
    ) -> ImportSummary:
        return ImportSummary(
            self.imported_before.kind, dataset, study, before.records, 0, before.records, (), already_imported=True
        )

    def _summary(self, *, created: int, dataset: str | None = None, study: str | None = None) -> ImportSummary:
        unchanged = self.delivered - created
        told = self.left_out.note()
        notes = (*([told] if told else []), *self.notes.all())
        return ImportSummary(
            self.imported_before.kind,
            dataset,
            study,
            self.delivered,
            created,
            unchanged,
            notes,
            left_out=self.left_out.count,
        )
