"""Scoring stored responses against the bare evaluators: what reading, writing and safety add, and what pages notice.

The baseline calls the same evaluators on the same responses in memory and keeps nothing; a quarter of the prompts
brings a schema, which the app runs in a process apart. Beside it: how long another thread of the process waits for the
interpreter while responses are scored gently in the background.
"""

import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.scoring.base import Subject
from core.services import scoring
from core.services.scoring import evaluators, subjects
from core.services.scoring.registry import kind_named
from core.storage.engine import open_engine, reading, writing
from core.storage.schema import upgrade
from core.storage.tables import Candidate, Dataset, Evaluator, Prompt, Response, Run, Score

RESPONSES, PROMPTS, ROUNDS = 4_000, 400, 3
CHEAP = ("refusal", "incomplete", "contains", "number_match", "json_schema", "word_limit", "character_limit")
MOST_TIMES_BARE = 2.5
_SCHEMA = {"json_schema": {"type": "object", "required": ["part"], "properties": {"part": {"pattern": "^F-"}}}}
NOW = datetime(2026, 11, 2, tzinfo=UTC)
_TEXT = "Thank you for writing. The filter you need is the F-12B, and it costs $5 until 31 May. Shall I order it? "


def run(responses: int = RESPONSES) -> dict[str, Any]:
    """The value is the median ratio of both times, taken in turns, for the evaluators that are cheap."""
    with tempfile.TemporaryDirectory() as folder:
        engine = _workspace(f"sqlite:///{Path(folder) / 'scores.db'}", responses)
        with reading(engine) as session:
            cheap = [each for each in evaluators.scoring(session) if each.kind in CHEAP]
            ids = list(session.exec(select(Response.id)))
        bare, whole = [], []
        with reading(engine) as session:
            found = [one.subject for chunk in subjects.in_chunks(ids, 500) for one in subjects.read(session, chunk)]
        for _ in range(ROUNDS):
            bare.append(bare_seconds(found, cheap))
            forget(engine)
            began = time.perf_counter()
            scoring.score_responses(engine, ids, evaluators=cheap, now=NOW)
            whole.append(time.perf_counter() - began)
        waits = _waits_ms(engine)
        engine.dispose()
    ratio = float(np.median(np.array(whole) / np.array(bare)))
    return {
        "name": "scoring",
        "value": round(ratio, 2),
        "goal": f"<= {MOST_TIMES_BARE}",
        "met": ratio <= MOST_TIMES_BARE,
        "detail": {
            "responses_per_s": round(responses / float(np.median(whole))),
            "evaluators": len(cheap),
            "wait_beside_pending_ms": waits,
        },
    }


def bare_seconds(found: list[Subject], chosen: list[Evaluator]) -> float:
    """How long the evaluators themselves take for all of them, in memory."""
    kinds = [kind_named(evaluator.kind) for evaluator in chosen]
    ready = [(kind.score, kind.params.of(each.params)) for kind, each in zip(kinds, chosen, strict=True)]
    began = time.perf_counter()
    for subject in found:
        for score, params in ready:
            score(subject, params)
    return time.perf_counter() - began


def _waits_ms(engine: Engine) -> dict[str, float]:
    """How much later than asked a sleeping thread wakes, alone and beside ``score_pending``."""
    return {f"{name}_p99": round(_late_ms(engine, busy=busy), 1) for name, busy in (("idle", False), ("busy", True))}


def _late_ms(engine: Engine, *, busy: bool) -> float:
    forget(engine)
    ended = threading.Event()
    worker = threading.Thread(target=lambda: (scoring.score_pending(engine, limit=200), ended.set()))
    if busy:
        worker.start()
    late, until = [], time.perf_counter() + 3.0
    while time.perf_counter() < until and not (busy and ended.is_set()):
        began = time.perf_counter()
        time.sleep(0.005)
        late.append(1000 * (time.perf_counter() - began - 0.005))
    if busy:
        worker.join()
    return float(np.quantile(late, 0.99))


def forget(engine: Engine) -> None:
    """Delete every score."""
    with writing(engine) as session:
        session.connection().execute(Score.__table__.delete())


def _workspace(address: str, responses: int) -> Engine:
    engine = open_engine(address)
    upgrade(engine)
    scoring.ensure_defaults(engine, now=NOW)
    with writing(engine) as session:
        dataset = Dataset(name="bench", content_hash="bench", created_at=NOW)
        candidate = Candidate(name="candidate", settings={}, created_at=NOW)
        session.add_all([dataset, candidate])
        session.flush()
        held = Run(dataset_id=dataset.id, source="import", created_at=NOW)
        prompts = [_prompt(dataset.id, number) for number in range(PROMPTS)]
        session.add_all([held, *prompts])
        session.flush()
        session.add_all(
            Response(
                run_id=held.id,
                prompt_id=prompts[number % PROMPTS].id,
                candidate_id=candidate.id,
                repetition=number // PROMPTS,
                turns=[_TEXT * (1 + number % 8)],
                content_hash=str(number),
                finish_reason="stop",
                created_at=NOW,
            )
            for number in range(responses)
        )
    return engine


def _prompt(dataset_id: int | None, number: int) -> Prompt:
    return Prompt(
        dataset_id=dataset_id,
        external_id=f"p{number}",
        messages=[{"role": "user", "content": f"Question {number}: which filter do I need, and what does it cost?"}],
        reference=["F-12B"] if number % 2 else None,
        constraints=_SCHEMA if number % 4 == 0 else {"max_words": 60} if number % 3 else None,
        tags=[],
        content_hash=str(number),
    )
