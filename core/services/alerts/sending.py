"""Sending a message to one address: by apprise, in a process that is killed when a receiver stalls."""

import contextlib
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self

from core.services.alerts.messages import Message
from core.services.alerts.sending_process import READY
from core.settings import PROJECT_ROOT, get_settings, secret, without_secrets

DEADLINE_S = 20.0
"""For one attempt, from the connection to the receiver's answer."""
_STARTS_WITHIN_S = 60.0
_SLACK_S = 5.0
LONGEST_S = _STARTS_WITHIN_S + DEADLINE_S + _SLACK_S
"""That one attempt can take, the start of the process that sends included."""
_LONGEST_RETRY_AFTER_S = 3600.0


@dataclass(frozen=True)
class Outcome:
    """How an attempt went."""

    problem: str | None = None
    """Why it was not taken, in plain words and without secrets; None: the receiver said that it took it."""
    retry_after_s: float = 0.0
    """How long the receiver wants to be left alone."""


class Sender:
    """Sends messages, one after the other; its process is started by the first and ends with ``close``."""

    def __init__(self, *, deadline_s: float = DEADLINE_S) -> None:
        self._deadline_s = deadline_s
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._starting = Lock()
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, message: Message, url_env: str) -> Outcome:
        """Send ``message`` once to the address in the variable ``url_env``; returns within the deadline."""
        url = secret(url_env)
        if url is None:
            return Outcome(f"The variable {url_env} is not set where Evenhand runs. Set it and start Evenhand again.")
        answer = self._ask(message, url)
        problem = answer["problem"]
        return Outcome(None if problem is None else without_secrets(problem), _seconds(answer["retry_after"]))

    def close(self) -> None:
        """End the process, in the middle of a message, too."""
        with self._starting:
            self._is_closed = True
            self._kill()

    def _ask(self, message: Message, url: str) -> dict[str, Any]:
        """What the process says of the message, or what became of the process."""
        order = {
            "url": url,
            "id": message.public_id,
            "title": message.title,
            "body": message.body,
            "severity": message.severity,
            "fields": message.fields,
            "data": message.data,
            "app_url": get_settings().base_url,
            "within_s": self._deadline_s,
        }
        problem = "The process that sends could not be started."
        with contextlib.suppress(EOFError, OSError):
            connection = self._started()
            if connection is not None:
                connection.send(order)
                problem = f"There was no answer within {self._deadline_s:g} s."
                if connection.poll(self._deadline_s + _SLACK_S):
                    found: dict[str, Any] = connection.recv()
                    return found
        with self._starting:
            self._kill()
            return {"problem": "Evenhand was stopped meanwhile." if self._is_closed else problem, "retry_after": None}

    def _started(self) -> Connection | None:
        with self._starting:
            if self._is_closed:
                return None
            if self._process is not None and self._process.poll() is None:
                return self._connection
            self._kill()
            ours, theirs = Pipe()
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603
                    [sys.executable, "-BI", str(Path(__file__).with_name("sending_process.py")), str(theirs.fileno())],
                    cwd=PROJECT_ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                )  # fmt: skip
            self._connection = ours
        return ours if ours.poll(_STARTS_WITHIN_S) and ours.recv() == READY else None

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._connection is not None:
            self._connection.close()
        self._process = self._connection = None


def _seconds(retry_after: str | None) -> float:
    """Retry-After in seconds; 0 where it is a date or nonsense, and our own back-off has to do."""
    try:
        return min(max(0.0, float(retry_after or 0.0)), _LONGEST_RETRY_AFTER_S)
    except ValueError:
        return 0.0
