"""Writing the columns of an evaluation: responses a second, with attempts and every usual evaluator's scores.

Beside it: how often the time that the driver alone takes to fetch the same facts, and the memory that it needs.
"""

import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from benchmarks.many_responses import NOW, filled
from core.services import columns
from core.storage.engine import reading, write
from core.storage.tables import metadata

RESPONSES, ROUNDS = 250_000, 3
LEAST_A_SECOND = 50_000
_READ = (
    "SELECT id, prompt_id, candidate_id, repetition, words, latency_ms, ttft_ms, cost_usd, attempts, finish_reason "
    "FROM response",
    "SELECT prompt_id, candidate_id, repetition, cost_usd, error_kind FROM attempt",
    "SELECT response_id, evaluator_id, value FROM score ORDER BY response_id, evaluator_id",
)


def run(responses: int = RESPONSES, rounds: int = ROUNDS) -> dict[str, Any]:
    """The best of some rounds: what else goes on at the machine only ever takes longer."""
    with tempfile.TemporaryDirectory() as folder:
        engine = filled(Path(folder) / "columns.db", responses)
        bare = min(_seconds(engine, _read_bare) for _ in range(rounds))
        before_mb = _peak_mb()
        times, worked = [], []
        for _ in range(rounds):
            write(engine, lambda session: session.execute(metadata.tables["run_columns"].delete()))
            began = time.process_time()
            times.append(_seconds(engine, _keep))
            worked.append(time.process_time() - began)
        engine.dispose()
    a_second = responses / min(times)
    return {
        "name": "columns_write",
        "value": round(a_second),
        "goal": f">= {LEAST_A_SECOND}",
        "met": a_second >= LEAST_A_SECOND,
        "detail": {
            "responses": responses,
            "seconds": [round(each, 2) for each in times],
            "seconds_of_one_core": [round(each, 2) for each in worked],
            "times_bare_read": round(min(times) / bare, 2),
            "peak_mb": {"before": before_mb, "after": _peak_mb()},
        },
    }


def _seconds(engine: Engine, work: Any) -> float:
    began = time.perf_counter()
    work(engine)
    return time.perf_counter() - began


def _keep(engine: Engine) -> None:
    assert columns.keep(engine, 1, now=NOW)


def _read_bare(engine: Engine) -> None:
    with reading(engine) as session:
        cursor: Any = session.connection().connection.cursor()
        for query in _READ:
            cursor.execute(query)
            while cursor.fetchmany(10_000):
                pass


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
