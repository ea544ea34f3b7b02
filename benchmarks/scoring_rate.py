"""Responses scored a second with every evaluator that a new workspace has, embeddings among them.

The texts are the demo's answers, each told apart by a number of its own so that none is embedded for another. Beside
it: the bare model on the same texts and their references, and the other evaluators bare, both in memory and in turns
with it. What the two would take one after the other is what scoring can come near to.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine
from sqlmodel import select

from benchmarks.scoring import NOW, bare_seconds, forget
from core.domain.scoring.base import Subject
from core.services import scoring
from core.services.demo.opening import open_demo
from core.services.scoring import embedding, evaluators, subjects
from core.services.scoring.service import IN_BATCHES
from core.storage.engine import open_engine, reading, writing
from core.storage.schema import upgrade
from core.storage.tables import Response

ROUNDS, MOST_TIMES_BARE = 3, 1.5


def run() -> dict[str, Any]:
    """The value is the median of scoring's time over the bare model's and the bare evaluators' together."""
    with tempfile.TemporaryDirectory() as folder:
        engine = _workspace(f"sqlite:///{Path(folder) / 'scores.db'}")
        with reading(engine) as session:
            chosen = evaluators.scoring(session)
            others = [each for each in chosen if each.kind not in IN_BATCHES]
            ids = list(session.exec(select(Response.id)))
            found = [one.subject for chunk in subjects.in_chunks(ids, 500) for one in subjects.read(session, chunk)]
        times: dict[str, list[float]] = {"all": [], "model": [], "others": []}
        for _ in range(ROUNDS):
            embedding.KEPT.clear()
            times["model"].append(_seconds(lambda: embedding.embed(_texts(found))))
            times["others"].append(bare_seconds(found, others))
            forget(engine)
            embedding.KEPT.clear()
            times["all"].append(_seconds(lambda: scoring.score_responses(engine, ids, evaluators=chosen, now=NOW)))
        engine.dispose()
    bare = np.array(times["model"]) + np.array(times["others"])
    ratio = float(np.median(np.array(times["all"]) / bare))
    return {
        "name": "scoring_rate",
        "value": round(ratio, 2),
        "goal": f"<= {MOST_TIMES_BARE}",
        "met": ratio <= MOST_TIMES_BARE,
        "detail": {
            "responses_per_s": {name: round(len(ids) / float(np.median(each)), 1) for name, each in times.items()},
            "responses": len(ids),
            "evaluators": len(chosen),
        },
    }


def _workspace(address: str) -> Engine:
    engine = open_engine(address)
    upgrade(engine)
    scoring.ensure_defaults(engine, now=NOW)
    open_demo(engine, now=NOW, weeks=1)
    with writing(engine) as session:
        for number, response in enumerate(session.exec(select(Response))):
            response.turns = [f"{text} ({number})" for text in response.turns]
    return engine


def _texts(found: list[Subject]) -> list[str]:
    return sorted({text for subject in found for text in (subject.text, *subject.reference)})


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
