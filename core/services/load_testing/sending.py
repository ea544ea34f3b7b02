"""Sending requests when they are due, whether or not earlier ones were answered, and timing each from that moment."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core import clock
from core.domain.answering import FaultKind
from core.providers.base import ChatRequest, Completion, Endpoint, Provider, ProviderFault
from core.services.asking.asking import Tried
from core.services.asking.budget import Budget
from core.services.asking.costing import ceiling_usd, cost_of
from core.services.prices import Pricer

_LEAD_S = 0.05
_LOOK_EVERY_S = 0.1


@dataclass(frozen=True)
class SentRequest:
    """One request that was sent. Times in ms;

    Latencies count from when it was due; ``latency_ms`` of a timeout is how long was waited.
    """

    prompt_id: int
    due_s: float
    """When it should have been, from the start of its rate."""
    lag_ms: float
    """How much later than due it was sent, for which this machine is to blame."""
    latency_ms: float
    from_send_ms: float
    """By a clock started at sending."""
    first_visible_ms: float | None
    fault: FaultKind | None
    cost_usd: float | None
    problem: str = ""


@dataclass
class Limits:
    """What ends a load test before its time, over all its rates."""

    budget: Budget
    max_calls: int | None
    calls: int = 0
    reached: str | None = None
    """Which limit ended the test."""
    is_unpriced: bool = False

    @property
    def cost_usd(self) -> float | None:
        """What was spent, at most where a request was broken off; None where the price of some of it is not known."""
        return None if self.is_unpriced else self.budget.spent_usd

    def may_send(self, most_usd: float | None) -> bool:
        """Set the most that a request can cost aside; False, for good, where a limit forbids it."""
        if self.reached is not None:
            return False
        if self.max_calls is not None and self.calls >= self.max_calls:
            self.reached = "call limit"
        elif self.budget.take(most_usd):
            self.calls += 1
        else:
            self.reached = "spending limit"
        return self.reached is None

    def settle(self, most_usd: float | None, cost_usd: float | None) -> None:
        """A request has ended; a cost that is not known counts as the most."""
        self.budget.settle(most_usd, cost_usd)
        self.is_unpriced = self.is_unpriced or (cost_usd is None and most_usd is None)


@dataclass(frozen=True)
class Target:
    """Who is tested, and how it is priced."""

    provider: Provider
    endpoint: Endpoint
    settings: Mapping[str, Any]
    pricer: Pricer
    timeout_s: float


@dataclass(frozen=True)
class Asked:
    """A prompt's first turn as it is sent."""

    prompt_id: int
    request: ChatRequest


class Sender:
    """Sends to a target. ``cancelled`` is asked ten times a second; ``told`` hears how many were sent."""

    def __init__(
        self, target: Target, limits: Limits, *, cancelled: Callable[[], bool], told: Callable[[int], None]
    ) -> None:
        self._target, self._limits = target, limits
        self._cancelled, self._told = cancelled, told
        self.is_cancelled = False
        self._looked_at = float("-inf")

    async def send(self, due: Sequence[float], asked: Sequence[Asked]) -> list[SentRequest]:
        """Send ``asked[i]`` at ``due[i]`` seconds from now; every request that ended, in the order of their ends."""
        loop, sent, under_way = asyncio.get_running_loop(), list[SentRequest](), set[asyncio.Task[None]]()
        start = loop.time() + _LEAD_S
        for due_s, each in zip(due, asked, strict=True):
            if not await self._wait_until(start + due_s):
                break
            now = clock.now()
            target = self._target
            most = ceiling_usd(target.pricer, target.endpoint, target.settings, each.request, at=now)
            if not self._limits.may_send(most):
                break
            task = asyncio.create_task(self._send(each, due_s, start, most, sent))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        while under_way:
            await asyncio.wait(under_way, timeout=_LOOK_EVERY_S)
            if self._is_to_end():
                for task in under_way:
                    task.cancel()
        self._told(self._limits.calls)
        return sent

    def _is_to_end(self) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._looked_at >= _LOOK_EVERY_S:
            self._looked_at = now
            self._told(self._limits.calls)
            self.is_cancelled = self.is_cancelled or self._cancelled()
        return self.is_cancelled

    async def _wait_until(self, moment: float) -> bool:
        loop = asyncio.get_running_loop()
        while not self._is_to_end():
            left = moment - loop.time()
            if left <= 0:
                return True
            await asyncio.sleep(min(left, _LOOK_EVERY_S))
        return False

    async def _send(
        self, asked: Asked, due_s: float, start: float, most: float | None, sent: list[SentRequest]
    ) -> None:
        loop, target = asyncio.get_running_loop(), self._target
        lag_s = loop.time() - start - due_s
        tried = Tried(1, target.endpoint, is_fallback=False, started_at=clock.now())
        ended: Completion | ProviderFault
        try:
            left_s = max(0.001, target.timeout_s - lag_s)
            ended = await target.provider.complete(target.endpoint, asked.request, timeout_s=left_s)
            tried = replace(tried, completion=ended)
        except ProviderFault as fault:
            ended, tried = fault, replace(tried, fault=fault)
        except asyncio.CancelledError:
            self._limits.settle(most, None)
            raise
        cost = cost_of(target.pricer, tried, target.settings, asked.request, ceiling=most)
        self._limits.settle(most, cost.cost_usd)
        visible = ended.timings.first_visible_ms
        sent.append(
            SentRequest(
                prompt_id=asked.prompt_id,
                due_s=due_s,
                lag_ms=lag_s * 1000,
                latency_ms=lag_s * 1000 + ended.timings.latency_ms,
                from_send_ms=ended.timings.latency_ms,
                first_visible_ms=None if visible is None else lag_s * 1000 + visible,
                fault=tried.fault.kind if tried.fault else None,
                cost_usd=cost.cost_usd,
                problem=str(tried.fault or ""),
            )
        )
