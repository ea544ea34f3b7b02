"""A server that sends without end, and a client in a process of its own that says how much memory that took it."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MIB = 2**20
FAR_TOO_MUCH = 200 * MIB
_PROJECT = Path(__file__).resolve().parents[2]


def chunk(content: str = "", **more: Any) -> bytes:
    """An event of a chat completion."""
    choice = {"index": 0, "delta": {"content": content, **more}, "finish_reason": None}
    return f"data: {json.dumps({'id': 'c', 'model': 'm', 'choices': [choice]})}\n\n".encode()


def _event(kind: str, **more: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode()


def _again(block: bytes, total: int = FAR_TOO_MUCH) -> Iterator[bytes]:
    yield from (block for _ in range(total // len(block)))


def _packed(wbits: int, times: int = 1) -> bytes:
    """Four hundred MiB of nothing as one event, packed into less than one."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    body = b"".join(packer.compress(b"data: " + b" " * MIB) for _ in range(400)) + packer.flush()
    for _ in range(times - 1):
        again = zlib.compressobj(9, zlib.DEFLATED, wbits)
        body = again.compress(body) + again.flush()
    return body


_GZIP, _DEFLATE = 31, 15
_FINISHED = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
WAYS: dict[str, tuple[int, str, Callable[[], Iterator[bytes]]]] = {
    "one line without end": (200, "", lambda: _again(b"x" * MIB)),
    "one event of lines without end": (200, "", lambda: _again(b"data: 12345678\n" * 65536)),
    "fields without end": (200, "", lambda: _again(b"event: 12345678\nid: 1\n" * 65536)),
    "an answer without end": (200, "", lambda: _again(chunk("ab") * 8192)),
    "an answer of long pieces without end": (200, "", lambda: _again(chunk("word " * 100_000))),
    "thoughts without end": (200, "", lambda: _again(chunk(reasoning_content="ab") * 8192)),
    "empty pieces without end": (200, "", lambda: _again(chunk() * 8192)),
    "comments without end": (200, "", lambda: _again(b": still here\n\n" * 65536)),
    "an error without end": (500, "", lambda: _again(b"x" * MIB)),
    "a refusal without end": (401, "", lambda: _again(b'{"error": ' * 65536)),
    "a redirect without end": (307, "", lambda: _again(b"x" * MIB)),
    "a gzip bomb": (200, "gzip", lambda: iter([_packed(_GZIP)])),
    "a deflate bomb": (200, "deflate", lambda: iter([_packed(_DEFLATE)])),
    "a gzip bomb in gzip": (200, "gzip, gzip", lambda: iter([_packed(_GZIP, 2)])),
    "a gzip bomb as an error": (503, "gzip", lambda: iter([_packed(_GZIP)])),
    "a brotli answer": (200, "br", lambda: _again(b"\x00" * MIB)),
    "a zstd answer": (200, "zstd", lambda: _again(b"\x28\xb5\x2f\xfd" * 65536)),
    "thoughts of Claude without end": (
        200, "", lambda: _again(_event("content_block_delta", delta={"thinking": "ab"}) * 8192)
    ),
    "pings of Claude without end": (200, "", lambda: _again(_event("ping") * 8192)),
}  # fmt: skip
"""What is sent: the status, how it says that it is packed, and the bytes."""


class HostileServer:
    """Answers ``POST /<number of a way>/…`` on a free port of 127.0.0.1 with what that way sends."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(65536)
            way = list(WAYS)[int(head.split(b"/")[1])] if head.split(b"/")[1].isdigit() else "headers"
            try:
                self._send(connection, way)
            except OSError:
                return

    def _send(self, connection: socket.socket, way: str) -> None:
        if way == "headers":
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            for number in range(FAR_TOO_MUCH // 4096):
                connection.sendall(b"x-%d: %s\r\n" % (number, b"x" * 4080))
            return
        status, packing, blocks = WAYS[way]
        packed = f"content-encoding: {packing}\r\n" if packing else ""
        head = f"HTTP/1.1 {status} Hostile\r\ncontent-type: text/event-stream\r\nlocation: /\r\n{packed}\r\n"
        connection.sendall(head.encode())
        for block in blocks():
            connection.sendall(block)


@contextmanager
def hostile() -> Iterator[HostileServer]:
    """A server that runs until the end of the block."""
    server = HostileServer()
    try:
        yield server
    finally:
        server.close()


class Client:
    """Makes each attempt in a process of its own, forked from one that has loaded everything."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.providers.hostile"]
        self._process = subprocess.Popen(
            command, cwd=_PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def asks(self, url: str, api: str) -> dict[str, Any]:
        """What one attempt at ``url`` came to: the fault's kind and MiB that it took more."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{url} {api}\n")
        found = json.loads(self._process.stdout.readline())
        assert found is not None, "the attempt's process ended without a word"
        return found

    def close(self) -> None:
        """End the process; it ends with its input."""
        self._process.communicate(timeout=30)


def _attempt(url: str, api: str) -> dict[str, Any]:
    import asyncio

    from core.providers import open_provider
    from core.providers.base import ChatRequest, ProviderFault
    from core.providers.presets import endpoint_of

    def once(base_url: str, timeout_s: float) -> ProviderFault | None:
        async def run() -> None:
            endpoint = endpoint_of(api, "m", {"base_url": base_url, "api_key_env": ""})
            provider = open_provider(endpoint)
            try:
                await provider.complete(endpoint, ChatRequest([{"role": "user", "content": "?"}]), timeout_s=timeout_s)
            finally:
                await provider.close()

        try:
            asyncio.run(run())
        except ProviderFault as fault:
            return fault
        return None

    once("http://127.0.0.1:9", 5.0)  # everything is loaded, so that what is measured is the answer
    resource.setrlimit(resource.RLIMIT_AS, (3000 * MIB, 3000 * MIB))
    before = _most_memory_mib()
    fault = once(url, 40.0)
    return {"kind": fault and fault.kind.value, "message": str(fault), "mib": _most_memory_mib() - before}


def _most_memory_mib() -> float:
    """The most that this process has had in memory; what getrusage tells includes whoever started it."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def _attempts() -> None:
    """One forked process for each line of standard input."""
    from core.providers import open_provider  # noqa: F401 - loaded before the fork

    for line in sys.stdin:
        child = os.fork()
        if not child:
            signal.alarm(120)
            sys.stdout.write(json.dumps(_attempt(*line.split())) + "\n")
            sys.stdout.flush()
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            sys.stdout.write("null\n")
            sys.stdout.flush()


if __name__ == "__main__":
    _attempts()
