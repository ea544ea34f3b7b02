"""`evenhand serve` as a service manager runs it: told to end, it ends with all that it started."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from core.settings import PROJECT_ROOT
from core.storage.engine import open_engine
from tests.browser.server import free_port
from tests.planted import PlantedPlan, PlantedServer
from tests.services.runs.evaluations import make, planned, the_run
from tests.speed import patience_s

STARTS_WITHIN_S, ENDS_WITHIN_S = patience_s(120), patience_s(30)


def session_of(leader: int) -> set[int]:
    """The processes of the session that ``leader`` began, whoever they were adopted by."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == leader and fields[0] not in "ZX":
                found.add(int(folder.name))
    return found


def until(is_so: Callable[[], bool], within_s: float, what: str) -> None:
    """Wait until it is so."""
    end = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.2)


def answers(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.regression("1.8")
def test_told_to_end_in_mid_run_it_leaves_no_process_behind(sqlite_database: str, tmp_path: Path) -> None:
    engine, port = open_engine(sqlite_database), free_port()
    with closing(PlantedServer()) as endpoint, (tmp_path / "log").open("w") as log:
        endpoint.use(PlantedPlan(first_byte_ms=2000, total_ms=4000))
        run_id = planned(engine, make(engine, endpoint.base_url, prompts=200), concurrency=2)
        settings = {"EVENHAND_DATABASE_URL": sqlite_database, "EVENHAND_DEMO": "0"}
        served = subprocess.Popen(
            [sys.executable, "-c", "from core.cli import app; app()", "serve", "--port", str(port)],
            cwd=PROJECT_ROOT, env=os.environ | settings, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            until(lambda: answers(port), STARTS_WITHIN_S, "the app does not start")
            until(lambda: len(endpoint.journal()) > 0, STARTS_WITHIN_S, "no worker takes up the run")
            assert len(session_of(served.pid)) >= 2
            with socket.create_connection(("127.0.0.1", port)) as visitor:
                visitor.sendall(_a_visit(port))
                visitor.recv(100)
                served.send_signal(signal.SIGTERM)
                served.wait(ENDS_WITHIN_S)
            until(lambda: not session_of(served.pid), ENDS_WITHIN_S, "processes are left behind")
        finally:
            for left in session_of(served.pid):
                os.kill(left, signal.SIGKILL)
    assert the_run(engine, run_id).worker is None
    engine.dispose()


def _a_visit(port: int) -> bytes:
    """The beginning of a page's websocket, which stays open."""
    return (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: streamlit\r\n\r\n"
    ).encode()
