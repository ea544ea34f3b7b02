"""Reading prompts: a dataset is a name and a version, and never changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from core.domain.content_hash import canonical, digest
from core.domain.fields import Flaw
from core.services.importing.batches import OnBatch, batches
from core.services.importing.landing import Landing
from core.services.importing.left_out import LeftOut
from core.services.importing.records import PromptRecord
from core.services.importing.staging import Found, Staging
from core.storage.engine import reading
from core.storage.tables import Dataset, Prompt

TEXTLESS = digest({"messages": []})
"""The content hash of a prompt that is known by its id only."""
_COLUMNS = ("external_id", "category", "messages", "reference", "constraints", "tags", "content_hash")
_MODULUS = 1 << 256


@dataclass
class Growth:
    """The content hash of a set of prompts, as it grows: the sum of their hashes, whatever their order."""

    total: int = 0
    records: int = 0

    def add(self, key: str, content_hash: str) -> None:
        """Count one prompt in."""
        self.total = (self.total + int(digest([key, content_hash]), 16)) % _MODULUS
        self.records += 1

    @property
    def content_hash(self) -> str:
        """64 hex digits."""
        return f"{self.total % _MODULUS:064x}"


@dataclass
class PromptStager:
    """Reads prompts for the dataset ``name`` into the staging file."""

    engine: Engine
    staging: Staging
    name: str
    now: datetime
    repeats_allowed: bool = False
    """A log may ask the same prompt often, and a dataset that holds them all is taken as it is."""
    same: Dataset | None = None
    """Once all is read, the version of it that has them already."""
    repeated: int = 0
    """How many stood there twice."""
    odd: LeftOut | None = None
    """Where another prompt of the same id is left out; None: it refuses the file."""
    growth: Growth = field(default_factory=Growth)

    def __post_init__(self) -> None:
        self._add = self.staging.table("prompt", ("code INTEGER PRIMARY KEY", "line INTEGER", *_COLUMNS))
        self.staging.rows.execute("CREATE UNIQUE INDEX staged_prompt_key ON staged_prompt (external_id)")
        with reading(self.engine) as session:
            self._newest = newest_version(session, self.name)
        self._all_known = self._newest is not None and self.repeats_allowed

    def read_all(self, records: Iterable[PromptRecord], on_batch: OnBatch) -> None:
        """Read ``records``, a batch at a time, and see whether they are here already."""
        for batch in batches(records):
            on_batch(self._read(batch))
        if self.growth.records == 0:
            raise Flaw("The file holds no prompts.")
        with reading(self.engine) as session:
            known = _same_content(session, self.name, self.growth.content_hash)
        self.same = self._newest if self._all_known else known

    @property
    def new(self) -> int:
        """How many prompts will be written."""
        return 0 if self.same is not None else self.growth.records

    def codes(self, keys: Iterable[str]) -> dict[str, int]:
        """The codes of staged prompts, of those ``keys`` that are."""
        wanted = list(keys)
        marks = ", ".join("?" * len(wanted))
        query = f"SELECT external_id, -code FROM staged_prompt WHERE external_id IN ({marks})"  # noqa: S608
        return dict(self.staging.rows.execute(query, wanted))

    def holds(self, session: Session) -> bool:
        """Whether the dataset's newest version is still what it was when the file was read."""
        newest = newest_version(session, self.name)
        return (newest and (newest.id, newest.version)) == (self._newest and (self._newest.id, self._newest.version))

    def land(self, landing: Landing) -> Dataset:
        """The dataset with these prompts; written unless it is there already."""
        if self.same is not None:
            return landing.session.get_one(Dataset, self.same.id)
        dataset = add_dataset(landing.session, self.name, self.growth.content_hash, now=self.now)
        columns = {name: name for name in _COLUMNS}
        columns |= {"id": f"{landing.bases['prompt']} + code", "dataset_id": str(dataset.id)}
        landing.put("prompt", columns, "staged_prompt ORDER BY code")
        return dataset

    def _read(self, batch: Sequence[PromptRecord]) -> int:
        """Read one batch; how many of it were kept."""
        there = self._met(batch)
        fresh, kept = [], len(batch)
        for record in batch:
            content_hash = _content_hash(record)
            if record.key not in there:
                there[record.key] = (record.line, content_hash)
                fresh.append(self._row(record, content_hash))
            elif not self.repeats_allowed:
                kept -= not self._is_same(record, content_hash, *there[record.key])
        self._add(fresh)
        if self._all_known and self._newest and self._newest.id is not None:
            keys = {record.key for record in batch}
            with reading(self.engine) as session:
                self._all_known = len(prompt_ids(session, self._newest.id, keys)) == len(keys)
        return kept

    def _met(self, batch: Sequence[PromptRecord]) -> dict[str, tuple[int, str]]:
        """Where the batch's ids stood before, and with what content."""
        marks = ", ".join("?" * len(batch))
        query = f"SELECT external_id, line, content_hash FROM staged_prompt WHERE external_id IN ({marks})"  # noqa: S608
        met = self.staging.rows.execute(query, [record.key for record in batch])
        return {key: (line, content_hash) for key, line, content_hash in met}

    def _is_same(self, record: PromptRecord, content_hash: str, line: int, before: str) -> bool:
        """Whether it is the very prompt again, which is taken once; another one with its id is a Flaw, or left out."""
        if content_hash == before:
            self.repeated += 1
            return True
        problem = f"'{record.key}' is the id of line {line} too; every prompt needs an id of its own."
        if self.odd is None:
            raise Flaw(problem, field="id", line=record.line)
        self.odd.add(record.line, Flaw("is the id of an earlier prompt too", field="id"))
        return False

    def _row(self, record: PromptRecord, content_hash: str) -> tuple[Any, ...]:
        self.growth.add(record.key, content_hash)
        optional = [None if found is None else canonical(found) for found in (record.reference, record.constraints)]
        messages, tags = canonical(record.messages), canonical(record.tags)
        code = self.growth.records
        return (code, record.line, record.key, record.category, messages, *optional, tags, content_hash)


def _content_hash(record: PromptRecord) -> str:
    content = record._asdict()
    del content["line"], content["key"]
    return digest(content)


def find_prompts(session: Session, dataset_id: int | None, keys: Iterable[str]) -> Found:
    """(id, category) of the dataset's prompts, of those ``keys`` that it has."""
    query = select(Prompt.external_id, Prompt.id, Prompt.category).where(
        Prompt.dataset_id == dataset_id, col(Prompt.external_id).in_(list(keys))
    )
    return {key: (found, category) for key, found, category in session.exec(query) if found is not None}


def land_textless(landing: Landing, dataset: Dataset, growth: Growth) -> None:
    """Add the new prompts that votes know by their ids only to a dataset that votes alone have made."""
    if growth.records == 0:
        return
    columns = {
        "id": landing.code_as_id("prompt", "code"),
        "dataset_id": str(dataset.id),
        "external_id": "name",
        "category": "detail",
        "messages": "'[]'",
        "tags": "'[]'",
        "content_hash": f"'{TEXTLESS}'",
    }
    landing.put("prompt", columns, "staged_name WHERE kind = 'prompt' AND code < 0 ORDER BY code DESC")
    before = Growth(int(dataset.content_hash or "0", 16))
    dataset.content_hash = Growth(before.total + growth.total).content_hash
    landing.session.add(dataset)
    landing.session.flush()


def add_dataset(session: Session, name: str, content_hash: str, *, now: datetime) -> Dataset:
    """The next version of the dataset ``name``, without prompts yet."""
    last = session.exec(select(func.max(Dataset.version)).where(Dataset.name == name)).one()
    dataset = Dataset(name=name, version=(last or 0) + 1, content_hash=content_hash, created_at=now)
    session.add(dataset)
    session.flush()
    return dataset


def newest_version(session: Session, name: str) -> Dataset | None:
    """The dataset ``name`` in its highest version."""
    query = select(Dataset).where(Dataset.name == name).order_by(col(Dataset.version).desc()).limit(1)
    return session.exec(query).first()


def newest_holding(session: Session, prompt_keys: Sequence[str]) -> Dataset | None:
    """The dataset made last that holds a prompt with one of these ids."""
    query = (
        select(Dataset)
        .join(Prompt, col(Prompt.dataset_id) == Dataset.id)
        .where(col(Prompt.external_id).in_(prompt_keys))
        .order_by(col(Dataset.id).desc())
        .limit(1)
    )
    return session.exec(query).first()


def prompt_ids(session: Session, dataset_id: int, keys: Iterable[str]) -> dict[str, int]:
    """Ids of the dataset's prompts by their id in the file, of those ``keys`` that it has."""
    query = select(Prompt.external_id, Prompt.id).where(
        Prompt.dataset_id == dataset_id, col(Prompt.external_id).in_(list(keys))
    )
    return {key: found for key, found in session.exec(query) if found is not None}


def _same_content(session: Session, name: str, content_hash: str) -> Dataset | None:
    query = select(Dataset).where(Dataset.name == name, Dataset.content_hash == content_hash).limit(1)
    return session.exec(query).first()
