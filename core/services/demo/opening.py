"""Opening the demo workspace on the first start, and taking its simulated raters' votes in as what they are."""

from datetime import datetime, timedelta

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core import demo
from core.demo.simulate import RatedPair, simulated_votes
from core.domain.lengths import length_bin
from core.domain.votes import OUTCOME_OF_WORD, reading_floor_ms
from core.services import scoring
from core.services.importing import Kind, import_file, sweep
from core.services.leaderboards import tallies
from core.services.studies import studies
from core.services.workspace import demo_was_removed
from core.storage.engine import reading, write
from core.storage.tables import Candidate, Dataset, Person, Prompt, Response, Study, Vote

STUDY_NAME = "Demo"
_SEED = 64
_PAIRS_ASKED = 60


def prepare_workspace(engine: Engine, *, demo: bool, now: datetime) -> None:
    """Make the default study and the usual evaluators and gates, and with ``demo`` open the demo in an empty one.

    What a killed import has left on the disk goes.
    """
    sweep()
    write(engine, lambda session: studies.ensure_default(session, now=now))
    scoring.ensure_defaults(engine, now=now)
    if demo and _wants_demo(engine):
        open_demo(engine, now=now)


def _wants_demo(engine: Engine) -> bool:
    with reading(engine) as session:
        is_empty = session.exec(select(Dataset.id).limit(1)).first() is None
        return is_empty and not demo_was_removed(session)


def open_demo(engine: Engine, *, now: datetime) -> None:
    """Import the recorded demo and give it a study with simulated votes; does nothing where it is there."""
    for kind, path in (
        (Kind.PROMPTS, demo.PROMPTS),
        (Kind.CANDIDATES, demo.CANDIDATES),
        (Kind.RESPONSES, demo.RESPONSES),
    ):
        import_file(engine, path, kind, dataset=demo.DATASET_NAME, now=now)
    write(engine, lambda session: _open_study(session, now))


def is_demo(session: Session, study: Study) -> bool:
    """Whether a study rests on the demo's answers."""
    dataset = session.get(Dataset, study.dataset_id) if study.dataset_id else None
    return dataset is not None and dataset.is_demo


def _open_study(session: Session, now: datetime) -> None:
    dataset = session.exec(select(Dataset).where(Dataset.name == demo.DATASET_NAME)).one()
    if session.exec(select(Study.id).where(Study.dataset_id == dataset.id)).first() is not None:
        return
    dataset.is_demo = True
    champion = session.exec(select(Candidate).where(Candidate.name == demo.CHAMPION)).one()
    champion.is_champion = True
    study = studies.create(
        session, name=STUDY_NAME, now=now, guidelines=demo.GUIDELINES, dataset_id=dataset.id, state="open"
    )
    study.pairs_per_rater = _PAIRS_ASKED
    rated = simulated_votes(demo.records(demo.PROMPTS), demo.records(demo.RESPONSES), rng=np.random.default_rng(_SEED))
    assert study.id is not None
    session.execute(sa.insert(Vote), _vote_rows(session, study.id, rated, now))
    tallies.rebuild(session, study.id)


def _vote_rows(session: Session, study_id: int, rated: list[RatedPair], now: datetime) -> list[dict[str, object]]:
    start = now - timedelta(days=7)
    raters = _simulated_raters(session, sorted({pair.rater for pair in rated}), now)
    question = {question.key: question.id for question in studies.questions(session, study_id)}
    responses = _responses(session, study_id)
    rows: list[dict[str, object]] = []
    for pair in sorted(rated, key=lambda pair: pair.finished_after_s):
        left, right = responses[pair.prompt_id, pair.left], responses[pair.prompt_id, pair.right]
        for key, word in pair.outcomes.items():
            rows.append(
                {
                    "study_id": study_id,
                    "question_id": question[key],
                    "prompt_id": left.prompt_id,
                    "rater_id": raters[pair.rater],
                    "left_candidate_id": left.candidate_id,
                    "right_candidate_id": right.candidate_id,
                    "outcome": int(OUTCOME_OF_WORD[word]),
                    "length_bin": length_bin(left.words, right.words),
                    "too_fast": pair.time_on_pair_ms < reading_floor_ms(left.words + right.words),
                    "time_on_pair_ms": pair.time_on_pair_ms,
                    "created_at": start + timedelta(seconds=pair.finished_after_s),
                }
            )
    return rows


def _simulated_raters(session: Session, names: list[str], now: datetime) -> dict[str, int]:
    people = [Person(name=name, kind="simulated", created_at=now) for name in names]
    session.add_all(people)
    session.flush()
    return {person.name: person.id for person in people if person.id is not None}


def _responses(session: Session, study_id: int) -> dict[tuple[str, str], Response]:
    dataset_id = session.get_one(Study, study_id).dataset_id
    query = (
        select(Prompt.external_id, Candidate.name, Response)
        .join(Prompt, col(Prompt.id) == Response.prompt_id)
        .join(Candidate, col(Candidate.id) == Response.candidate_id)
        .where(Prompt.dataset_id == dataset_id)
    )
    return {(prompt, candidate): response for prompt, candidate, response in session.exec(query)}
