"""From a key press to the next pair on the screen while a million votes are imported, against the same page before it.

The import is `evenhand import votes`, a process of its own on the same two cores as app and browser.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.import_votes import VOTES, _write_votes
from benchmarks.key_press import ARGS, ROOT, Desk, pressed
from benchmarks.key_press import _server as app

PRESSES, MOST_TIMES_IDLE = 24, 2.0


def run(votes: int = VOTES, presses: int = PRESSES) -> dict[str, Any]:
    """Median ms to the next pair during the import, over that before it; at most 2."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, ExitStack() as stack:
        file = Path(folder, "votes.jsonl")
        _write_votes(file, votes)
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        stack.callback(browser.close)
        address = f"sqlite:///{folder}/evenhand.db"
        page = Desk(browser, stack.enter_context(app("streamlit_app.py", folder)), address).open()
        idle = pressed(page, presses)
        importing = _import(file, address)
        stack.callback(importing.kill)
        meanwhile = pressed(page, 1000, until=lambda: importing.poll() is not None)
        code = importing.wait()
    idle_ms, busy_ms = statistics.median(idle), statistics.median(meanwhile)
    value = busy_ms / idle_ms
    return {
        "name": "key_press_while_importing",
        "value": round(value, 2),
        "goal": f"<= {MOST_TIMES_IDLE:g} x idle",
        "met": bool(value <= MOST_TIMES_IDLE and code == 0 and len(meanwhile) >= presses // 2),
        "detail": {
            "votes": votes,
            "idle_ms": round(idle_ms),
            "while_importing_ms": round(busy_ms),
            "slowest_ms": {"idle": round(max(idle)), "while importing": round(max(meanwhile))},
            "presses_meanwhile": len(meanwhile),
            "import_ended_with": code,
        },
    }


def _import(file: Path, address: str) -> subprocess.Popen[bytes]:
    command = [str(Path(sys.executable).with_name("evenhand")), "import", "votes", str(file), "--dataset", "crowd"]
    environment = os.environ | {"EVENHAND_DATABASE_URL": address, "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
