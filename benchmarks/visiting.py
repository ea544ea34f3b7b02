"""Servers of their own for a benchmark, and visitors who open a page over a websocket, as a browser does."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from core.settings import PROJECT_ROOT

_TABLE = "evenhand_grid"
STARTS_WITHIN_S, LONGEST_VISIT_S = 300.0, 600.0


@dataclass(frozen=True)
class Server:
    """A running Streamlit server."""

    port: int
    pid: int

    def peak_mb(self) -> int:
        """The most memory that it had at once."""
        said = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) // 1024 for line in said.splitlines() if line.startswith("VmHWM"))


@dataclass(frozen=True)
class Visit:
    """A page that was opened. ``ms``: until its script had run to its end; ``charts``, ``tables``: how many it drew."""

    ms: float
    charts: int
    tables: int


@contextmanager
def served(script: str, folder: str, *arguments: str, database: str | None = None) -> Iterator[Server]:
    """The server of a script, until the end of the block; what it says goes to a file in ``folder``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    address = f"http://127.0.0.1:{port}"
    env = {
        "EVENHAND_BASE_URL": address,
        "PYTHONPATH": str(PROJECT_ROOT),
        **({"EVENHAND_DATABASE_URL": database} if database else {}),
    }
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port), "--", *arguments]
    with Path(folder, f"{port}.log").open("w") as log:
        process = subprocess.Popen(command, cwd=PROJECT_ROOT, env={**os.environ, **env}, stdout=log, stderr=log)
    try:
        _wait(f"{address}/_stcore/health", process)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(60)


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def visit(server: Server, page: str = "", query: str = "") -> Visit:
    """Open a page as somebody new, by its path and its query. Raises AssertionError where its script fails."""
    began, charts, tables = time.perf_counter(), 0, 0
    sent = {"Origin": f"http://127.0.0.1:{server.port}"}
    address = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    with connect(address, additional_headers=sent, subprotocols=["streamlit"], max_size=None) as line:  # type: ignore[list-item]
        opening = BackMsg()
        opening.rerun_script.page_name, opening.rerun_script.query_string = page, query
        line.send(opening.SerializeToString())
        while True:
            frame = ForwardMsg.FromString(line.recv(timeout=LONGEST_VISIT_S))  # type: ignore[arg-type]
            element = frame.delta.new_element
            assert element.WhichOneof("type") != "exception", element.exception.message
            charts += bool(element.plotly_chart.spec)
            tables += "<table" in element.html.body or element.bidi_component.component_name == _TABLE
            if frame.WhichOneof("type") == "script_finished":
                return Visit(1000 * (time.perf_counter() - began), charts, tables)
