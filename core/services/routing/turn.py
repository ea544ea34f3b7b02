"""One request on its way along a route: each candidate asked in its own settings, each attempt with what it cost."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.domain.answering import FaultKind
from core.domain.routing import FellBack
from core.errors import BadInput
from core.providers import presets
from core.providers.base import ChatRequest, Completion, Endpoint, Message, ProviderFault
from core.services.asking.asking import Connections, Tried, ask
from core.services.asking.costing import ceiling_usd, cost_of, most_output
from core.services.prices import Pricer
from core.services.routing.outcomes import RouteTry
from core.settings import without_secrets
from core.storage.tables import Candidate

_LEEWAY_S = 0.05
_WHY = {
    FaultKind.RATE_LIMIT: FellBack.RATE_LIMITED,
    FaultKind.OVERLOAD: FellBack.RATE_LIMITED,
    FaultKind.TIMEOUT: FellBack.TOO_SLOW,
    FaultKind.CANCELLED: FellBack.TOO_SLOW,
}


def endpoints_of(candidate: Candidate) -> list[Endpoint]:
    """Where it is asked, the first place first; nowhere where only its name is known, or an admin has to allow it."""
    try:
        return presets.endpoints_of(candidate.provider or "", candidate.model or "", candidate.settings)
    except BadInput:
        return []


@dataclass
class Turn:
    """A request under way."""

    connections: Connections
    pricer: Pricer
    messages: Sequence[Message]
    tries: list[RouteTry] = field(default_factory=list)

    @property
    def cost_usd(self) -> float | None:
        """Of all attempts; None: a price is not known."""
        costs = [one.cost_usd for one in self.tries]
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    def passed_over(self, candidate: int, because: FellBack, problem: str) -> None:
        """Note somebody who was not asked."""
        self.tries.append(RouteTry(candidate, 0.0, 0.0, because, problem, was_sent=False))

    async def ask(self, candidate: Candidate, within_s: float, *, is_last: bool) -> Completion | None:
        """Its answer, or None with the reason in the last of ``tries``.

        Who has somebody behind it is asked once at each of its endpoints; the last one as often as the time allows.
        """
        try:
            endpoints = presets.endpoints_of(candidate.provider or "", candidate.model or "", candidate.settings)
            request = presets.request_of(candidate.settings, self.messages)
        except BadInput as error:
            self.passed_over(candidate.id or 0, FellBack.CANNOT_BE_ASKED, without_secrets(str(error)))
            return None
        request = replace(request, max_tokens=most_output(candidate.settings))
        if is_last:
            return await self._within(candidate, endpoints, request, within_s)
        until = time.perf_counter() + within_s
        for number, endpoint in enumerate(endpoints):
            left_s = until - time.perf_counter()
            if left_s <= 0:
                break
            answer = await self._once(candidate, endpoint, request, left_s, is_fallback=number > 0)
            if answer is not None:
                return answer
        return None

    async def _once(
        self, candidate: Candidate, endpoint: Endpoint, request: ChatRequest, within_s: float, *, is_fallback: bool
    ) -> Completion | None:
        try:
            is_held = self.connections.to(endpoint)[1].is_held
        except Exception:  # asking says what is wrong with it
            is_held = False
        if is_held:
            self.passed_over(candidate.id or 0, FellBack.RATE_LIMITED, "its endpoint asked for fewer requests")
            return None
        return await self._within(candidate, [endpoint], request, within_s, most=1, is_fallback=is_fallback)

    async def _within(
        self,
        candidate: Candidate,
        endpoints: Sequence[Endpoint],
        request: ChatRequest,
        within_s: float,
        *,
        most: int = 6,
        is_fallback: bool = False,
    ) -> Completion | None:
        account, before = _Account(self, candidate, request, is_fallback), len(self.tries)
        try:
            # Waiting for a place among those in flight counts here, which it does not in ``ask``.
            async with asyncio.timeout(within_s + _LEEWAY_S):
                return await ask(
                    self.connections, endpoints, request, deadline_s=within_s, journal=account, most_attempts=most
                )
        except ProviderFault:
            return None
        except TimeoutError:
            if len(self.tries) == before:
                self.passed_over(
                    candidate.id or 0, FellBack.TOO_SLOW, "too many requests were under way at its endpoint"
                )
            return None


@dataclass
class _Account:
    """The journal of one candidate's attempts."""

    turn: Turn
    candidate: Candidate
    request: ChatRequest
    is_fallback: bool

    async def before(self, endpoint: Endpoint, number: int) -> None:
        """Nothing is set aside for one request."""

    async def after(self, attempt: Tried) -> None:
        """Keep how long it took and what it cost."""
        attempt = replace(attempt, is_fallback=attempt.is_fallback or self.is_fallback)
        settings, pricer, came = self.candidate.settings, self.turn.pricer, attempt.completion or attempt.fault
        assert came is not None
        most = ceiling_usd(
            pricer, attempt.endpoint, settings, self.request, at=attempt.started_at, is_fallback=attempt.is_fallback
        )
        cost = cost_of(pricer, attempt, settings, self.request, ceiling=most)
        fault = attempt.fault
        self.turn.tries.append(
            RouteTry(
                self.candidate.id or 0,
                came.timings.latency_ms,
                cost.cost_usd,
                None if fault is None else _WHY.get(fault.kind, FellBack.FAILED),
                "" if fault is None else without_secrets(str(fault)),
            )
        )
