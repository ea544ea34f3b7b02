"""A model server on loopback whose quality, name and length of answers change when a test says so."""

import json
import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

RIGHT, WRONG = "The answer is blue.", "The answer is unclear."


@dataclass
class LoopbackProvider:
    """``quality``: of its answers the share that holds the word *blue*; what is asked most easily is right longest."""

    base_url: str
    quality: float = 0.8
    name: str = "model-1"
    output_tokens: int = 100
    rng: random.Random = field(default_factory=lambda: random.Random(1))
    lock: Lock = field(default_factory=Lock)

    def answer(self, question: str) -> str:
        """To "Question 7?": some questions are harder than others."""
        number = int((re.findall(r"\d+", question) or ["0"])[-1])
        ease = 0.3 * ((number * 7) % 11 - 5) / 5
        with self.lock:
            return RIGHT if self.rng.random() < self.quality + ease * self.quality * (1 - self.quality) * 2 else WRONG


@contextmanager
def loopback_provider(seed: int = 1) -> Iterator[LoopbackProvider]:
    """A server that runs until the end of the block."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.provider = LoopbackProvider(f"http://127.0.0.1:{server.server_port}/v1", rng=random.Random(seed))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    provider: LoopbackProvider


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Stream the answer as OpenAI's API does."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        provider = self.server.provider
        usage = {"prompt_tokens": 200, "completion_tokens": provider.output_tokens, "total_tokens": 300}
        text = provider.answer(asked["messages"][-1]["content"])
        chunks = [
            {"choices": [{"index": 0, "delta": {"role": "assistant", "content": text}}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
            {"choices": [], "usage": usage},
        ]
        base = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": provider.name}
        body = "".join(f"data: {json.dumps(base | chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
        raw = body.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)
