"""*Cost & quality* over a million responses, all with attempts and scores, against a bare page with the same charts.

A visitor opens the page over a websocket, as a browser does, until the script has run to its end; the two pages in
turn. The goal is about every visit but the first one after something changed: whoever comes first computes the figures
anew, unless the background has done so, and both are told beside it.
"""

import pickle
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine

from benchmarks.many_responses import NOW, filled
from benchmarks.visiting import served, visit
from core.services import columns, quality
from core.services.columns.keeping import lacking
from core.storage.engine import reading, write
from core.storage.tables import Response, Run

RESPONSES, VISITS, REPORTS = 1_000_000, 9, 3
MOST_TIMES_BARE, MOST_MB = 2.0, 1024
_BACKGROUND_S = 120.0


def run(responses: int = RESPONSES, visits: int = VISITS) -> dict[str, Any]:
    """The value is the median visit over that of the bare page; the server's peak memory is part of the goal."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        engine = filled(Path(folder) / "quality.db", responses)
        written_s = _seconds(lambda: columns.keep(engine, 1, now=NOW))
        report_s = [_seconds(lambda: _report(engine)) for _ in range(REPORTS)]
        ours = stack.enter_context(served("streamlit_app.py", folder, database=str(engine.url)))
        opened = visit(ours, "cost")
        report = Path(folder, "report")
        report.write_bytes(pickle.dumps(_report(engine)))
        bare = stack.enter_context(served("benchmarks/bare_charts.py", folder, str(report)))
        assert visit(bare).charts == opened.charts > 0
        times: dict[str, list[float]] = {"ours": [], "bare": []}
        for _ in range(visits):
            times["ours"].append(visit(ours, "cost").ms)
            times["bare"].append(visit(bare).ms)
        _one_more_run(engine)
        changed_ms = visit(ours, "cost").ms
        _one_more_run(engine)
        _until_kept(engine)
        computed_ms = visit(ours, "cost").ms
        peak_mb = ours.peak_mb()
        engine.dispose()
    mine, theirs = median(times["ours"]), median(times["bare"])
    return {
        "name": "quality_scale",
        "value": round(mine / theirs, 2),
        "goal": f"<= {MOST_TIMES_BARE:g} and <= {MOST_MB} MB",
        "met": mine / theirs <= MOST_TIMES_BARE and peak_mb <= MOST_MB,
        "detail": {
            "responses": responses,
            "charts": opened.charts,
            "visit_ms": {"ours": round(mine), "bare": round(theirs)},
            "first_visit_of_the_server_ms": round(opened.ms),
            "first_after_a_change_ms": round(changed_ms),
            "first_after_a_change_and_the_background_ms": round(computed_ms),
            "server_peak_mb": peak_mb,
            "report_s": [round(each, 2) for each in report_s],
            "columns_written_s": round(written_s, 1),
        },
    }


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _report(engine: Engine) -> quality.QualityReport:
    with reading(engine) as session:
        return quality.report(session, quality.Scope(1))


def _one_more_run(engine: Engine) -> None:
    """What another process does: a run of one answer, which makes every figure that was kept an old one."""

    def add(session: Any) -> None:
        run = Run(dataset_id=1, source="evaluation", state="done", created_at=NOW)
        session.add(run)
        session.flush()
        told = {"run_id": run.id, "prompt_id": 1, "candidate_id": 1, "turns": ["Yes."], "words": 1}
        session.add(Response(**told, content_hash="", finish_reason="stop", created_at=NOW))

    write(engine, add)


def _until_kept(engine: Engine) -> None:
    """Wait for the server's background: it scores, writes columns and computes what is looked at first."""
    until = time.monotonic() + _BACKGROUND_S
    while time.monotonic() < until:
        time.sleep(1)
        with reading(engine) as session:
            newest = session.connection().exec_driver_sql("SELECT max(id) FROM run").scalar_one()
            if not lacking(session, int(newest)):
                break
    time.sleep(10)
