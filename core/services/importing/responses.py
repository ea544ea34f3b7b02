"""Reading responses: one run an import, never over another's text."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.domain.answering import finish_reason_of
from core.domain.content_hash import canonical, digest
from core.domain.fields import Flaw
from core.domain.lengths import count_words
from core.services.importing.batches import OnBatch, batches
from core.services.importing.bulk import staged_moment
from core.services.importing.candidates import find_candidates, land_candidates
from core.services.importing.landing import Landing
from core.services.importing.prompts import PromptStager, prompt_ids
from core.services.importing.records import ResponseRecord
from core.services.importing.staging import Names, Staging
from core.storage.engine import reading
from core.storage.tables import Dataset, Prompt, Response, Run
from core.storage.tables.facts import EXPORTED

_NOT_KNOWN = dict.fromkeys(fact.name for fact in EXPORTED)
_COLUMNS = ("prompt", "candidate", "repetition", "turns", "words", "content_hash", *_NOT_KNOWN, "created_at")
_BATCH = 500
_MOST_REMEMBERED = 100_000
Key = tuple[int, int, int]


@dataclass
class ResponseStager:
    """Reads responses to the prompts of ``dataset``, or to staged ``prompts``, into the staging file.

    ``created`` are new.
    """

    engine: Engine
    staging: Staging
    dataset: Dataset | None
    prompts: PromptStager | None
    now: datetime
    created: int = 0
    _turns_wanted: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.candidates = Names(self.engine, self.staging, "candidate", find_candidates)
        self._add = self.staging.table("response", _COLUMNS)
        key = "prompt INTEGER, candidate INTEGER, repetition INTEGER"
        self.staging.rows.execute(
            f"CREATE TABLE staged_line ({key}, line INTEGER, PRIMARY KEY (prompt, candidate, repetition)) WITHOUT ROWID"
        )

    def read_all(self, records: Iterable[ResponseRecord], on_batch: OnBatch) -> None:
        """Read ``records``, a batch at a time."""
        for batch in batches(records, _BATCH):
            self._read(batch)
            on_batch(len(batch))

    @property
    def new(self) -> dict[str, int]:
        """Table → how many new rows of it there are."""
        return {"prompt": self.prompts.new if self.prompts else 0, "candidate": self.candidates.new}

    def holds(self, session: Session) -> bool:
        """Whether the workspace still has what had been there, and nothing that was new, when the file was read."""
        is_there = self.dataset is None or session.get(Dataset, self.dataset.id) is not None
        return is_there and (self.prompts is None or self.prompts.holds(session)) and self.candidates.hold(session)

    def land(self, landing: Landing, dataset: Dataset) -> None:
        """Write what was read as one run over ``dataset``; without anything new there is none."""
        land_candidates(landing, self.now)
        if self.created == 0:
            return
        run = Run(dataset_id=dataset.id or 0, source="import", created_at=self.now)
        landing.session.add(run)
        landing.session.flush()
        columns = {name: name for name in _COLUMNS[2:]}
        columns |= {
            "run_id": str(run.id),
            "prompt_id": landing.code_as_id("prompt", "prompt"),
            "candidate_id": landing.code_as_id("candidate", "candidate"),
        }
        landing.put("response", columns, "staged_response ORDER BY rowid")

    def _read(self, batch: Sequence[ResponseRecord]) -> None:
        prompts = self._prompt_codes(batch)
        candidates, missing = self.candidates.load({record.candidate for record in batch})
        if missing:
            met = dict.fromkeys(record.candidate for record in batch)
            candidates = self.candidates.add(name for name in met if name in missing)
        self._check_turns(batch, prompts)
        keys = [self._key(record, prompts, candidates) for record in batch]
        hashes = [digest(record.turns) for record in batch]
        there = self._stored({key[0] for key in keys if key[0] > 0})
        fresh = [
            (record, key, content)
            for record, key, content in zip(batch, keys, hashes, strict=True)
            if (*key, content) not in there
        ]
        self.created += len(fresh)
        self._add([self._row(*each) for each in fresh])

    def _prompt_codes(self, batch: Sequence[ResponseRecord]) -> dict[str, int]:
        wanted = {record.prompt_key for record in batch}
        if self.dataset is None or self.dataset.id is None:
            return self.prompts.codes(wanted) if self.prompts else {}
        with reading(self.engine) as session:
            found = prompt_ids(session, self.dataset.id, wanted)
        record = next((record for record in batch if record.prompt_key not in found), None)
        if record is not None:
            problem = f"The dataset '{self.dataset.name}' has no prompt '{record.prompt_key}'."
            raise Flaw(problem, field="prompt_id", line=record.line)
        return found

    def _key(self, record: ResponseRecord, prompts: dict[str, int], candidates: dict[str, int]) -> Key:
        prompt, candidate = prompts[record.prompt_key], candidates[record.candidate]
        repetition = record.repetition
        if repetition is None:
            used = "SELECT coalesce(max(repetition) + 1, 0) FROM staged_line WHERE prompt = ? AND candidate = ?"
            repetition = int(self.staging.one(used, prompt, candidate))
        key = (prompt, candidate, repetition)
        line = "SELECT line FROM staged_line WHERE prompt = ? AND candidate = ? AND repetition = ?"
        if (before := self.staging.one(line, *key)) is not None:
            raise Flaw(
                f"Line {before} has a response of '{record.candidate}' to '{record.prompt_key}' too; "
                "number them with 'repetition'.",
                field="prompt_id",
                line=record.line,
            )
        self.staging.rows.execute("INSERT INTO staged_line VALUES (?, ?, ?, ?)", (*key, record.line))
        return key

    def _check_turns(self, batch: Sequence[ResponseRecord], prompts: dict[str, int]) -> None:
        if len(self._turns_wanted) > _MOST_REMEMBERED:
            self._turns_wanted = {}
        unknown = {prompts[record.prompt_key] for record in batch} - self._turns_wanted.keys()
        self._turns_wanted |= {found: answers_wanted(messages) for found, messages in self._messages(unknown)}
        for record in batch:
            wanted = self._turns_wanted[prompts[record.prompt_key]]
            if wanted not in (0, len(record.turns)):
                raise Flaw(
                    f"has {len(record.turns)} turn(s), but the prompt '{record.prompt_key}' wants {wanted}.",
                    field="turns" if len(record.turns) != 1 else "text",
                    line=record.line,
                )

    def _messages(self, prompts: set[int]) -> Iterator[tuple[int, Sequence[dict[str, str]]]]:
        query = select(Prompt.id, Prompt.messages).where(col(Prompt.id).in_([code for code in prompts if code > 0]))
        with reading(self.engine) as session:
            yield from ((found, messages) for found, messages in session.exec(query) if found is not None)
        for code in prompts:
            if code < 0:
                found = self.staging.one("SELECT messages FROM staged_prompt WHERE code = ?", -code)
                yield code, json.loads(found)

    def _stored(self, prompts: set[int]) -> set[tuple[int, int, int, str]]:
        query = select(Response.prompt_id, Response.candidate_id, Response.repetition, Response.content_hash)
        with reading(self.engine) as session:
            return {(*row,) for row in session.exec(query.where(col(Response.prompt_id).in_(prompts)))}

    def _row(self, record: ResponseRecord, key: Key, content_hash: str) -> tuple[Any, ...]:
        facts = {**_NOT_KNOWN, **record.facts}
        if reason := facts["finish_reason"]:
            facts["finish_reason"] = finish_reason_of(reason) or reason
        words, created_at = sum(map(count_words, record.turns)), staged_moment(record.created_at or self.now)
        return (*key, canonical(record.turns), words, content_hash, *facts.values(), created_at)


def answers_wanted(messages: Sequence[dict[str, str]]) -> int:
    """How many turns a response to ``messages`` has: the user's messages that no assistant's follows."""
    roles = [message["role"] for message in messages]
    following = [*roles[1:], ""]
    return sum(role == "user" and after != "assistant" for role, after in zip(roles, following, strict=True))
