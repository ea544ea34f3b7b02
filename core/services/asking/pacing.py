"""How many requests one place gets at once: more while it copes, half as many when it does not (AIMD)."""

import asyncio
from collections import deque

from core.domain.answering import FaultKind
from core.providers.base import RateLimits

START = 16.0
MOST = 1024.0
DECREASE = 0.5
LONGEST_HOLD_S = 120.0
LONGEST_PAUSE_S = 32.0
_TOO_MUCH = frozenset({FaultKind.RATE_LIMIT, FaultKind.OVERLOAD, FaultKind.TIMEOUT})


class Pace:
    """Lets so many requests through to one place (``Endpoint.place``) as it can take, in one event loop.

    ``limit`` grows by one with each success until the first sign of trouble, then by one for as many successes as are
    in flight (additive increase); a rate limit, an overload or a timeout halves it (multiplicative decrease), once for
    all requests that were under way together. When the place says that nothing remains (of requests, tokens …), nobody
    enters until something does; nor, where one at a time is still too much for its rate limit, for as long as it asks,
    or 2 s, 4 s, … 32 s.
    """

    def __init__(self, most_at_once: int | None = None) -> None:
        self.most = min(MOST, float(most_at_once or MOST))
        self.limit = min(START, self.most)
        self.in_flight = 0
        self._is_rising_fast = True
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._decreased_at = float("-inf")
        self._held_until = float("-inf")
        self._rate_limits_in_a_row = 0

    @property
    def is_held(self) -> bool:
        """Whether the place asked for fewer requests and nobody enters now: who has another place to go to may go."""
        return asyncio.get_running_loop().time() < self._held_until

    async def enter(self) -> float:
        """Wait for a place in flight; gives the loop's time at which it was had. Every one is followed by ``leave``."""
        loop = asyncio.get_running_loop()
        if not self._waiting and self.in_flight < int(self.limit) and loop.time() >= self._held_until:
            self.in_flight += 1
            return loop.time()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise
        return loop.time()

    def leave(self) -> None:
        """A request is no longer in flight."""
        self.in_flight -= 1
        self._let_in()

    def went_well(self, limits: RateLimits | None, *, most_s: float = LONGEST_HOLD_S) -> None:
        """The place answered: a little more from now on, if what there is was used.

        ``most_s``: nobody is held up for longer than that.
        """
        self._rate_limits_in_a_row = 0
        if self.in_flight >= int(self.limit) // 2:
            self.limit = min(self.most, self.limit + (1.0 if self._is_rising_fast else 1.0 / self.limit))
        self._heed(limits, most_s)
        self._let_in()

    def went_wrong(
        self,
        kind: FaultKind,
        limits: RateLimits | None,
        *,
        entered_at: float,
        retry_after_s: float | None = None,
        most_s: float = LONGEST_HOLD_S,
    ) -> None:
        """The place failed: half as much if it was too much for it.

        ``entered_at``: what ``enter`` gave. ``most_s``: nobody is held up for longer than that.
        """
        if kind in _TOO_MUCH and entered_at >= self._decreased_at:
            if kind is FaultKind.RATE_LIMIT and self.limit < 2:
                self._rate_limits_in_a_row += 1
                pause_s = min(LONGEST_PAUSE_S, 2.0 ** min(self._rate_limits_in_a_row, 9))
                self._hold(max(retry_after_s or 0.0, pause_s), most_s)
            self.limit = max(1.0, self.limit * DECREASE)
            self._is_rising_fast = False
            self._decreased_at = asyncio.get_running_loop().time()
        self._heed(limits, most_s)

    def _heed(self, limits: RateLimits | None, most_s: float) -> None:
        if limits is not None and limits.wait_s:
            self._hold(limits.wait_s, most_s)

    def _hold(self, seconds: float, most_s: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + min(seconds, most_s, LONGEST_HOLD_S)
        if until > self._held_until:
            self._held_until = until
            loop.call_at(until, self._let_in)

    def _let_in(self) -> None:
        if asyncio.get_running_loop().time() < self._held_until:
            return
        while self._waiting and self.in_flight < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)
