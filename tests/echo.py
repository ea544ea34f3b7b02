"""A model server that sends back the key it was asked with, wherever a server could: for tests of secrets."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

WITNESS = "witness-4711"
"""Stands beside every echoed key, so that finding the one and not the other proves that the place was looked at."""

WAYS = ("text", "401", "429", "500", "redirect", "malformed", "stall", "stream-error", "cut")
"""What the model ``echo-<way>`` does; ``text`` answers, and its answer, its name and its fingerprint hold the key."""


class EchoServer(ThreadingHTTPServer):
    """``keys``: those it was asked with. ``released``: set it to let stalled answers end."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keys: set[str] = set()
        self.released = threading.Event()

    @property
    def address(self) -> str:
        """Its base URL without a path."""
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def echoing() -> Iterator[EchoServer]:
    """A server that runs until the end of the block."""
    server = EchoServer()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: EchoServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """What a redirect leads to."""
        self.do_POST()

    def do_POST(self) -> None:
        """Answer as the model's name asks for."""
        asked = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        key = (self.headers.get("x-api-key") or self.headers.get("authorization") or "").removeprefix("Bearer ")
        self.server.keys.add(key)
        way = str(asked.get("model", "echo-404")).removeprefix("echo-")
        said = f"{key} was sent, and {WITNESS} with it"
        if way == "redirect":
            self._refuse(307, said, location=f"/elsewhere?api_key={quote(key, safe='')}&again={quote(key)}")
        elif way.isdigit():
            self._refuse(int(way), said)
        elif self.path.endswith("/messages"):
            self._stream(way, _anthropic(way, key, said))
        else:
            self._stream(way, _openai(way, key, said))

    def _refuse(self, status: int, said: str, location: str | None = None) -> None:
        body = json.dumps({"error": {"message": said, "type": said, "code": said}, "detail": said}).encode()
        self.send_response(status)
        for name in ("www-authenticate", "x-request-id", "request-id", "set-cookie", "server"):
            self.send_header(name, said)
        if location is not None:
            self.send_header("location", location)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, way: str, events: list[str]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        for event in events:
            self.wfile.write(event.encode())
            self.wfile.flush()
        if way == "stall":
            self.server.released.wait(30)


def _openai(way: str, key: str, said: str) -> list[str]:
    def chunk(**choice: Any) -> str:
        whole = {"id": key, "object": "chat.completion.chunk", "created": 1, "model": f"echo {key}",
                 "system_fingerprint": key, "choices": [{"index": 0, "finish_reason": None, **choice}]}  # fmt: skip
        return f"data: {json.dumps(whole)}\n\n"

    begun = [chunk(delta={"role": "assistant", "reasoning_content": said, "content": text}) for text in _pieces(said)]
    if way in ("stall", "cut"):
        return begun
    if way == "malformed":
        return [*begun, f'data: {{"error": "{said}\n\n']
    if way == "stream-error":
        return [*begun, f"data: {json.dumps({'error': {'message': said, 'code': said}})}\n\n"]
    usage = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
    content = json.dumps({"reason": said, "score": 4}) if way == "judge" else "."
    texts = [chunk(delta={"content": content})] if way == "judge" else [*begun, chunk(delta={"content": content})]
    last = f"data: {json.dumps({'id': key, 'model': key, 'choices': [], 'usage': usage})}\n\n"
    return [*texts, chunk(delta={}, finish_reason="stop"), last, "data: [DONE]\n\n"]


def _anthropic(way: str, key: str, said: str) -> list[str]:
    def event(kind: str, **content: Any) -> str:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **content})}\n\n"

    message = {"id": key, "type": "message", "role": "assistant", "model": f"echo {key}", "content": [],
               "stop_reason": None, "usage": {"input_tokens": 9, "output_tokens": 1}}  # fmt: skip
    begun = [
        event("message_start", message=message),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        *(event("content_block_delta", index=0, delta={"type": "text_delta", "text": text}) for text in _pieces(said)),
    ]
    if way in ("stall", "cut"):
        return begun
    if way == "malformed":
        return [*begun, f'event: content_block_delta\ndata: {{"error": "{said}\n\n']
    if way == "stream-error":
        return [*begun, event("error", error={"type": said, "message": said})]
    return [
        *begun,
        event("content_block_stop", index=0),
        event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 9}),
        event("message_stop"),
    ]


def _pieces(said: str) -> list[str]:
    """The text in two pieces, the key cut in the middle."""
    return [said[:11], said[11:]]
