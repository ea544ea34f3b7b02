"""Reading votes: a million of them in batches of tuples, every row checked against the workspace."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import eq

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.domain.fields import Flaw
from core.domain.lengths import length_bin
from core.services.importing.batches import OnBatch, batches, rarely_collecting
from core.services.importing.bulk import staged_moment
from core.services.importing.candidates import find_candidates, land_candidates
from core.services.importing.counting import add_to_tallies, count_staged
from core.services.importing.landing import Landing
from core.services.importing.left_out import LeftOut
from core.services.importing.prompts import TEXTLESS, Growth, find_prompts, land_textless
from core.services.importing.records import VoteRecord
from core.services.importing.staging import Found, Names, Staging
from core.services.studies.studies import IMPORTED_ANSWERS
from core.storage.engine import reading
from core.storage.tables import Dataset, Person, Prompt, Question, Response

ANONYMOUS = "anonymous"
MOST_QUESTIONS = 200
_MOST_REMEMBERED = 50_000
_COLUMNS = (
    "question INTEGER", "prompt INTEGER", "rater INTEGER", "lft INTEGER", "rgt INTEGER", "outcome INTEGER",
    "length_bin INTEGER", "masked INTEGER", "too_fast INTEGER", "spent_ms INTEGER", "created_at TEXT",
)  # fmt: skip


@dataclass
class VoteStager:
    """Reads votes on ``dataset`` (None: a new one) in a study (None: a new one) into the staging file."""

    engine: Engine
    staging: Staging
    study_id: int | None
    dataset: Dataset | None
    default_question: str
    """For votes that name none."""
    now: datetime
    odd: LeftOut | None = None
    """Where votes are left out on what is not here; None: they refuse the file."""
    read: int = 0
    anonymous: int = 0
    used_default_question: bool = False
    growth: Growth = field(default_factory=Growth)
    _words: dict[int, dict[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dataset_id, study_id = self.dataset.id if self.dataset else None, self.study_id
        self.prompts = Names(
            self.engine, self.staging, "prompt", lambda session, keys: find_prompts(session, dataset_id, keys)
        )
        self.candidates = Names(self.engine, self.staging, "candidate", find_candidates)
        self.raters = Names(self.engine, self.staging, "rater", _find_raters)
        self.questions = Names(
            self.engine, self.staging, "question", lambda session, keys: _find_questions(session, study_id, keys)
        )
        self._add = self.staging.table("vote", _COLUMNS)
        with reading(self.engine) as session:
            of_dataset = select(Prompt.id).where(Prompt.dataset_id == dataset_id)
            first = session.exec(select(Prompt.messages).where(Prompt.dataset_id == dataset_id).limit(1)).first()
            responses = select(Response.id).where(col(Response.prompt_id).in_(of_dataset)).limit(1)
            self.has_texts, self._has_responses = bool(first), session.exec(responses).first() is not None

    def read_all(self, records: Iterable[VoteRecord], on_batch: OnBatch) -> None:
        """Read ``records``, a batch at a time, and count them as the tallies will."""
        with rarely_collecting():
            for batch in batches(records):
                kept = batch if self.odd is None else self._fitting(batch, self.odd)
                if kept:
                    self._read(kept)
                self.read += len(kept)
                on_batch(len(kept))
        count_staged(self.staging)

    @property
    def new(self) -> dict[str, int]:
        """Table → how many new rows of it there are."""
        return {"prompt": self.prompts.new, "candidate": self.candidates.new, "person": self.raters.new}

    def holds(self, session: Session) -> bool:
        """Whether the workspace still has what had been there, and nothing that was new, when the file was read."""
        return all(names.hold(session) for names in (self.prompts, self.candidates, self.raters, self.questions))

    def land(self, landing: Landing, study_id: int, dataset: Dataset) -> None:
        """Write what was read, and what it needs, into the study and the dataset; count it in the tallies."""
        land_candidates(landing, self.now)
        land_textless(landing, dataset, self.growth)
        person = {"id": landing.code_as_id("person", "code"), "name": "name", "kind": "'imported'"}
        person |= {"role": "'rater'", "created_at": f"'{staged_moment(self.now)}'"}
        landing.put("person", person, "staged_name WHERE kind = 'rater' AND code < 0 ORDER BY name")
        questions = self._land_questions(landing.session, study_id)
        new_ones = "".join(f" WHEN {code} THEN {id}" for code, id in questions.items() if code < 0)
        columns = {
            "study_id": str(study_id),
            "question_id": f"CASE question{new_ones} ELSE question END" if new_ones else "question",
            "prompt_id": landing.code_as_id("prompt", "prompt"),
            "rater_id": landing.code_as_id("person", "rater"),
            "left_candidate_id": landing.code_as_id("candidate", "lft"),
            "right_candidate_id": landing.code_as_id("candidate", "rgt"),
            "is_repeat": "0",
            "time_on_pair_ms": "spent_ms",
        }
        columns |= {name: name for name in ("outcome", "length_bin", "masked", "too_fast", "created_at")}
        landing.put("vote", columns, "staged_vote")
        add_to_tallies(landing, study_id, questions)

    def _fitting(self, batch: Sequence[VoteRecord], odd: LeftOut) -> list[VoteRecord]:
        """Those on two candidates that are here, and on a prompt that is, where there could be others."""
        closed = self.has_texts and self.dataset is not None
        prompts = self.prompts.load({vote.prompt_key for vote in batch})[1] if closed else set[str]()
        names = {name for vote in batch for name in (vote.left, vote.right)} if self._has_responses else set[str]()
        candidates = self.candidates.load(names)[1] if names else set[str]()
        kept = []
        for vote in batch:
            side = "left" if vote.left in candidates else "right"
            if vote.left == vote.right:
                odd.add(vote.line, Flaw("names the same candidate as 'left'.", field="right"))
            elif vote.prompt_key in prompts:
                odd.add(vote.line, Flaw("is that of no prompt in the dataset.", field="prompt_id"))
            elif vote.left in candidates or vote.right in candidates:
                odd.add(vote.line, Flaw("is no candidate here.", field=side))
            else:
                kept.append(vote)
        return kept

    def _read(self, batch: Sequence[VoteRecord]) -> None:
        """By columns, not by rows: a million votes pass through here."""
        _, keys, lefts, rights, outcomes, asked, named, at, stated, masked, fast, spent = zip(*batch, strict=True)
        if any(map(eq, lefts, rights)):
            vote = next(vote for vote in batch if vote.left == vote.right)
            raise Flaw("names the same candidate as 'left'.", field="right", line=vote.line)
        self.used_default_question |= None in asked
        self.anonymous += named.count(None)
        keyed = [key or self.default_question for key in asked]
        prompts = list(map(self._codes(self.prompts, keys, batch, self._check_prompts).__getitem__, keys))
        candidates = self._codes(self.candidates, (*lefts, *rights), batch, self._check_candidates)
        left, right = (list(map(candidates.__getitem__, side)) for side in (lefts, rights))
        who = [name or ANONYMOUS for name in named]
        raters = map(self._codes(self.raters, who, batch).__getitem__, who)
        questions = map(self._codes(self.questions, keyed, batch, self._check_questions).__getitem__, keyed)
        longer = self._length_bins(stated, prompts, left, right)
        now = staged_moment(self.now)
        times = [now if when is None else staged_moment(when) for when in at]
        columns = (questions, prompts, raters, left, right, outcomes, longer, masked, fast, spent, times)
        self._add(zip(*columns, strict=True))

    def _codes(
        self,
        names: Names,
        met: Sequence[str],
        batch: Sequence[VoteRecord],
        check: Callable[[set[str], Sequence[VoteRecord]], None] | None = None,
    ) -> dict[str, int]:
        known, missing = names.load(set(met))
        if not missing:
            return known
        if check is not None:
            check(missing, batch)
        fresh = [name for name in dict.fromkeys(met) if name in missing]
        if names is self.prompts:
            for name in fresh:
                self.growth.add(name, TEXTLESS)
            return names.add(fresh, "general")
        return names.add(fresh)

    def _check_prompts(self, missing: set[str], batch: Sequence[VoteRecord]) -> None:
        if not self.has_texts or self.dataset is None:
            return
        vote = next(vote for vote in batch if vote.prompt_key in missing)
        problem = f"The dataset '{self.dataset.name}' has no prompt '{vote.prompt_key}'."
        raise Flaw(problem, field="prompt_id", line=vote.line)

    def _check_candidates(self, missing: set[str], batch: Sequence[VoteRecord]) -> None:
        if self._has_responses:
            vote = next(vote for vote in batch if vote.left in missing or vote.right in missing)
            side = "left" if vote.left in missing else "right"
            raise Flaw(f"There is no candidate '{getattr(vote, side)}' here.", field=side, line=vote.line)

    def _check_questions(self, missing: set[str], batch: Sequence[VoteRecord]) -> None:
        if self.questions.new + len(missing) > MOST_QUESTIONS:
            vote = next(vote for vote in batch if (vote.question or self.default_question) in missing)
            raise Flaw(f"is one of more than {MOST_QUESTIONS} questions.", field="question", line=vote.line)

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

    def _remember_words(self, prompts: set[int]) -> None:
        """Of each candidate's newest response, the first repetition."""
        if len(self._words) > _MOST_REMEMBERED:
            self._words = {}
        unknown = prompts - self._words.keys()
        if not unknown:
            return
        self._words |= {prompt: {} for prompt in unknown}
        query = (
            select(Response.prompt_id, Response.candidate_id, Response.words)
            .where(col(Response.prompt_id).in_(unknown))
            .order_by(col(Response.run_id), col(Response.repetition).desc())
        )
        with reading(self.engine) as session:
            for prompt, candidate, words in session.exec(query):
                self._words[prompt][candidate] = words

    def _land_questions(self, session: Session, study_id: int) -> dict[int, int]:
        """Make the questions that the study lacks; code → id of all."""
        fresh = self.questions.fresh()
        there = _find_questions(session, study_id, set(fresh))
        taken = session.exec(select(Question.position).where(Question.study_id == study_id)).all()
        for position, key in enumerate(sorted(set(fresh) - there.keys()), start=max(taken, default=-1) + 1):
            title = key.replace("_", " ").capitalize()
            answers = list(IMPORTED_ANSWERS)
            question = Question(
                study_id=study_id, key=key, position=position, title=title, answers=answers, is_asked=False
            )
            session.add(question)
        session.flush()
        there = _find_questions(session, study_id, set(fresh))
        known = "SELECT code FROM staged_name WHERE kind = 'question' AND code > 0"
        codes = {code: code for some in self.staging.read(known) for (code,) in some}
        return codes | {-number: there[key][0] for number, key in enumerate(fresh, start=1)}


def _find_raters(session: Session, names: set[str]) -> Found:
    query = select(Person.name, Person.id).where(Person.kind == "imported", col(Person.name).in_(names))
    return {name: (found, "") for name, found in session.exec(query) if found is not None}


def _find_questions(session: Session, study_id: int | None, keys: set[str]) -> Found:
    query = select(Question.key, Question.id).where(Question.study_id == study_id, col(Question.key).in_(keys))
    return {key: (found, "") for key, found in session.exec(query) if found is not None}
