"""Reading responses: one run an import, never over another's text."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.domain.content_hash import canonical, digest
from core.domain.fields import Flaw
from core.domain.lengths import count_words
from core.domain.thoughts import split_thoughts
from core.services.asking.conversation import asked_at
from core.services.importing import finishing
from core.services.importing.batches import OnBatch, batches
from core.services.importing.bulk import staged_moment
from core.services.importing.candidates import find_candidates, land_candidates
from core.services.importing.landing import Landing
from core.services.importing.left_out import LeftOut
from core.services.importing.prompts import PromptStager, prompt_ids
from core.services.importing.records import ResponseRecord
from core.services.importing.staging import Names, Staging
from core.storage.engine import reading
from core.storage.tables import Dataset, Prompt, Response, Run
from core.storage.tables.facts import EXPORTED

_NOT_KNOWN = dict.fromkeys(fact.name for fact in EXPORTED)
_COLUMNS = (
    "prompt",
    "candidate",
    "repetition",
    "turns",
    "reasoning",
    "words",
    "content_hash",
    *_NOT_KNOWN,
    "created_at",
)
_BATCH = 500
_MOST_REMEMBERED = 100_000
Key = tuple[int, int, int]


@dataclass
class ResponseStager:
    """Reads responses to the prompts of ``dataset``, or to staged ``prompts``, into the staging file."""

    engine: Engine
    staging: Staging
    dataset: Dataset | None
    prompts: PromptStager | None
    now: datetime
    odd: LeftOut | None = None
    """Where responses are left out that have no prompt here, or not its turns; None: they refuse the file."""
    answers_once: bool = False
    """The same answer of a candidate to a prompt is one response, however often it stands there."""
    created: int = 0
    """How many are new."""
    repeated: int = 0
    """How many answers stood there before."""
    _turns_wanted: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.candidates = Names(self.engine, self.staging, "candidate", find_candidates)
        self._add = self.staging.table("response", _COLUMNS)
        key = "prompt INTEGER, candidate INTEGER, repetition INTEGER"
        self.staging.rows.execute(
            f"CREATE TABLE staged_line ({key}, line INTEGER, content TEXT, "
            "PRIMARY KEY (prompt, candidate, repetition)) WITHOUT ROWID"
        )
        if self.answers_once:
            self.staging.rows.execute("CREATE INDEX staged_content ON staged_line (prompt, candidate, content)")

    def read_all(self, records: Iterable[ResponseRecord], on_batch: OnBatch) -> None:
        """Read ``records``, a batch at a time."""
        for batch in batches(records, _BATCH):
            kept = [_without_thoughts(record) for record in self._fitting(batch)]
            if kept:
                self._read(kept)
            on_batch(len(kept))

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
        each = [
            (record, key, content)
            for record, content in zip(batch, (digest(record.turns) for record in batch), strict=True)
            if (key := self._key(record, content, prompts, candidates)) is not None
        ]
        there = self._stored({key[0] for _, key, _ in each if key[0] > 0})
        fresh = [(record, key, content) for record, key, content in each if self._there(key, content) not in there]
        self.created += len(fresh)
        self._add([self._row(*each) for each in fresh])

    def _fitting(self, batch: Sequence[ResponseRecord]) -> list[ResponseRecord]:
        """Those that answer a prompt that is here, in as many turns as it wants; the others are left out, or a Flaw."""
        prompts, kept = self._prompt_codes(batch), []
        self._remember_turns({prompts[record.prompt_key] for record in batch if record.prompt_key in prompts})
        for record in batch:
            flaw = self._misfit(record, prompts)
            if flaw is None:
                kept.append(record)
            elif self.odd is None:
                raise flaw
            else:
                self.odd.add(record.line, flaw)
        return kept

    def _misfit(self, record: ResponseRecord, prompts: dict[str, int]) -> Flaw | None:
        if record.prompt_key not in prompts:
            name = self.dataset.name if self.dataset else ""
            problem = f"The dataset '{name}' has no prompt '{record.prompt_key}'."
            if self.odd is not None:
                problem = f"is that of no prompt in the dataset '{name}'."
            return Flaw(problem, field="prompt_id", line=record.line)
        wanted = self._turns_wanted[prompts[record.prompt_key]]
        if wanted in (0, len(record.turns)):
            return None
        asking = f"the prompt '{record.prompt_key}' wants" if self.odd is None else "its prompt wants"
        field = "turns" if len(record.turns) != 1 else "text"
        return Flaw(f"has {len(record.turns)} turn(s), but {asking} {wanted}.", field=field, line=record.line)

    def _prompt_codes(self, batch: Sequence[ResponseRecord]) -> dict[str, int]:
        wanted = {record.prompt_key for record in batch}
        if self.dataset is None or self.dataset.id is None:
            return self.prompts.codes(wanted) if self.prompts else {}
        with reading(self.engine) as session:
            return prompt_ids(session, self.dataset.id, wanted)

    def _key(
        self, record: ResponseRecord, content: str, prompts: dict[str, int], candidates: dict[str, int]
    ) -> Key | None:
        """Where the response goes; None for one that is there already, where the same answer counts once."""
        prompt, candidate = prompts[record.prompt_key], candidates[record.candidate]
        repetition = record.repetition
        if self.answers_once:
            same = "SELECT line FROM staged_line WHERE prompt = ? AND candidate = ? AND content = ?"
            if self.staging.one(same, prompt, candidate, content) is not None:
                self.repeated += 1
                return None
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
        values = (*key, record.line, content if self.answers_once else None)
        self.staging.rows.execute("INSERT INTO staged_line VALUES (?, ?, ?, ?, ?)", values)
        return key

    def _remember_turns(self, prompts: set[int]) -> None:
        if len(self._turns_wanted) > _MOST_REMEMBERED:
            self._turns_wanted = {}
        unknown = prompts - self._turns_wanted.keys()
        self._turns_wanted |= {found: len(asked_at(messages)) for found, messages in self._messages(unknown)}

    def _messages(self, prompts: set[int]) -> Iterator[tuple[int, Sequence[dict[str, str]]]]:
        query = select(Prompt.id, Prompt.messages).where(col(Prompt.id).in_([code for code in prompts if code > 0]))
        with reading(self.engine) as session:
            yield from ((found, messages) for found, messages in session.exec(query) if found is not None)
        for code in prompts:
            if code < 0:
                found = self.staging.one("SELECT messages FROM staged_prompt WHERE code = ?", -code)
                yield code, json.loads(found)

    def _stored(self, prompts: set[int]) -> set[tuple[Any, ...]]:
        query = select(Response.prompt_id, Response.candidate_id, Response.repetition, Response.content_hash)
        with reading(self.engine) as session:
            found = session.exec(query.where(col(Response.prompt_id).in_(prompts)))
            return {self._there((row[0], row[1], row[2]), row[3]) for row in found}

    def _there(self, key: Key, content: str) -> tuple[Any, ...]:
        """What makes a response one that is here already."""
        return (key[0], key[1], content) if self.answers_once else (*key, content)

    def _row(self, record: ResponseRecord, key: Key, content_hash: str) -> tuple[Any, ...]:
        facts = {**_NOT_KNOWN, **record.facts}
        if reason := facts["finish_reason"]:
            facts["finish_reason"] = finishing.reason_of(reason)
        words, created_at = sum(map(count_words, record.turns)), staged_moment(record.created_at or self.now)
        thought = None if record.reasoning is None else canonical(record.reasoning)
        return (*key, canonical(record.turns), thought, words, content_hash, *facts.values(), created_at)


def _without_thoughts(record: ResponseRecord) -> ResponseRecord:
    """The record with what was thought in the texts of its answers told apart from them."""
    parts = [split_thoughts(turn) for turn in record.turns]
    if not any(thought for thought, _ in parts):
        return record._replace(turns=[answer for _, answer in parts])
    told = record.reasoning or [""] * len(parts)
    thoughts = ["\n\n".join(filter(None, (own, thought))) for own, (thought, _) in zip(told, parts, strict=True)]
    return record._replace(turns=[answer for _, answer in parts], reasoning=thoughts)
