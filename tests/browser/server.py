"""Evenhand's real server for a test: on a free port, with a database of its own, its output collected."""

import http.client
import os
import socket
import time
import weakref
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from multiprocessing.process import BaseProcess
from pathlib import Path

from sqlalchemy import Engine

from core.domain.people import Role
from core.services.people import joining, people
from core.settings import PROJECT_ROOT
from core.storage.engine import open_engine, write
from core.storage.schema import upgrade
from tests.forking import fork
from tests.speed import patience_s

STARTS_WITHIN_S = patience_s(120)


@dataclass
class Server:
    """A server process; ``log`` holds all it wrote to stdout and stderr, over restarts. ``options``: Streamlit's."""

    database: str
    log: Path
    env: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    port: int = 0
    process: BaseProcess | None = None

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @cached_property
    def engine(self) -> Engine:
        """The server's own database, migrated; usable before it starts, too."""
        engine = open_engine(self.database)
        upgrade(engine)
        return engine

    def claim_port(self) -> None:
        """Choose its port now, for those who need its address before it starts."""
        self.port = self.port or _claimed(self)

    def start(self) -> "Server":
        """Start it and wait until /healthz answers; a server that was stopped starts cold on the same port."""
        self.claim_port()
        settings = {
            "EVENHAND_DATABASE_URL": self.database,
            "EVENHAND_DEMO": "0",
            "EVENHAND_BASE_URL": self.address,
            "OPENBLAS_NUM_THREADS": "1",
            **self.env,
        }
        command = ["run", "streamlit_app.py", "--server.port", str(self.port), *self.options]
        self.log.touch()
        self.process = fork(
            "streamlit.web.cli:main", command, env={**os.environ, **settings}, out=self.log, cwd=PROJECT_ROOT
        )
        self._wait()
        return self

    def stop(self) -> int:
        """End the process; its exit code."""
        assert self.process is not None
        self.process.terminate()
        self.process.join(patience_s(30))
        if self.is_running:
            self.process.kill()
            self.process.join()
        assert self.process.exitcode is not None
        return self.process.exitcode

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.is_alive()

    def output(self) -> str:
        """What it has written so far."""
        return self.log.read_text(errors="replace")

    def get(
        self, path: str, *, method: str = "GET", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], str]:
        """One bare HTTP request, redirects not followed: status, headers (names in lower case), body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            found = {name.lower(): content for name, content in answer.getheaders()}
            return answer.status, found, answer.read().decode(errors="replace")
        finally:
            connection.close()

    def invite(self, name: str, role: Role) -> str:
        """The address of a join link for a new person."""
        _, token = write(self.engine, lambda session: people.invite(session, name=name, role=role, now=_now()))
        return f"{self.address}/join/{token}"

    def sign_in(self, name: str, role: Role) -> dict[str, str]:
        """A cookie, as playwright takes it, of a browser that a new person has joined with."""
        token = self.invite(name, role).rsplit("/", 1)[1]
        sign_in = write(self.engine, lambda session: joining.redeem(session, token, _now()))
        return {"name": "evenhand_session", "value": sign_in, "url": self.address}

    def _wait(self) -> None:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < deadline:
            if not self.is_running:
                raise AssertionError(f"the server ended at start:\n{self.output()}")
            try:
                if self.get("/healthz")[0] in (200, 503):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"the server did not answer:\n{self.output()}")


_ports: list[int] = []
_taken: set[int] = set()


def _claimed(server: Server) -> int:
    """A port for as long as there is this server; one of before if it can be, for a browser knows its bundles there."""
    port = next((port for port in _ports if port not in _taken and _is_free(port)), None)
    if port is None:
        port = free_port()
        _ports.append(port)
    _taken.add(port)
    weakref.finalize(server, _taken.discard, port)
    return port


def origins() -> list[str]:
    """Where this process's servers have answered, as browsers tell stored data apart."""
    return [f"http://127.0.0.1:{port}" for port in _ports]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _now() -> datetime:
    return datetime.now(UTC)
