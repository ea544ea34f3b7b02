"""A workspace after an evaluation, with every figure known: attempts, responses, scores, gates."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlmodel import Session

from core.storage.tables import Attempt, Candidate, Dataset, Evaluator, Gate, Prompt, Response, Run, Score
from tests.workspace import NOW


@dataclass
class Evaluated:
    """Writes an evaluation row by row; every id by name."""

    session: Session
    dataset: Dataset = field(init=False)
    prompts: dict[str, int] = field(default_factory=dict)
    candidates: dict[str, int] = field(default_factory=dict)
    evaluators: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dataset = Dataset(name="Support", content_hash="support", created_at=NOW)
        self._add(self.dataset)

    @classmethod
    def of(cls, session: Session, made: "Evaluated") -> "Evaluated":
        """The same evaluation, to be gone on with in another session."""
        again = cls.__new__(cls)
        again.session, again.dataset = session, made.dataset
        again.prompts, again.candidates, again.evaluators = made.prompts, made.candidates, made.evaluators
        return again

    def _add(self, row: Any) -> int:
        self.session.add(row)
        self.session.flush()
        return row.id or 0

    def prompt(self, name: str, category: str, **fields: Any) -> None:
        """A prompt of one user turn, unless told otherwise."""
        fields = {"messages": [{"role": "user", "content": f"{name}?"}], "tags": [], **fields}
        row = Prompt(dataset_id=self.dataset.id, external_id=name, category=category, content_hash=name, **fields)
        self.prompts[name] = self._add(row)

    def candidate(self, name: str, **fields: Any) -> None:
        """A candidate, its position the next."""
        row = Candidate(name=name, settings={}, position=len(self.candidates), created_at=NOW, **fields)
        self.candidates[name] = self._add(row)

    def evaluator(self, name: str, kind: str) -> None:
        """An evaluator of a kind that the registry knows."""
        row = Evaluator(name=name, kind=kind, params={}, content_hash=name, created_at=NOW)
        self.evaluators[name] = self._add(row)

    def gate(self, evaluator: str, at_least: float = 1.0, *, category: str | None = None) -> int:
        """A gate on this dataset."""
        row = Gate(
            dataset_id=self.dataset.id,
            category=category,
            evaluator_id=self.evaluators[evaluator],
            at_least=at_least,
            created_at=NOW,
        )
        return self._add(row)

    def run(self, source: str = "evaluation", state: str = "done", **fields: Any) -> int:
        """A run of the dataset."""
        return self._add(Run(dataset_id=self.dataset.id, source=source, state=state, created_at=NOW, **fields))

    def attempts(self, run: int, candidate: str, prompt: str, tries: Sequence[Mapping[str, Any]], repetition: int = 0):
        """The attempts of one unit, in order; a try without ``error_kind`` brought an answer."""
        for number, fields in enumerate(tries, 1):
            filled = {"turn": 0, "number": number, "finished_at": NOW + timedelta(seconds=1), **fields}
            row = Attempt(
                run_id=run,
                prompt_id=self.prompts[prompt],
                candidate_id=self.candidates[candidate],
                repetition=repetition,
                started_at=NOW,
                **filled,
            )
            self._add(row)

    def response(
        self, run: int, candidate: str, prompt: str, text: str = "An answer.", *,
        scores: Mapping[str, float | str | None] | None = None, **fields: Any,
    ) -> int:  # fmt: skip
        """A response; of ``scores`` a number is a value, None is unscored, "n/a" does not apply."""
        filled = {"turns": [text], "words": len(text.split()), "finish_reason": "stop", "created_at": NOW, **fields}
        row = Response(
            run_id=run,
            prompt_id=self.prompts[prompt],
            candidate_id=self.candidates[candidate],
            content_hash=hashlib.sha256(text.encode()).hexdigest(),
            **filled,
        )
        response_id = self._add(row)
        for name, value in (scores or {}).items():
            self.session.add(
                Score(
                    response_id=response_id,
                    evaluator_id=self.evaluators[name],
                    value=value if isinstance(value, float) else None,
                    applies=value != "n/a",
                    scored_at=NOW,
                )
            )
        self.session.flush()
        return response_id
