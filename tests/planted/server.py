"""Starting a planted server, and asking it what it saw."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tests.planted.plan import PlantedPlan

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class PlantedCall:
    """One request as the server saw it. Times in ms from its receipt, as they were sent; None: never.

    ``is_charged``: the model worked for it. ``is_whole``: all of the response was sent. ``left_ms``: the client hung
    up before. ``on_connection``: how many requests the connection had carried before it. Tokens are 0 where nothing
    was charged. ``received_at``: seconds since the epoch.
    """

    number: int
    digest: str
    occurrence: int
    api: str
    model: str
    prompt: str
    text: str
    outcome: str
    status: int
    is_charged: bool
    is_whole: bool
    on_connection: int
    received_at: float
    input_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    output_tokens: int
    first_byte_ms: float | None = None
    first_token_ms: float | None = None
    first_visible_ms: float | None = None
    ended_ms: float | None = None
    left_ms: float | None = None


_FIELDS = frozenset(one.name for one in fields(PlantedCall))


class PlantedServer:
    """A server in a process of its own; what it saw survives whatever becomes of its clients."""

    def __init__(self, plan: PlantedPlan | None = None, *, port: int = 0) -> None:
        command = [
            sys.executable,
            "-m",
            "tests.planted",
            "--port",
            str(port),
            "--plan",
            (plan or PlantedPlan()).as_json(),
        ]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, close_fds=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.strip().isdigit():
            self.close()
            raise RuntimeError("the planted server did not start")
        self.port = int(line)

    @property
    def base_url(self) -> str:
        """For the OpenAI-compatible API."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def anthropic_url(self) -> str:
        """For Anthropic's Messages API."""
        return f"http://127.0.0.1:{self.port}"

    def url_for(self, api: str) -> str:
        """The base URL for "openai" or "anthropic"."""
        return self.anthropic_url if api == "anthropic" else self.base_url

    def journal(self) -> list[PlantedCall]:
        """Every request since the start, or since ``use`` or ``forget``, in the order of their arrival."""
        calls = json.loads(self._ask("GET", "/_journal"))
        return [PlantedCall(**{name: call[name] for name in call.keys() & _FIELDS}) for call in calls]

    def use(self, plan: PlantedPlan) -> None:
        """Go on with another plan and an empty journal."""
        self._ask("POST", "/_plan", plan.as_json())

    def forget(self) -> None:
        """Empty the journal; the stall clock and the counts of equal requests begin anew."""
        self._ask("POST", "/_forget")

    def close(self) -> None:
        """End the process."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.process.terminate()
        self.process.wait(timeout=10)

    def _ask(self, method: str, path: str, body: str = "") -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body)
            return connection.getresponse().read().decode()
        finally:
            connection.close()


@contextmanager
def planted(plan: PlantedPlan | None = None, **kwargs: Any) -> Iterator[PlantedServer]:
    """A planted server while the block runs."""
    server = PlantedServer(plan, **kwargs)
    try:
        yield server
    finally:
        server.close()
