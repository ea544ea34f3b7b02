"""A database with as many responses of one evaluation as wanted, seeded in bulk: with attempts, scores and gates."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine

from core.services import scoring
from core.storage.engine import open_engine, writing
from core.storage.schema import upgrade
from core.storage.tables import Candidate, Dataset, Prompt, Run

NOW = datetime(2026, 11, 2, tzinfo=UTC)
CANDIDATES, REPETITIONS, CATEGORIES = 10, 5, 8
RETRIED_EVERY, GIVEN_UP_EVERY = 20, 100
_TEXT = '["Thank you for writing. The filter you need is the F-12B, and it costs $5 until 31 May."]'
_AT = "2026-11-02 00:00:00.000000"
_CHUNK = 50_000
# SQLite has no seeded random numbers: a multiplicative hash of two ids, from 0 up to 1.
_CHANCE = "((r.id * 2654435761 + e.id * 40503) % 1000003) / 1000003.0"
_MEASURES = "kind IN ('rouge', 'chrf', 'embedding_similarity', 'tone_negative')"
_SOME, _FEW = "kind IN ('contains', 'number_match', 'json_valid', 'json_schema')", "prompt_id % 4 = 0"
_ATTEMPT = (
    "run_id, prompt_id, candidate_id, repetition, turn, number, endpoint, started_at, finished_at, is_last, "
    "latency_ms, cost_usd, cost_basis, error_kind, error_message"
)


def filled(file: Path, responses: int) -> Engine:
    """The engine of a new SQLite file: one ended run, ``responses`` in it, all scored by the usual evaluators."""
    engine = open_engine(f"sqlite:///{file}")
    upgrade(engine)
    scoring.ensure_defaults(engine, now=NOW)
    prompts = responses // (CANDIDATES * REPETITIONS)
    with writing(engine) as session:
        dataset = Dataset(name="benchmark", content_hash="benchmark", created_at=NOW)
        session.add(dataset)
        session.add_all(
            Candidate(name=f"candidate {n}", settings={}, position=n, is_champion=n == 0, created_at=NOW)
            for n in range(CANDIDATES)
        )
        session.flush()
        session.add(Run(dataset_id=dataset.id or 0, source="evaluation", state="done", created_at=NOW))
        session.add_all(_prompt(dataset.id or 0, number) for number in range(prompts))
    with engine.execution_options(writes=True).begin() as connection:
        cursor: Any = connection.connection.cursor()
        _responses(cursor, responses, prompts)
        _attempts(cursor)
        _scores(cursor)
    return engine


def _prompt(dataset_id: int, number: int) -> Prompt:
    return Prompt(
        dataset_id=dataset_id,
        external_id=str(number),
        category=f"category {number % CATEGORIES}",
        messages=[{"role": "user", "content": f"Question {number}?"}],
        tags=[],
        content_hash=str(number),
    )


def _responses(cursor: Any, responses: int, prompts: int) -> None:
    rng = np.random.default_rng(1)
    insert = (
        "INSERT INTO response (run_id, prompt_id, candidate_id, repetition, turns, words, content_hash, latency_ms, "
        "ttft_ms, input_tokens, output_tokens, cached_tokens, reasoning_tokens, cost_usd, attempts, finish_reason, "
        f"created_at) VALUES (1, ?, ?, ?, '{_TEXT}', ?, ?, ?, ?, ?, ?, 0, NULL, ?, ?, ?, '{_AT}')"
    )
    for begin in range(0, responses, _CHUNK):
        number = np.arange(begin, min(begin + _CHUNK, responses))
        n, candidate = len(number), number % CANDIDATES
        latency = rng.lognormal(7 + 0.1 * candidate, 0.5)
        tokens = rng.integers(20, 400, n)
        columns = (
            1 + number // CANDIDATES % prompts,
            1 + candidate,
            number // (CANDIDATES * prompts),
            tokens // 2,
            number.astype(str),
            latency,
            latency * rng.uniform(0.1, 0.3, n),
            rng.integers(50, 900, n),
            tokens,
            tokens * 1e-6 * (1 + candidate),
            np.where(number % RETRIED_EVERY, 1, 2),
            np.where(rng.random(n) < 0.97, "stop", "length"),
        )
        cursor.executemany(insert, zip(*(column.tolist() for column in columns), strict=True))


def _attempts(cursor: Any) -> None:
    """One behind each response, one that was overloaded before some of them; and units that were given up."""

    def made(repetition: str, number: str, ending: str) -> str:
        unit = f"run_id, prompt_id, candidate_id, {repetition}, 0, {number}, 'primary', '{_AT}', '{_AT}'"
        return f"INSERT INTO attempt ({_ATTEMPT}) SELECT {unit}, {ending} FROM response"

    cursor.execute(made("repetition", "attempts", "0, latency_ms, cost_usd, 'reported', NULL, NULL"))
    busy = made("repetition", "1", "0, 90.0, 0.0, 'nothing', 'overload', 'It is busy.'")
    cursor.execute(f"{busy} WHERE attempts = 2")
    late = made(f"repetition + {REPETITIONS}", "1", "1, 6e4, 0.002, 'reserved', 'timeout', 'No answer in 60 s.'")
    cursor.execute(f"{late} WHERE id % {GIVEN_UP_EVERY} = 0")


def _scores(cursor: Any) -> None:
    """Measures are any number, checks pass nine times in ten; some concern one prompt in four alone."""
    cursor.execute(
        "INSERT INTO score (response_id, evaluator_id, value, reason, applies, scored_at) "
        f"SELECT r.id, e.id, CASE WHEN NOT e.{_SOME} OR r.{_FEW} THEN CASE WHEN e.{_MEASURES} THEN {_CHANCE} "
        f"ELSE {_CHANCE} < 0.9 END END, 'as planted', NOT e.{_SOME} OR r.{_FEW}, '{_AT}' "
        "FROM response r CROSS JOIN evaluator e ORDER BY r.id, e.id"
    )
