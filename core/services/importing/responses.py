"""Writing responses: one run an import, never over another's text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.domain.answering import finish_reason_of
from core.domain.lengths import count_words
from core.services.importing.batches import Ids, OnBatch, batches
from core.services.importing.bulk import BulkInsert
from core.services.importing.candidates import candidate_ids, named_candidates
from core.services.importing.hashing import canonical, digest
from core.services.importing.prompts import prompt_ids
from core.services.importing.records import Flaw, ResponseRecord
from core.storage.tables import Dataset, Prompt, Response, Run

_COLUMNS = (
    "run_id", "prompt_id", "candidate_id", "repetition", "turns", "words", "content_hash", "latency_ms", "ttft_ms",
    "input_tokens", "output_tokens", "cost_usd", "finish_reason", "first_byte_ms",
    "first_visible_ms", "cached_tokens", "reasoning_tokens", "attempts", "answered_by", "created_at",
)  # fmt: skip
_BATCH = 500
Key = tuple[int, int, int]


@dataclass
class ResponseWriter:
    """Appends responses to ``dataset``; ``created`` are new, ``unchanged`` were there word for word."""

    session: Session
    dataset: Dataset
    now: datetime
    created: int = 0
    unchanged: int = 0
    _run_id: int | None = None
    _lines: dict[Key, int] = field(default_factory=dict)
    _turns_wanted: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.dataset.id is not None
        dataset_id = self.dataset.id
        self._prompts = Ids(lambda keys: prompt_ids(self.session, dataset_id, keys))
        self._candidates = Ids(lambda names: candidate_ids(self.session, names))
        self._bulk = BulkInsert(self.session, "response", _COLUMNS)

    def write_all(self, records: Iterable[ResponseRecord], on_batch: OnBatch) -> None:
        """Write ``records``, a batch at a time."""
        for batch in batches(records, _BATCH):
            self._write(batch)
            on_batch(len(batch))

    def _write(self, batch: Sequence[ResponseRecord]) -> None:
        prompts, unknown = self._prompts.load({record.prompt_key for record in batch})
        if unknown:
            record = next(record for record in batch if record.prompt_key in unknown)
            raise Flaw(
                f"The dataset '{self.dataset.name}' has no prompt '{record.prompt_key}'.",
                field="prompt_id",
                line=record.line,
            )
        candidates, missing = self._candidates.load({record.candidate for record in batch})
        if missing:
            named_candidates(self.session, [record.candidate for record in batch], now=self.now)
            candidates = self._candidates.refresh(missing)
        self._check_turns(batch, prompts)
        keys = [self._key(record, prompts, candidates) for record in batch]
        hashes = [digest(record.turns) for record in batch]
        there = self._stored({key[0] for key in keys})
        fresh = [
            (record, key, content)
            for record, key, content in zip(batch, keys, hashes, strict=True)
            if (*key, content) not in there
        ]
        self.unchanged += len(batch) - len(fresh)
        self.created += len(fresh)
        self._bulk.write([self._row(*each) for each in fresh])

    def _key(self, record: ResponseRecord, prompts: dict[str, int], candidates: dict[str, int]) -> Key:
        prompt, candidate = prompts[record.prompt_key], candidates[record.candidate]
        repetition = record.repetition or 0
        while record.repetition is None and (prompt, candidate, repetition) in self._lines:
            repetition += 1
        key = (prompt, candidate, repetition)
        if key in self._lines:
            raise Flaw(
                f"Line {self._lines[key]} has a response of '{record.candidate}' to '{record.prompt_key}' too; "
                "number them with 'repetition'.",
                field="prompt_id",
                line=record.line,
            )
        self._lines[key] = record.line
        return key

    def _check_turns(self, batch: Sequence[ResponseRecord], prompts: dict[str, int]) -> None:
        unknown = {prompts[record.prompt_key] for record in batch} - self._turns_wanted.keys()
        if unknown:
            query = select(Prompt.id, Prompt.messages).where(col(Prompt.id).in_(unknown))
            self._turns_wanted |= {
                found: answers_wanted(messages) for found, messages in self.session.exec(query) if found is not None
            }
        for record in batch:
            wanted = self._turns_wanted[prompts[record.prompt_key]]
            if wanted not in (0, len(record.turns)):
                raise Flaw(
                    f"has {len(record.turns)} turn(s), but the prompt '{record.prompt_key}' wants {wanted}.",
                    field="turns" if len(record.turns) != 1 else "text",
                    line=record.line,
                )

    def _stored(self, prompts: set[int]) -> set[tuple[int, int, int, str]]:
        query = select(Response.prompt_id, Response.candidate_id, Response.repetition, Response.content_hash)
        return {(*row,) for row in self.session.exec(query.where(col(Response.prompt_id).in_(prompts)))}

    def _row(self, record: ResponseRecord, key: Key, content_hash: str) -> tuple[Any, ...]:
        return (
            self._run(),
            *key,
            canonical(record.turns),
            sum(map(count_words, record.turns)),
            content_hash,
            record.latency_ms,
            record.ttft_ms,
            record.input_tokens,
            record.output_tokens,
            record.cost_usd,
            record.finish_reason and (finish_reason_of(record.finish_reason) or record.finish_reason),
            record.first_byte_ms,
            record.first_visible_ms,
            record.cached_tokens,
            record.reasoning_tokens,
            record.attempts,
            record.answered_by,
            self._bulk.moment(record.created_at or self.now),
        )

    def _run(self) -> int:
        if self._run_id is None:
            assert self.dataset.id is not None
            run = Run(dataset_id=self.dataset.id, source="import", created_at=self.now)
            self.session.add(run)
            self.session.flush()
            assert run.id is not None
            self._run_id = run.id
        return self._run_id


def answers_wanted(messages: Sequence[dict[str, str]]) -> int:
    """How many turns a response to ``messages`` has: the user's messages that no assistant's follows."""
    roles = [message["role"] for message in messages]
    following = [*roles[1:], ""]
    return sum(role == "user" and after != "assistant" for role, after in zip(roles, following, strict=True))
