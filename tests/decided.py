"""A production whose truth is planted: candidates of known acceptability and cost, and what raters said of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Engine

from core.domain.votes import Outcome
from core.services.studies import studies
from core.storage.engine import writing
from core.storage.tables import Person, Response, Score, Vote
from tests.evaluated import Evaluated
from tests.workspace import NOW

CATEGORIES = ("support", "coding")


@dataclass(frozen=True)
class Planted:
    """One candidate: the share of its responses that is acceptable, and what one costs."""

    share: float
    usd: float | None = 0.01
    latency_ms: float = 1000.0
    asked: float = 1.0
    """The share of the prompts that it was asked, the first ones."""
    share_in: Mapping[str, float] = field(default_factory=dict)
    """By category, where the share is another."""


@dataclass
class Production:
    """What was planted; ids by name."""

    candidates: dict[str, int] = field(default_factory=dict)
    prompts: list[int] = field(default_factory=list)
    dataset: int = 0
    responses: dict[tuple[str, int], int] = field(default_factory=dict)
    """Candidate and prompt → the id of its first response."""


def plant(
    engine: Engine,
    candidates: Mapping[str, Planted],
    *,
    prompts: int = 60,
    repetitions: int = 1,
    champion: str | None = "A",
    seed: int = 0,
    dataset: str = "Support",
) -> Production:
    """Prompts in two categories, each answered by the candidates; a response costs about what was planted."""
    rng, made = np.random.default_rng(seed), Production()
    with writing(engine) as session:
        world = Evaluated(session)
        world.dataset.name = dataset
        world.evaluator("checked", "contains")
        world.evaluator("refusal", "refusal")
        world.gate("checked")
        run = world.run()
        for number in range(prompts):
            world.prompt(f"p{number}", CATEGORIES[number % 2])
        made.dataset, made.prompts = world.dataset.id or 0, list(world.prompts.values())
        responses, scores = [], []
        for name, planted in candidates.items():
            world.candidate(name, is_champion=name == champion)
            made.candidates[name] = world.candidates[name]
            for number, prompt in enumerate(made.prompts[: round(planted.asked * prompts)]):
                difficulty = rng.normal(0, 0.5)
                share = planted.share_in.get(CATEGORIES[number % 2], planted.share)
                for repetition in range(repetitions):
                    responses.append(_response(run, prompt, made.candidates[name], repetition, planted, number))
                    good = rng.random() < np.clip(share + 0.1 * difficulty, 0, 1) * (share > 0)
                    scores.append(float(good or share >= 1))
        ids = session.execute(sa.insert(Response).returning(Response.id, sort_by_parameter_order=True), responses)
        found = list(ids.scalars())
        session.execute(
            sa.insert(Score),
            [
                {"response_id": id, "evaluator_id": world.evaluators[name], "value": value, "scored_at": NOW}
                for id, checked in zip(found, scores, strict=True)
                for name, value in (("checked", checked), ("refusal", 1.0))
            ],
        )
    by_id = {id: name for name, id in made.candidates.items()}
    for id, row in zip(found, responses, strict=True):
        made.responses.setdefault((by_id[row["candidate_id"]], row["prompt_id"]), id)
    return made


def _response(run: int, prompt: int, candidate: int, repetition: int, planted: Planted, number: int) -> dict:
    text = f"Answer {candidate} to {prompt}, {repetition}."
    spread = 1 + 0.2 * ((number * 7 + candidate) % 5 - 2) / 2
    return {
        "run_id": run, "prompt_id": prompt, "candidate_id": candidate, "repetition": repetition, "turns": [text],
        "words": 5, "content_hash": f"{candidate}-{prompt}-{repetition}", "finish_reason": "stop", "created_at": NOW,
        "latency_ms": planted.latency_ms * spread, "cost_usd": None if planted.usd is None else planted.usd * spread,
        "input_tokens": 10, "output_tokens": 10,
    }  # fmt: skip


def vote(
    engine: Engine,
    made: Production,
    pair: tuple[str, str],
    says: Mapping[str, tuple[float, float]],
    *,
    raters: int = 6,
    prompts: int | None = None,
    seed: int = 0,
) -> None:
    """Raters vote on the pair at every prompt. ``says``: by question, the chance that each side gets a yes.

    A yes to one side is *left* or *right*, to both a tie, to none *both bad*.
    """
    rng = np.random.default_rng(seed)
    with writing(engine) as session:
        study = studies.ensure_default(session, now=NOW)
        questions = {question.key: question.id for question in studies.questions(session, study.id)}
        people = [Person(name=f"rater {seed}-{number}", created_at=NOW) for number in range(raters)]
        session.add_all(people)
        session.flush()
        rows = []
        for number, prompt in enumerate(made.prompts[:prompts]):
            for key, chances in says.items():
                left, right = (rng.random() < chance for chance in chances)
                outcome = {(1, 0): Outcome.LEFT, (0, 1): Outcome.RIGHT, (1, 1): Outcome.TIE}.get((left, right))
                rows.append(
                    {
                        "study_id": study.id,
                        "question_id": questions[key],
                        "prompt_id": prompt,
                        "rater_id": people[number % raters].id,
                        "left_candidate_id": made.candidates[pair[0]],
                        "right_candidate_id": made.candidates[pair[1]],
                        "length_bin": 0,
                        "outcome": int(Outcome.BOTH_BAD if outcome is None else outcome),
                        "created_at": NOW + timedelta(minutes=1),
                    }
                )
        session.execute(sa.insert(Vote), rows)
