"""The planted server's own process: HTTP/1.1 with keep-alive, on a bare asyncio protocol, never the limit."""

import asyncio
import json
import re
import sys
import time
from collections import defaultdict
from typing import Any

from tests.planted.plan import Outcome, PlantedPlan, digest_of, key_of, plan_from
from tests.planted.wire import REFUSAL_TEXT, Moment, Tokens, failure, stream, tokens_of, whole

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
FULL = Outcome("status", status=429, retry_after_s=0.05, message="too many at once")


class Ledger:
    """The plan, and every request that was seen."""

    def __init__(self, plan: PlantedPlan) -> None:
        self.at_once = 0
        self.use(plan)

    def use(self, plan: PlantedPlan) -> None:
        """Begin anew with this plan."""
        self.plan = plan
        self.calls: list[dict[str, Any]] = []
        self.seen: dict[str, int] = defaultdict(int)
        self.began: float | None = None

    def frozen_until(self, now: float) -> float:
        """When a request that arrives ``now`` (s) begins to be served."""
        plan = self.plan
        if self.began is None:
            self.began = now
        if plan.stall_period_ms:
            period, stall = plan.stall_period_ms / 1000, plan.stall_ms / 1000
            into = (now - self.began) % period
            return now - into + stall if into < stall and now - self.began >= period else now
        is_struck = plan.stall_every and len(self.calls) % plan.stall_every == plan.stall_every - 1
        return now + plan.stall_ms / 1000 if is_struck else now


class Conversation(asyncio.Protocol):
    """One client connection; its requests one after the other."""

    def __init__(self, ledger: Ledger, loop: asyncio.AbstractEventLoop) -> None:
        self.ledger, self.loop = ledger, loop
        self.buffer, self.requests = b"", 0
        self.transport: asyncio.Transport
        self.timer: asyncio.TimerHandle | None = None
        self.call: dict[str, Any] | None = None
        self.moments: list[Moment] = []
        self.next, self.served_at, self.received_at = 0, 0.0, 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if self.timer is not None:
            self.timer.cancel()
        if self.call is not None:
            self.call["left_ms"] = (self.loop.time() - self.received_at) * 1000
            self._done()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0 or self.call is not None:
            return
        head = self.buffer[:end]
        length = _LENGTH.search(head)
        until = end + 4 + (int(length[1]) if length else 0)
        if len(self.buffer) < until:
            return
        body, self.buffer = self.buffer[end + 4 : until], self.buffer[until:]
        path = head.split(b" ", 2)[1]
        if path.startswith(b"/_"):
            self._manage(path, body)
        else:
            self._serve(path.decode(), body)

    def _manage(self, path: bytes, body: bytes) -> None:
        if path == b"/_plan":
            self.ledger.use(plan_from(body.decode()))
        elif path == b"/_forget":
            self.ledger.use(self.ledger.plan)
        said = json.dumps(self.ledger.calls) if path == b"/_journal" else "{}"
        self.transport.write(whole(200, said.encode()))

    def _serve(self, path: str, body: bytes) -> None:
        ledger, plan = self.ledger, self.ledger.plan
        self.received_at = self.loop.time()
        self.served_at = ledger.frozen_until(self.received_at)
        api = "anthropic" if path.endswith("/messages") else "openai"
        request, digest = json.loads(body), digest_of(body)
        occurrence = ledger.seen[digest]
        ledger.seen[digest] += 1
        prompt = _last_user(request)
        outcome = plan.outcome(key_of(api, request, prompt), occurrence)
        if plan.most_at_once is not None and ledger.at_once >= plan.most_at_once:
            outcome = FULL
        text = REFUSAL_TEXT if outcome.kind == "refusal" else plan.answer_to(prompt)
        spent = tokens_of(plan, request, text)
        self.call = _entry(outcome, spent) | {
            "number": len(ledger.calls),
            "digest": digest,
            "occurrence": occurrence,
            "api": api,
            "model": request.get("model"),
            "prompt": prompt,
            "received_at": time.time(),
            "on_connection": self.requests,
            "text": text if outcome.is_charged else "",
        }
        self.requests += 1
        ledger.calls.append(self.call)
        ledger.at_once += 1
        if outcome.kind == "hang":
            return
        is_error = outcome.kind == "status"
        self.moments = failure(plan, outcome, api) if is_error else stream(plan, outcome, api, request, text, spent)
        self.next = 0
        self._go_on()

    def _go_on(self) -> None:
        """Send what is due, in one write, and come back for the rest."""
        assert self.call is not None
        now, due, marks = self.loop.time(), [], []
        while self.next < len(self.moments):
            moment = self.moments[self.next]
            at = self.served_at + moment.at_ms / 1000
            if at > now + 0.0005:
                break
            self.next += 1
            if moment.data is None:
                self.transport.write(b"".join(due))
                self._done()
                self.transport.abort()
                return
            due.append(moment.data)
            if moment.mark:
                marks.append(moment.mark)
        if due:
            self.transport.write(b"".join(due))
            passed_ms = (self.loop.time() - self.received_at) * 1000
            for mark in marks:
                self.call[f"{mark}_ms"] = passed_ms
            if "first_visible" in marks:
                self.call.setdefault("first_token_ms", passed_ms)
        if self.next < len(self.moments):
            at = self.served_at + self.moments[self.next].at_ms / 1000
            self.timer = self.loop.call_at(at, self._go_on)
        else:
            self.call["is_whole"] = True
            self._done()

    def _done(self) -> None:
        assert self.call is not None
        self.call["ended_ms"] = (self.loop.time() - self.received_at) * 1000
        self.ledger.at_once -= 1
        self.call, self.timer = None, None
        if self.buffer and not self.transport.is_closing():
            self.data_received(b"")


def _entry(outcome: Outcome, spent: Tokens) -> dict[str, Any]:
    charged = spent if outcome.is_charged else Tokens(0, 0, 0, 0, 0)
    return {
        "outcome": outcome.kind,
        "status": outcome.status if outcome.kind == "status" else 200,
        "is_charged": outcome.is_charged,
        "is_whole": False,
        "input_tokens": charged.input,
        "cached_tokens": charged.cached,
        "cache_write_tokens": charged.cache_write,
        "reasoning_tokens": charged.reasoning,
        "output_tokens": charged.output,
    }


def _last_user(request: dict[str, Any]) -> str:
    for message in reversed(request.get("messages", [])):
        if message.get("role") == "user":
            content = message.get("content", "")
            return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    return ""


async def serve(plan: PlantedPlan, port: int) -> None:
    """Serve on loopback until standard input closes: with its parent, this process ends too."""
    loop, ledger = asyncio.get_running_loop(), Ledger(plan)
    server = await loop.create_server(lambda: Conversation(ledger, loop), "127.0.0.1", port, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
