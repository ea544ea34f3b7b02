"""Board from the database with a million votes against ten thousand, on the same twenty candidates."""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Engine

from core.domain.lengths import length_bin
from core.domain.ranking import RankingOptions
from core.services.leaderboards import boards, tallies, weighting
from core.services.studies import studies
from core.storage.engine import open_engine, reading, write, writing
from core.storage.schema import upgrade
from core.storage.tables import Candidate, Dataset, Person, Prompt, Question, metadata

FEW, MANY = 10_000, 1_000_000
ROUNDS = 25
MOST_TIMES_FEW = 1.5

CANDIDATES, RATERS, PROMPTS, CATEGORIES = 20, 100, 200, 8
MASKED, TOO_FAST = 0.05, 0.05
NOW = datetime(2026, 11, 2, tzinfo=UTC)
_CHUNK = 50_000


@dataclass(frozen=True)
class Filled:
    """A database with votes on one question, and how long its derived counts took, in seconds."""

    engine: Engine
    question: Question
    rebuild_s: float
    refresh_s: float


def run(few: int = FEW, many: int = MANY, rounds: int = ROUNDS) -> dict[str, Any]:
    """Median time of a board (counts read, fitted, intervals, ranks) at ``many`` votes over that at ``few``."""
    with tempfile.TemporaryDirectory() as folder:
        databases = {votes: _filled(Path(folder) / f"{votes}.db", votes) for votes in (few, many)}
        times = {
            "all": _times(databases, boards.Filters(), rounds),
            "category": _times(databases, boards.Filters(category="category 3"), rounds),
        }
        for database in databases.values():
            _one_more_vote(database)
        times["waiting"] = _times(databases, boards.Filters(), rounds, waiting=1)
        for database in databases.values():
            database.engine.dispose()
    ratios = {scope: found[many] / found[few] for scope, found in times.items()}
    return {
        "name": "board_scale",
        "value": round(ratios["all"], 2),
        "goal": f"<= {MOST_TIMES_FEW}",
        "met": ratios["all"] <= MOST_TIMES_FEW,
        "detail": {
            "board_ms": _shown(times["all"]),
            "one_category_ms": _shown(times["category"]),
            "one_vote_waiting_ms": _shown(times["waiting"]),
            "ratios": {scope: round(ratio, 2) for scope, ratio in ratios.items()},
            "tallies_rebuild_s": {str(votes): round(found.rebuild_s, 2) for votes, found in databases.items()},
            "weighting_refresh_s": {str(votes): round(found.refresh_s, 2) for votes, found in databases.items()},
        },
    }


def _times(databases: dict[int, Filled], filters: boards.Filters, rounds: int, *, waiting: int = 0) -> dict[int, float]:
    """Votes → median seconds of a board, the databases in turn; the first two rounds only warm up."""
    seconds: dict[int, list[float]] = {votes: [] for votes in databases}
    for _ in range(rounds + 2):
        for votes, database in databases.items():
            seconds[votes].append(_board_seconds(database, filters, waiting=waiting))
    return {votes: median(found[2:]) for votes, found in seconds.items()}


def _shown(seconds: dict[int, float]) -> dict[str, float]:
    return {f"{votes}": round(1000 * found, 1) for votes, found in seconds.items()}


def _board_seconds(database: Filled, filters: boards.Filters, *, waiting: int = 0) -> float:
    begin = time.perf_counter()
    with reading(database.engine) as session:
        board = boards.leaderboard(session, database.question, filters, RankingOptions())
    seconds = time.perf_counter() - begin
    assert len(board.standings) == CANDIDATES
    assert board.waiting == waiting
    return seconds


def _one_more_vote(database: Filled) -> None:
    """A vote since the weighted counts were taken."""
    with writing(database.engine) as session:
        session.execute(metadata.tables["vote"].insert(), next(_votes(session, database.question, 1)))


def _filled(file: Path, votes: int) -> Filled:
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    question = _workspace(engine)
    assert question.id is not None
    with writing(engine) as session:
        for rows in _votes(session, question, votes):
            session.execute(metadata.tables["vote"].insert(), rows)
    begin = time.perf_counter()
    write(engine, lambda session: tallies.rebuild(session, question.study_id))
    rebuilt = time.perf_counter()
    weighting.refresh(engine, question.id, now=NOW)
    return Filled(engine, question, rebuilt - begin, time.perf_counter() - rebuilt)


def _workspace(engine: Engine) -> Question:
    with writing(engine) as session:
        dataset = Dataset(name="benchmark", content_hash="benchmark", created_at=NOW)
        session.add(dataset)
        session.flush()
        assert dataset.id is not None
        session.add_all(
            Candidate(name=f"candidate {n}", settings={}, position=n, created_at=NOW) for n in range(CANDIDATES)
        )
        session.add_all(Person(name=f"rater {n}", kind="imported", created_at=NOW) for n in range(RATERS))
        session.add_all(_prompt(dataset.id, n) for n in range(PROMPTS))
        study = studies.create(session, name="Everything", now=NOW, is_default=True)
        assert study.id is not None
        return studies.questions(session, study.id)[0]


def _prompt(dataset_id: int, number: int) -> Prompt:
    return Prompt(
        dataset_id=dataset_id,
        external_id=str(number),
        category=f"category {number % CATEGORIES}",
        messages=[],
        tags=[],
        content_hash=str(number),
    )


def _votes(session: sa.orm.Session, question: Question, votes: int) -> Iterator[list[dict[str, Any]]]:
    """Rows in chunks: heavy and light raters, ties and both-bad, answers whose lengths differ by prompt."""
    rng = np.random.default_rng(1)
    ids = {
        name: np.array(session.execute(sa.select(metadata.tables[name].c.id).order_by("id")).scalars().all())
        for name in ("candidate", "person", "prompt")
    }
    strength = rng.normal(0, 0.6, CANDIDATES)
    words = np.rint(np.exp(rng.normal(4.5, 0.4, PROMPTS)[:, None] + rng.normal(0, 0.35, (PROMPTS, CANDIDATES))))
    activity = rng.lognormal(0, 1.0, RATERS)
    for begin in range(0, votes, _CHUNK):
        n = min(_CHUNK, votes - begin)
        left = rng.integers(0, CANDIDATES, n)
        right = (left + rng.integers(1, CANDIDATES, n)) % CANDIDATES
        prompt = rng.integers(0, PROMPTS, n)
        rater = rng.choice(RATERS, n, p=activity / activity.sum())
        wins = rng.random(n) < 1 / (1 + np.exp(strength[right] - strength[left]))
        outcome = np.where(rng.random(n) < 0.75, np.where(wins, 0, 1), rng.integers(2, 4, n))
        masked, too_fast = rng.random(n) < MASKED, rng.random(n) < TOO_FAST
        yield [
            {
                "study_id": question.study_id,
                "question_id": question.id,
                "prompt_id": int(ids["prompt"][p]),
                "rater_id": int(ids["person"][r]),
                "left_candidate_id": int(ids["candidate"][i]),
                "right_candidate_id": int(ids["candidate"][j]),
                "outcome": int(y),
                "length_bin": length_bin(int(words[p, i]), int(words[p, j])),
                "masked": bool(m),
                "too_fast": bool(f),
                "is_repeat": False,
                "created_at": NOW,
            }
            for p, r, i, j, y, m, f in zip(prompt, rater, left, right, outcome, masked, too_fast, strict=True)
        ]
