"""Receivers on loopback that can be told to refuse, stall, vanish and come back: a webhook and a mail server."""

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

OK = 200


@dataclass
class Received:
    """One message as it came."""

    public_id: str
    headers: dict[str, str]
    content: Any
    """A webhook's JSON, or a mail."""
    was_taken: bool


@dataclass
class Inbox:
    """What came; ``answer`` says of the n-th message, from 0, with which status it is answered."""

    answer: Callable[[int], int] = lambda _: OK
    stall_s: float = 0.0
    """How long it says nothing before it answers."""
    extra_headers: dict[str, str] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, public_id: str, headers: dict[str, str], content: Any, good: int) -> int:
        """Note a message and return the status to answer with; ``good``: the one that says it was taken."""
        with self.lock:
            status = self.answer(len(self.received))
            status = good if status == OK else status
            self.received.append(Received(public_id, headers, content, status == good))
        time.sleep(self.stall_s)
        return status

    def taken(self) -> Counter[str]:
        """How often each id was taken."""
        with self.lock:
            return Counter(one.public_id for one in self.received if one.was_taken)


class _Webhook(BaseHTTPRequestHandler):
    server: "_Server"

    def do_POST(self) -> None:
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        inbox = self.server.inbox
        status = inbox.take(self.headers["X-Evenhand-Alert"], dict(self.headers), content, OK)
        self.send_response(status)
        for name, value in inbox.extra_headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    inbox: Inbox

    def handle_error(self, *_: object) -> None:
        """Whoever sent may be gone."""


@contextmanager
def webhook(inbox: Inbox, port: int = 0) -> Iterator[int]:
    """A webhook that is up while the block runs; yields its port."""
    server = _Server(("127.0.0.1", port), _Webhook)
    server.inbox = inbox
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Mail:
    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:
        mail: Message = message_from_bytes(envelope.original_content or b"")
        status = self.inbox.take(mail["X-Evenhand-Alert"], dict(mail.items()), mail, 250)
        return f"{status} so be it"


@contextmanager
def mail_server(inbox: Inbox, port: int = 0) -> Iterator[int]:
    """A mail server that is up while the block runs; yields its port."""
    port = port or free_port()
    controller = Controller(_Mail(inbox), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def free_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
