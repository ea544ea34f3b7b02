"""Small workspaces for tests: prompts, candidates, responses, people and a study, straight into the tables."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from core.services.studies import studies
from core.storage.engine import writing
from core.storage.tables import Candidate, Dataset, Person, Prompt, Response, Run

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
CATEGORIES = ("support", "coding")


@dataclass(frozen=True)
class Workspace:
    """Ids of what was made."""

    study: int
    questions: tuple[int, ...]
    raters: tuple[int, ...]
    candidates: tuple[int, ...]
    prompts: tuple[int, ...]


def make_workspace(
    engine: Engine,
    *,
    prompts: int = 6,
    candidates: int = 4,
    raters: int = 3,
    overlap: int = 2,
    name: str = "candidate",
    guidelines: str = "",
) -> Workspace:
    """A workspace in which every candidate answered every prompt; the longer the id, the longer the answer."""
    with writing(engine) as session:
        dataset = Dataset(name="tests", content_hash="tests", created_at=NOW)
        models = [_candidate(name, n) for n in range(candidates)]
        people = [Person(name=f"rater {n}", created_at=NOW) for n in range(raters)]
        session.add_all([dataset, *models, *people])
        session.flush()
        run = Run(dataset_id=dataset.id, source="import", created_at=NOW)
        asked = [_prompt(dataset.id, n) for n in range(prompts)]
        session.add_all([run, *asked])
        session.flush()
        session.add_all(_response(run.id, prompt.id, model.id) for prompt in asked for model in models)
        study = studies.create(
            session, name="Everything", now=NOW, overlap=overlap, is_default=True, guidelines=guidelines
        )
        questions = studies.questions(session, study.id)
    return Workspace(
        study=study.id,
        questions=tuple(question.id for question in questions),
        raters=tuple(person.id for person in people),
        candidates=tuple(model.id for model in models),
        prompts=tuple(prompt.id for prompt in asked),
    )


def _candidate(name: str, number: int) -> Candidate:
    return Candidate(
        name=f"{name} {number}",
        provider=f"provider-{name}",
        model=f"model-{name}-{number}",
        settings={"system": f"system {name}"},
        position=number,
        created_at=NOW,
    )


def _prompt(dataset_id: int, number: int) -> Prompt:
    return Prompt(
        dataset_id=dataset_id,
        external_id=f"p{number}",
        category=CATEGORIES[number % 2],
        messages=[{"role": "user", "content": f"Question {number}?"}],
        tags=[],
        content_hash=str(number),
    )


def _response(run_id: int, prompt_id: int, candidate_id: int) -> Response:
    text = f"Answer {candidate_id} to {prompt_id}. " * candidate_id
    return Response(
        run_id=run_id,
        prompt_id=prompt_id,
        candidate_id=candidate_id,
        turns=[text],
        words=len(text.split()),
        content_hash=hashlib.sha256(text.encode()).hexdigest(),
        created_at=NOW,
    )


def later(minutes: float) -> datetime:
    """NOW and some minutes."""
    return NOW + timedelta(minutes=minutes)
