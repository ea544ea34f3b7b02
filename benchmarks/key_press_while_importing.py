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

from playwright.sync_api import Page, sync_playwright

from benchmarks.import_votes import VOTES, _write_votes
from benchmarks.key_press import ARGS, PRESS, ROOT, Desk
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
        idle = _pressed(page, presses, None)
        importing = _import(file, address)
        stack.callback(importing.kill)
        meanwhile = _pressed(page, 1000, importing)
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


def _pressed(page: Page, presses: int, importing: "subprocess.Popen[bytes] | None") -> list[float]:
    """Milliseconds to the next pair of so many key presses that brought one, or of those while it is imported."""
    found: list[float] = []
    for number in range(4 * presses):
        pressed = page.evaluate(PRESS, "1234"[number % 4])
        if importing is not None and importing.poll() is not None:
            break
        before, after = (pressed[end].rsplit("-", 1)[0] for end in ("from", "to"))
        if before != after:
            found.append(pressed["ms"])
        if len(found) == presses:
            break
        page.wait_for_timeout(250)
    return found
