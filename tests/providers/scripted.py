"""A real HTTP server that answers by script: what llmock cannot be made to say, byte for byte, in both protocols."""

import asyncio
import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Thread
from types import TracebackType
from typing import Any, Self

BREAK = object()
"""A piece of a body that breaks the connection there."""


@dataclass(frozen=True)
class Reply:
    """One response. ``pieces``: bytes to send, seconds to wait (a number), or BREAK; each counts from the head on."""

    pieces: Sequence[Any] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "text/event-stream"
    wait_s: float = 0.0


@dataclass(frozen=True)
class Received:
    """One request as it arrived. Header names are in small letters."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


class ScriptedServer:
    """Serves on a free port of 127.0.0.1 in a thread; ``say`` queues replies, the last one is given again and again."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self._replies: deque[Reply] = deque()
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._wait(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def say(self, *replies: Reply) -> None:
        """Answer the next requests with these, and forget what came before."""
        self._replies = deque(replies)
        self.received.clear()

    def _wait(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(5)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *lines = head.strip().split("\r\n")
                headers = {k.strip().lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.received.append(Received(first.split()[1], headers, json.loads(body or b"{}")))
                reply = self._replies.popleft() if len(self._replies) > 1 else self._replies[0]
                if not await _answer(reply, writer):
                    writer.transport.abort()
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def _answer(reply: Reply, writer: asyncio.StreamWriter) -> bool:
    await asyncio.sleep(reply.wait_s)
    head = {"content-type": reply.content_type, "transfer-encoding": "chunked", **reply.headers}
    lines = [f"HTTP/1.1 {reply.status} Scripted", *(f"{name}: {content}" for name, content in head.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
    for piece in reply.pieces:
        if piece is BREAK:
            await writer.drain()
            await asyncio.sleep(0.02)
            return False
        if isinstance(piece, bytes):
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        else:
            await writer.drain()
            await asyncio.sleep(piece)
    writer.write(b"0\r\n\r\n")
    await writer.drain()
    return True


def event(content: object, name: str | None = None) -> bytes:
    """One server-sent event."""
    told = content if isinstance(content, str) else json.dumps(content)
    return (f"event: {name}\n" if name else "").encode() + f"data: {told}\n\n".encode()


def json_reply(status: int, body: object, headers: Mapping[str, str] | None = None) -> Reply:
    """An error as a provider gives it."""
    text = body if isinstance(body, str) else json.dumps(body)
    return Reply([text.encode()], status, headers or {}, "application/json")


def openai_chunk(delta: Mapping[str, Any] | None = None, finish: str | None = None, **more: Any) -> bytes:
    """One chunk of a chat completion; without a delta it has no choices."""
    choices = [] if delta is None else [{"index": 0, "delta": dict(delta), "finish_reason": finish}]
    return event({"id": "c", "object": "chat.completion.chunk", "model": "model-2026", "choices": choices, **more})


def anthropic_event(kind: str, **more: Any) -> bytes:
    """One event of a Messages stream."""
    return event({"type": kind, **more}, kind)


def anthropic_block(index: int, kind: str, field_name: str, pieces: Iterable[str]) -> list[bytes]:
    """The events of one content block whose deltas hold ``pieces``."""
    delta = {"text": "text_delta", "thinking": "thinking_delta"}[kind]
    return [
        anthropic_event("content_block_start", index=index, content_block={"type": kind, field_name: ""}),
        *(
            anthropic_event("content_block_delta", index=index, delta={"type": delta, field_name: piece})
            for piece in pieces
        ),
        anthropic_event("content_block_stop", index=index),
    ]
