"""From a key press to the next pair on the screen while a run goes on, against the same page before it.

The run is one of 20,000 calls at concurrency 256 against a planted server that answers in 200 ms; the app itself starts
the worker that carries it out, on the same two cores as pages, browser and planted server.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import sync_playwright
from sqlalchemy import Engine
from sqlmodel import select

from benchmarks.key_press import ARGS, Desk, pressed
from benchmarks.key_press import _server as app
from benchmarks.throughput import CALLS, CONCURRENCY, PLAN, ordered
from core.services import runs
from core.storage.engine import open_engine, reading
from core.storage.tables import Run
from tests.planted import planted

PRESSES, MOST_TIMES_IDLE = 24, 2.0


def run(presses: int = PRESSES) -> dict[str, Any]:
    """Median ms to the next pair while a run goes on, over that before it; at most 2."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, ExitStack() as stack:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        stack.callback(browser.close)
        address = f"sqlite:///{folder}/evenhand.db"
        page = Desk(browser, stack.enter_context(app("streamlit_app.py", folder)), address).open()
        planted_server = stack.enter_context(planted(PLAN))
        engine = open_engine(address)
        stack.callback(engine.dispose)
        idle = pressed(page, presses)
        run_id = ordered(engine, planted_server, CALLS, CONCURRENCY)
        _wait(lambda: _responses(engine, run_id) > 0)
        began, done = time.perf_counter(), _responses(engine, run_id)
        meanwhile = pressed(page, presses)
        calls_per_s = (_responses(engine, run_id) - done) / (time.perf_counter() - began)
        state = _state(engine, run_id)
        runs.cancel(engine, run_id, now=datetime.now(UTC))
        after = pressed(page, presses // 2)
    idle_ms, busy_ms = statistics.median(idle), statistics.median(meanwhile)
    value = busy_ms / idle_ms
    detail = {
        "idle_ms": round(idle_ms),
        "while_running_ms": round(busy_ms),
        "after_it_while_the_rest_is_scored_ms": round(statistics.median(after)),
        "slowest_ms": {"idle": round(max(idle)), "while running": round(max(meanwhile))},
        "calls_per_s_meanwhile": round(calls_per_s, 1),
        "state_at_the_end": state,
    }
    return {
        "name": "key_press_while_running",
        "value": round(value, 2),
        "goal": f"<= {MOST_TIMES_IDLE:g} x idle",
        "met": bool(value <= MOST_TIMES_IDLE and state == "running" and calls_per_s > 0),
        "detail": detail,
    }


def _responses(engine: Engine, run_id: int) -> int:
    with reading(engine) as session:
        return session.exec(select(Run.responses).where(Run.id == run_id)).one()


def _state(engine: Engine, run_id: int) -> str:
    with reading(engine) as session:
        return session.exec(select(Run.state).where(Run.id == run_id)).one()


def _wait(happened: Callable[[], bool]) -> None:
    for _ in range(600):
        if happened():
            return
        time.sleep(0.1)
    raise TimeoutError("no worker took the run")
