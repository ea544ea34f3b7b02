"""From a key press to the next pair on the screen while two million votes are imported, against the same page before.

Once by `evenhand import votes` and once from the page *Data* of the server that shows the pairs, on the same two cores
as app and browser.
"""

import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.import_votes import _write_votes
from benchmarks.key_press import ARGS, ROOT, Desk, pressed
from benchmarks.key_press import _server as app
from core.domain.people import Role

VOTES = 2_000_000  # so that there is time for enough presses meanwhile
PRESSES, MOST_TIMES_IDLE = 24, 2.0
UPLOADED_WITHIN_MS, IMPORTED_WITHIN_S = 120_000, 300.0


def run(votes: int = VOTES, presses: int = PRESSES) -> dict[str, Any]:
    """Median ms to the next pair during the import, over that before it, in the slower of both ways; at most 2."""
    ways = {"by the command line": _by_command, "from the page": _from_page}
    detail = {name: _measured(way, votes, presses) for name, way in ways.items()}
    value = max(found["ratio"] for found in detail.values())
    is_whole = all(found["is_in"] and found["presses_meanwhile"] >= presses // 2 for found in detail.values())
    return {
        "name": "key_press_while_importing",
        "value": value,
        "goal": f"<= {MOST_TIMES_IDLE:g} x idle",
        "met": bool(value <= MOST_TIMES_IDLE and is_whole),
        "detail": {"votes": votes, **detail},
    }


def _measured(begin: "Begin", votes: int, presses: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, ExitStack() as stack:
        file, database = Path(folder, "votes.jsonl"), Path(folder, "evenhand.db")
        _write_votes(file, votes)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        stack.callback(browser.close)
        desk = Desk(browser, stack.enter_context(app("streamlit_app.py", folder)), f"sqlite:///{database}")
        page = desk.open()
        idle = pressed(page, presses)
        stack.enter_context(begin(desk, file))
        until = time.monotonic() + IMPORTED_WITHIN_S
        meanwhile = pressed(page, 1000, until=lambda: _is_in(database) or time.monotonic() > until)
        is_in = _is_in(database)
    return {
        "ratio": round(statistics.median(meanwhile) / statistics.median(idle), 2),
        "idle_ms": round(statistics.median(idle)),
        "while_importing_ms": round(statistics.median(meanwhile)),
        "slowest_ms": {"idle": round(max(idle)), "while importing": round(max(meanwhile))},
        "presses_meanwhile": len(meanwhile),
        "is_in": is_in,
    }


def _is_in(database: Path) -> bool:
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT count(*) FROM imported_file WHERE kind = 'votes'"
        return bool(connection.execute(query).fetchone()[0])


@contextmanager
def _by_command(desk: Desk, file: Path) -> Iterator[None]:
    command = [str(Path(sys.executable).with_name("evenhand")), "import", "votes", str(file), "--dataset", "crowd"]
    environment = os.environ | {"EVENHAND_DATABASE_URL": str(desk.database), "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def _from_page(desk: Desk, file: Path) -> Iterator[None]:
    """An admin's page, which has looked into the file before the bar is there."""
    page = desk.signed_in(Role.ADMIN)
    page.goto(f"{desk.address}/datasets?datasets_show=Import")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Import the votes").click(timeout=UPLOADED_WITHIN_MS)
    page.get_by_role("button", name="Stop").wait_for(timeout=UPLOADED_WITHIN_MS)
    yield
    page.context.close()


Begin = Callable[[Desk, Path], AbstractContextManager[None]]
