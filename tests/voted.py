"""Raters' answers to the question *send* on the responses of an evaluation, straight into the tables."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from core.domain.votes import Outcome
from core.services.studies import studies
from core.storage.tables import Assignment, Pair, Person, Response, Vote
from tests.evaluated import Evaluated
from tests.workspace import NOW


@dataclass
class Voted:
    """Writes votes on what ``made`` holds; raters by name."""

    made: Evaluated
    name: str = "Experts"
    raters: dict[str, int] = field(default_factory=dict)
    pairs: dict[tuple[int, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.study = studies.create(self.session, name=self.name, now=NOW).id or 0
        self.questions = {each.key: each.id for each in studies.questions(self.session, self.study)}

    @property
    def session(self) -> Session:
        """Where it writes, which is where the evaluation is written."""
        return self.made.session

    def rater(self, name: str, kind: str = "human") -> int:
        """The rater of this name, who is there from the first time on."""
        if name not in self.raters:
            self.raters[name] = self._add(Person(name=name, kind=kind, created_at=NOW))
        return self.raters[name]

    def vote(
        self, rater: str, left: int, right: int, outcome: Outcome | None, *, question: str = "send",
        probability: float | None = 0.5, **fields: Any,
    ) -> int:  # fmt: skip
        """A vote on two responses, as raters cast it here."""
        sides = [self.session.get_one(Response, id) for id in (left, right)]
        pair = self._pair(*sides)
        given = Assignment(
            public_id=f"{self.study}-{pair}-{rater}-{len(self.session.new)}-{self._next()}",
            study_id=self.study,
            pair_id=pair,
            rater_id=self.rater(rater),
            left_response_id=left,
            right_response_id=right,
            state="done",
            probability=probability,
            created_at=NOW,
            leased_until=NOW,
            repeat_of_id=fields.pop("repeat_of_id", None),
        )
        fields["assignment_id"] = self._add(given)
        return self._vote(rater, sides, outcome, question, fields)

    def imported(
        self, rater: str, prompt: str, left: str, right: str, outcome: Outcome, at: datetime = NOW, **fields: Any
    ) -> int:
        """A vote as a file brings it: of a prompt and two candidates."""
        row = Vote(
            study_id=self.study,
            question_id=self.questions["send"],
            prompt_id=self.made.prompts[prompt],
            rater_id=self.rater(rater, "imported"),
            left_candidate_id=self.made.candidates[left],
            right_candidate_id=self.made.candidates[right],
            outcome=int(outcome),
            created_at=at,
            **fields,
        )
        return self._add(row)

    def change(self, vote: int, outcome: Outcome | None) -> int:
        """Have another outcome supersede the vote; None withdraws it."""
        before = self.session.get_one(Vote, vote).model_dump(exclude={"id"})
        return self._add(Vote(**{**before, "outcome": outcome, "supersedes_id": vote}))

    def _vote(self, rater: str, sides: list[Response], outcome: Outcome | None, question: str, fields: Any) -> int:
        row = Vote(
            study_id=self.study,
            question_id=self.questions[question],
            prompt_id=sides[0].prompt_id,
            rater_id=self.rater(rater),
            left_candidate_id=sides[0].candidate_id,
            right_candidate_id=sides[1].candidate_id,
            outcome=None if outcome is None else int(outcome),
            created_at=NOW,
            **fields,
        )
        return self._add(row)

    def _pair(self, left: Response, right: Response) -> int:
        first, second = sorted((left, right), key=lambda response: response.candidate_id)
        key = first.id or 0, second.id or 0
        if key not in self.pairs:
            row = Pair(
                study_id=self.study,
                prompt_id=first.prompt_id,
                first_response_id=key[0],
                second_response_id=key[1],
                first_candidate_id=first.candidate_id,
                second_candidate_id=second.candidate_id,
            )
            self.pairs[key] = self._add(row)
        return self.pairs[key]

    def _next(self) -> int:
        self._count = getattr(self, "_count", 0) + 1
        return self._count

    def _add(self, row: Any) -> int:
        self.session.add(row)
        self.session.flush()
        return row.id or 0
