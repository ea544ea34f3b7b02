"""The spending limit of runs, load tests and judges: what an attempt can cost is set aside before it is sent."""

import asyncio
from collections import deque

from core.services.asking.asking import SpendingStopped

_ROUNDING_USD = 1e-12


class Budget:
    """What may be spent, in one event loop. ``spent_usd``: by attempts that ended, earlier processes' too.

    ``max_usd`` None: no cap. Spent and set aside together never exceed the cap, so that as long as no attempt costs
    more than was set aside for it, the cap is never exceeded.
    """

    def __init__(self, max_usd: float | None, spent_usd: float = 0.0) -> None:
        self.max_usd, self.spent_usd = max_usd, spent_usd
        self.set_aside_usd = 0.0
        self.is_exhausted = False
        self._under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def take(self, ceiling_usd: float | None) -> bool:
        """Set the most that an attempt can cost aside where that fits now, and say whether it did.

        None: not known, which counts as nothing. Each that fits is followed by ``settle``.
        """
        most_usd = ceiling_usd or 0.0
        if self.max_usd is not None and self.spent_usd + self.set_aside_usd + most_usd > self.max_usd + _ROUNDING_USD:
            return False
        self.set_aside_usd += most_usd
        self._under_way += 1
        return True

    async def set_aside(self, ceiling_usd: float | None) -> None:
        """Set the most that an attempt can cost aside, once that fits. Each is followed by ``settle``.

        Waits while others are under way, which usually cost less than was set aside for them. Raises SpendingStopped
        when none is under way and it still does not fit; from then on for everybody.
        """
        if self.max_usd is not None and ceiling_usd is None:
            raise SpendingStopped("The price is not known, so the spending cap cannot be kept.")
        while not self.is_exhausted:
            if self.take(ceiling_usd):
                return
            if self._under_way == 0:
                self.is_exhausted = True
                self._wake()
                break
            await self._wait()
        raise SpendingStopped(f"The spending cap of {self.max_usd or 0.0:g} USD does not allow the next attempt.")

    def settle(self, ceiling_usd: float | None, cost_usd: float | None) -> None:
        """An attempt has ended and cost this; None: not known, so as much as was set aside."""
        self._under_way -= 1
        self.set_aside_usd = max(0.0, self.set_aside_usd - (ceiling_usd or 0.0)) if self._under_way else 0.0
        self.spent_usd += (ceiling_usd or 0.0) if cost_usd is None else cost_usd
        self._wake()

    async def _wait(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
