"""Writing votes: a million of them in batches of tuples, every row checked against the workspace."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlmodel import Session, col, select

from core.domain.lengths import length_bin
from core.services.importing.batches import Ids, OnBatch, batches
from core.services.importing.bulk import BulkInsert
from core.services.importing.candidates import candidate_ids, named_candidates
from core.services.importing.prompts import add_textless, prompt_ids
from core.services.importing.records import Flaw, VoteRecord
from core.services.studies import IMPORTED_ANSWERS
from core.storage.tables import Dataset, Person, Prompt, Question, Response

ANONYMOUS = "anonymous"
_COLUMNS = (
    "study_id", "question_id", "prompt_id", "rater_id", "left_candidate_id", "right_candidate_id", "outcome",
    "length_bin", "masked", "too_fast", "is_repeat", "time_on_pair_ms", "created_at",
)  # fmt: skip
_MOST_REMEMBERED = 50_000
_NOTHING: dict[int, int] = {}


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
        self._prompts = Ids(lambda keys: prompt_ids(session, dataset_id, keys))
        self._candidates = Ids(lambda names: candidate_ids(session, names))
        self._raters = Ids(lambda names: _rater_ids(session, names))
        self._questions = Ids(lambda keys: _question_ids(session, self.study_id, keys))
        self._bulk = BulkInsert(session, "vote", _COLUMNS)
        first = session.exec(select(Prompt.messages).where(Prompt.dataset_id == dataset_id).limit(1)).first()
        self.has_texts = bool(first)
        of_dataset = select(Prompt.id).where(Prompt.dataset_id == dataset_id)
        responses = select(Response.id).where(col(Response.prompt_id).in_(of_dataset)).limit(1)
        self._has_responses = session.exec(responses).first() is not None

    def write_all(self, records: Iterable[VoteRecord], on_batch: OnBatch) -> None:
        """Write ``records``, a batch at a time."""
        for batch in batches(records):
            self._write(batch)
            self.created += len(batch)
            on_batch(len(batch))

    def _write(self, batch: Sequence[VoteRecord]) -> None:
        for vote in batch:
            if vote.left == vote.right:
                raise Flaw("names the same candidate as 'left'.", field="right", line=vote.line)
        default = self.default_question
        prompts = self._load(self._prompts, batch, _prompt_key, self._add_prompts)
        candidates = self._load_candidates(batch)
        raters = self._load(self._raters, batch, _rater, self._add_raters)
        questions = self._load(self._questions, batch, lambda vote: vote.question or default, self._add_questions)
        self.used_default_question |= any(vote.question is None for vote in batch)
        self.anonymous += sum(vote.rater is None for vote in batch)
        self._remember_words({prompts[vote.prompt_key] for vote in batch})
        moment, words, study = self._bulk.moment, self._words, self.study_id
        now = moment(self.now)
        rows = []
        for _, key, left, right, outcome, question, rater, at, stated, *rest in batch:
            prompt, left_id, right_id = prompts[key], candidates[left], candidates[right]
            known = words.get(prompt, _NOTHING)
            longer = stated or 0
            if stated is None and left_id in known and right_id in known:
                longer = length_bin(known[left_id], known[right_id])
            rows.append(
                (
                    study,
                    questions[question or default],
                    prompt,
                    raters[rater or ANONYMOUS],
                    left_id,
                    right_id,
                    outcome,
                    longer,
                    rest[0],
                    rest[1],
                    False,
                    rest[2],
                    now if at is None else moment(at),
                )
            )
        self._bulk.write(rows)

    def _load(
        self,
        ids: Ids,
        batch: Sequence[VoteRecord],
        named: Callable[[VoteRecord], str],
        add: Callable[[set[str], Sequence[VoteRecord]], None],
    ) -> dict[str, int]:
        known, missing = ids.load({named(vote) for vote in batch})
        if missing:
            add(missing, batch)
            known = ids.refresh(missing)
        return known

    def _load_candidates(self, batch: Sequence[VoteRecord]) -> dict[str, int]:
        known, missing = self._candidates.load({vote.left for vote in batch} | {vote.right for vote in batch})
        if not missing:
            return known
        if self._has_responses:
            vote = next(vote for vote in batch if vote.left in missing or vote.right in missing)
            side = "left" if vote.left in missing else "right"
            raise Flaw(f"There is no candidate '{getattr(vote, side)}' here.", field=side, line=vote.line)
        named_candidates(self.session, (name for vote in batch for name in vote[2:4] if name in missing), now=self.now)
        return self._candidates.refresh(missing)

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
        if not self._has_responses:
            return
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


def _prompt_key(vote: VoteRecord) -> str:
    return vote.prompt_key


def _rater(vote: VoteRecord) -> str:
    return vote.rater or ANONYMOUS


def _rater_ids(session: Session, names: set[str]) -> dict[str, int]:
    query = select(Person.name, Person.id).where(Person.kind == "imported", col(Person.name).in_(names))
    return {name: found for name, found in session.exec(query) if found is not None}


def _question_ids(session: Session, study_id: int, keys: set[str]) -> dict[str, int]:
    query = select(Question.key, Question.id).where(Question.study_id == study_id, col(Question.key).in_(keys))
    return {key: found for key, found in session.exec(query) if found is not None}
