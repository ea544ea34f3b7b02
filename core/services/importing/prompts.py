"""Writing prompts: a dataset is a name and a version, and never changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from core.services.importing.batches import OnBatch, batches
from core.services.importing.bulk import BulkInsert
from core.services.importing.hashing import canonical, digest
from core.services.importing.records import Flaw, PromptRecord
from core.storage.tables import Dataset, Prompt

_COLUMNS = (
    "dataset_id", "external_id", "category", "messages", "reference", "constraints", "tags", "content_hash",
)  # fmt: skip
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
        return f"{self.total:064x}"


@dataclass(frozen=True)
class StoredDataset:
    """Where prompts went; ``is_new`` is false where the very same were there already."""

    id: int
    name: str
    version: int
    records: int
    is_new: bool


def store_prompts(
    session: Session,
    name: str,
    records: Iterable[PromptRecord],
    *,
    now: datetime,
    repeats_allowed: bool = False,
    on_batch: OnBatch,
) -> StoredDataset:
    """Make ``records`` the dataset ``name``: a new version, unless a version of it has the same content.

    ``repeats_allowed``: a log may ask the same prompt often, and a dataset that holds them all is taken as it is.
    """
    newest = newest_version(session, name)
    dataset = add_dataset(session, name, now=now)
    assert dataset.id is not None
    writer = _Writer(session, dataset.id, newest.id if newest and repeats_allowed else None, repeats_allowed)
    for batch in batches(records):
        writer.write(batch)
        on_batch(len(batch))
    if writer.growth.records == 0:
        raise Flaw("The file holds no prompts.")
    same = newest if writer.all_known else _same_content(session, name, writer.growth.content_hash)
    if same is not None:
        session.execute(delete(Prompt).where(col(Prompt.dataset_id) == dataset.id))
        session.delete(dataset)
        session.flush()
        assert same.id is not None
        return StoredDataset(same.id, name, same.version, writer.growth.records, is_new=False)
    dataset.content_hash = writer.growth.content_hash
    session.flush()
    return StoredDataset(dataset.id, name, dataset.version, writer.growth.records, is_new=True)


@dataclass
class _Writer:
    session: Session
    dataset_id: int
    compared_id: int | None
    repeats_allowed: bool
    growth: Growth = field(default_factory=Growth)
    lines: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bulk = BulkInsert(self.session, "prompt", _COLUMNS)
        self.all_known = self.compared_id is not None

    def write(self, batch: Sequence[PromptRecord]) -> None:
        fresh = [record for record in batch if self._is_first(record)]
        rows = []
        for record in fresh:
            content = record._asdict()
            del content["line"], content["key"]
            content_hash = digest(content)
            self.growth.add(record.key, content_hash)
            rows.append((self.dataset_id, *_cells(record), content_hash))
        self.bulk.write(rows)
        if self.all_known and self.compared_id is not None:
            known = prompt_ids(self.session, self.compared_id, {record.key for record in fresh})
            self.all_known = all(record.key in known for record in fresh)

    def _is_first(self, record: PromptRecord) -> bool:
        before = self.lines.get(record.key)
        if before is None:
            self.lines[record.key] = record.line
            return True
        if not self.repeats_allowed:
            raise Flaw(
                f"'{record.key}' is the id of line {before} too; every prompt needs an id of its own.",
                field="id",
                line=record.line,
            )
        return False


def _cells(record: PromptRecord) -> tuple[str | None, ...]:
    optional = [None if found is None else canonical(found) for found in (record.reference, record.constraints)]
    return record.key, record.category, canonical(record.messages), *optional, canonical(record.tags)


def add_textless(session: Session, dataset: Dataset, keys: Sequence[str]) -> None:
    """Add prompts known only by their ids to a dataset that votes alone have made."""
    assert dataset.id is not None
    growth = Growth(total=int(dataset.content_hash or "0", 16))
    empty = digest({"messages": []})
    for key in keys:
        growth.add(key, empty)
    rows = [(dataset.id, key, "general", "[]", None, None, "[]", empty) for key in keys]
    BulkInsert(session, "prompt", _COLUMNS).write(rows)
    dataset.content_hash = growth.content_hash
    session.flush()


def add_dataset(session: Session, name: str, *, now: datetime) -> Dataset:
    """The next version of the dataset ``name``, without prompts yet."""
    last = session.exec(select(func.max(Dataset.version)).where(Dataset.name == name)).one()
    dataset = Dataset(name=name, version=(last or 0) + 1, content_hash="", created_at=now)
    session.add(dataset)
    session.flush()
    return dataset


def newest_version(session: Session, name: str) -> Dataset | None:
    """The dataset ``name`` in its highest version."""
    query = select(Dataset).where(Dataset.name == name).order_by(col(Dataset.version).desc()).limit(1)
    return session.exec(query).first()


def newest_holding(session: Session, prompt_key: str) -> Dataset | None:
    """The dataset made last that holds a prompt with that id."""
    query = (
        select(Dataset)
        .join(Prompt, col(Prompt.dataset_id) == Dataset.id)
        .where(Prompt.external_id == prompt_key)
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
