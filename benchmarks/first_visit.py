"""How long the first visitor of a server that was just started waits for a page, against the visitors after.

A visitor opens the page over a websocket, as a browser does, on the demo workspace. Content: the script has run to its
end. Frame: its first element has come. Beside it: the landing page of a server that opens the demo itself and still
scores it, when what pages show is another from one moment to the next.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from core.services import columns
from core.services.demo.finishing import finish_demo
from core.services.demo.opening import prepare_workspace
from core.settings import PROJECT_ROOT
from core.storage.engine import open_engine
from core.storage.schema import upgrade

PAGES = ("", "leaderboard", "cost", "responses", "datasets")
WARM_VISITS, SERVERS = 5, 3
MOST_TIMES_WARM = 2.0
STARTS_WITHIN_S = 180.0


def run() -> dict[str, Any]:
    """The value is the median over servers of the worst page's first visit over its later ones."""
    worst, detail = [], {}
    with tempfile.TemporaryDirectory() as folder:
        demo = _opened(Path(folder, "demo.db"))
        for number in range(SERVERS):
            # Each server is first asked for another page.
            order = PAGES[number:] + PAGES[:number]
            with _server(demo) as port:
                visits = {page: _visits_ms(port, page) for page in order}
            for page, (cold, content) in visits.items():
                detail[f"{page or 'landing'}, server {number + 1}"] = _said(cold, content)
            worst.append(max(cold[1] / content for cold, content in visits.values()))
    with _server() as port:
        detail["landing, demo not scored yet"] = _said(*_visits_ms(port, ""))
    value = round(float(np.median(worst)), 2)
    return {
        "name": "first_visit",
        "value": value,
        "goal": f"<= {MOST_TIMES_WARM:g}",
        "met": value <= MOST_TIMES_WARM,
        "detail": detail,
    }


def _opened(file: Path) -> Path:
    """The demo workspace with all its scores and checks."""
    engine, now = open_engine(f"sqlite:///{file}"), datetime.now(UTC)
    upgrade(engine)
    prepare_workspace(engine, demo=True, now=now)
    finish_demo(engine, now=now)
    columns.keep_due(engine, now=now)
    engine.dispose()
    return file


def _visits_ms(port: int, page: str) -> tuple[tuple[float, float], float]:
    """The first visit, and the median of when those after it have their content."""
    cold = _visit_ms(port, page)
    return cold, float(np.median([_visit_ms(port, page)[1] for _ in range(WARM_VISITS)]))


def _said(cold: tuple[float, float], later: float) -> str:
    return f"frame {cold[0]:.0f} ms, content {cold[1]:.0f} ms; later {later:.0f} ms"


@contextmanager
def _server(workspace: Path | None = None) -> Iterator[int]:
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
        probe.close()
        address = f"http://127.0.0.1:{port}"
        database = Path(folder) / "first.db"
        if workspace is not None:
            shutil.copy(workspace, database)
        env = {"EVENHAND_DATABASE_URL": f"sqlite:///{database}", "EVENHAND_BASE_URL": address}
        command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.port", str(port)]
        with Path(folder, "log").open("w") as log:
            process = subprocess.Popen(command, cwd=PROJECT_ROOT, env={**os.environ, **env}, stdout=log, stderr=log)
        try:
            _wait(address, process)
            yield port
        finally:
            process.terminate()
            process.wait(60)


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def _visit_ms(port: int, page: str) -> tuple[float, float]:
    """(milliseconds to the first element, to the end of the script)."""
    began, first = time.perf_counter(), 0.0
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    sent = {"Origin": f"http://127.0.0.1:{port}"}
    with connect(address, additional_headers=sent, subprotocols=["streamlit"], max_size=None) as line:  # type: ignore[list-item]
        opening = BackMsg()
        opening.rerun_script.page_name = page
        line.send(opening.SerializeToString())
        while True:
            frame = ForwardMsg.FromString(line.recv(timeout=120))  # type: ignore[arg-type]
            kind = frame.WhichOneof("type")
            if kind == "delta" and not first:
                first = time.perf_counter()
            if kind == "script_finished":
                return 1000 * (first - began), 1000 * (time.perf_counter() - began)
