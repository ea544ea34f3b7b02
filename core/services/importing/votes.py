"""Writing votes: a million of them in batches of tuples, every row checked against the workspace."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import repeat
from operator import eq
from typing import TypeVar

from sqlmodel import Session, col, select

from core.domain.lengths import length_bin
from core.services.importing.batches import Ids, OnBatch, batches, rarely_collecting
from core.services.importing.bulk import BulkInsert
from core.services.importing.candidates import candidate_ids, named_candidates
from core.services.importing.counting import VoteCounts, bucket
from core.services.importing.prompts import add_textless
from core.services.importing.records import Flaw, VoteRecord
from core.services.studies import IMPORTED_ANSWERS
from core.storage.tables import Dataset, Person, Prompt, Question, Response

ANONYMOUS = "anonymous"
_COLUMNS = (
    "study_id", "question_id", "prompt_id", "rater_id", "left_candidate_id", "right_candidate_id", "outcome",
    "length_bin", "masked", "too_fast", "is_repeat", "time_on_pair_ms", "created_at",
)  # fmt: skip
_MOST_REMEMBERED = 50_000
T = TypeVar("T")


@dataclass
class VoteWriter:
    """Appends votes on ``dataset`` to a study. ``default_question``: for votes that name none."""

    session: Session
    study_id: int
    dataset: Dataset
    default_question: str
    now: datetime
    created: int = 0
    anonymous: int = 0
    used_default_question: bool = False
    _words: dict[int, dict[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.dataset.id is not None
        session, dataset_id = self.session, self.dataset.id
        self._prompts = Ids(lambda keys: _prompts_of(session, dataset_id, keys))
        self._candidates = Ids(lambda names: candidate_ids(session, names))
        self._raters = Ids(lambda names: _rater_ids(session, names))
        self._questions = Ids(lambda keys: _question_ids(session, self.study_id, keys))
        self._bulk = BulkInsert(session, "vote", _COLUMNS)
        self._counts = VoteCounts(session, self.study_id)
        first = session.exec(select(Prompt.messages).where(Prompt.dataset_id == dataset_id).limit(1)).first()
        self.has_texts = bool(first)
        of_dataset = select(Prompt.id).where(Prompt.dataset_id == dataset_id)
        responses = select(Response.id).where(col(Response.prompt_id).in_(of_dataset)).limit(1)
        self._has_responses = session.exec(responses).first() is not None

    def write_all(self, records: Iterable[VoteRecord], on_batch: OnBatch) -> None:
        """Write ``records``, a batch at a time, and count them into the tallies."""
        with rarely_collecting():
            for batch in batches(records):
                self._write(batch)
                self.created += len(batch)
                on_batch(len(batch))
            self._counts.write()

    def _write(self, batch: Sequence[VoteRecord]) -> None:
        """By columns, not by rows: a million votes pass through here."""
        _, keys, lefts, rights, outcomes, asked, named, at, stated, masked, fast, spent = zip(*batch, strict=True)
        if any(map(eq, lefts, rights)):
            vote = next(vote for vote in batch if vote.left == vote.right)
            raise Flaw("names the same candidate as 'left'.", field="right", line=vote.line)
        self._note_gaps(asked, named)
        keyed = [key or self.default_question for key in asked]
        known = self._load(self._prompts, keys, batch, self._add_prompts)
        prompts, categories = zip(*map(known.__getitem__, keys), strict=True)
        candidates = self._load(self._candidates, (*lefts, *rights), batch, self._add_candidates)
        left, right = (list(map(candidates.__getitem__, side)) for side in (lefts, rights))
        who = [name or ANONYMOUS for name in named]
        raters = list(map(self._load(self._raters, who, batch, self._add_raters).__getitem__, who))
        questions = list(map(self._load(self._questions, keyed, batch, self._add_questions).__getitem__, keyed))
        longer = self._length_bins(stated, prompts, left, right)
        moment, now = self._bulk.moment, self._bulk.moment(self.now)
        times = [now if when is None else moment(when) for when in at]
        study, is_repeat = repeat(self.study_id), repeat(False)
        facts = (questions, prompts, raters, left, right, outcomes, longer, masked, fast)
        self._bulk.write(list(zip(study, *facts, is_repeat, spent, times, strict=False)))
        self._counts.add(
            zip(questions, left, right, categories, longer, masked, outcomes, strict=True),
            zip(questions, left, right, map(bucket, raters), outcomes, strict=True),
            zip(questions, left, right, map(bucket, prompts), outcomes, strict=True),
        )

    def _note_gaps(self, asked: Sequence[str | None], named: Sequence[str | None]) -> None:
        self.used_default_question |= None in asked
        self.anonymous += named.count(None)

    def _load(
        self,
        ids: Ids[T],
        names: Iterable[str],
        batch: Sequence[VoteRecord],
        add: Callable[[set[str], Sequence[VoteRecord]], None],
    ) -> dict[str, T]:
        known, missing = ids.load(set(names))
        if missing:
            add(missing, batch)
            known = ids.refresh(missing)
        return known

    def _length_bins(
        self, stated: Sequence[int | None], prompts: Sequence[int], left: Sequence[int], right: Sequence[int]
    ) -> list[int]:
        if not self._has_responses:
            return [longer or 0 for longer in stated]
        self._remember_words(set(prompts))
        return [
            self._length_bin(*pair) if longer is None else longer
            for longer, *pair in zip(stated, prompts, left, right, strict=True)
        ]

    def _length_bin(self, prompt: int, left: int, right: int) -> int:
        words = self._words[prompt]
        return length_bin(words[left], words[right]) if left in words and right in words else 0

    def _add_candidates(self, missing: set[str], batch: Sequence[VoteRecord]) -> None:
        if self._has_responses:
            vote = next(vote for vote in batch if vote.left in missing or vote.right in missing)
            side = "left" if vote.left in missing else "right"
            raise Flaw(f"There is no candidate '{getattr(vote, side)}' here.", field=side, line=vote.line)
        named_candidates(self.session, (name for vote in batch for name in vote[2:4] if name in missing), now=self.now)

    def _add_prompts(self, missing: set[str], batch: Sequence[VoteRecord]) -> None:
        vote = next(vote for vote in batch if vote.prompt_key in missing)
        if self.has_texts:
            raise Flaw(
                f"The dataset '{self.dataset.name}' has no prompt '{vote.prompt_key}'.",
                field="prompt_id",
                line=vote.line,
            )
        in_order = dict.fromkeys(vote.prompt_key for vote in batch)
        add_textless(self.session, self.dataset, [key for key in in_order if key in missing])

    def _add_raters(self, missing: set[str], _: Sequence[VoteRecord]) -> None:
        bulk = BulkInsert(self.session, "person", ("name", "kind", "role", "created_at"))
        bulk.write([(name, "imported", "rater", bulk.moment(self.now)) for name in sorted(missing)])

    def _add_questions(self, missing: set[str], _: Sequence[VoteRecord]) -> None:
        taken = self.session.exec(select(Question.position).where(Question.study_id == self.study_id)).all()
        for position, key in enumerate(sorted(missing), start=max(taken, default=-1) + 1):
            self.session.add(
                Question(
                    study_id=self.study_id,
                    key=key,
                    position=position,
                    title=key.replace("_", " ").capitalize(),
                    answers=list(IMPORTED_ANSWERS),
                    is_asked=False,
                )
            )
        self.session.flush()

    def _remember_words(self, prompts: set[int]) -> None:
        if len(self._words) > _MOST_REMEMBERED:
            self._words.clear()
        unknown = prompts - self._words.keys()
        if not unknown:
            return
        self._words.update((prompt, {}) for prompt in unknown)
        query = (
            select(Response.prompt_id, Response.candidate_id, Response.words)
            .where(col(Response.prompt_id).in_(unknown))
            .order_by(col(Response.run_id), col(Response.repetition).desc())
        )
        for prompt, candidate, words in self.session.exec(query):
            self._words[prompt][candidate] = words


def _prompts_of(session: Session, dataset_id: int, keys: set[str]) -> dict[str, tuple[int, str]]:
    """(id, category) of the dataset's prompts, of those ``keys`` that it has."""
    query = select(Prompt.external_id, Prompt.id, Prompt.category).where(
        Prompt.dataset_id == dataset_id, col(Prompt.external_id).in_(keys)
    )
    return {key: (found, category) for key, found, category in session.exec(query) if found is not None}


def _rater_ids(session: Session, names: set[str]) -> dict[str, int]:
    query = select(Person.name, Person.id).where(Person.kind == "imported", col(Person.name).in_(names))
    return {name: found for name, found in session.exec(query) if found is not None}


def _question_ids(session: Session, study_id: int, keys: set[str]) -> dict[str, int]:
    query = select(Question.key, Question.id).where(Question.study_id == study_id, col(Question.key).in_(keys))
    return {key: found for key, found in session.exec(query) if found is not None}
