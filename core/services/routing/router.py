"""Running the table: a prompt goes to its category's primary, and to the next where that fails or takes too long.

The latency threshold is a route's timeout and runs to the whole answer, as the latencies it was made from do, and as
the timeouts of LiteLLM and Portkey do. Nobody else is asked before it has passed, and whoever is passed over is asked
no further: two never work on one request at a time.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Engine

from core import clock
from core.domain.routing import FellBack
from core.errors import EvenhandError
from core.providers.base import Completion, Message
from core.services.asking.asking import DEADLINE_S, Connections
from core.services.prices import Pricer
from core.services.routing.outcomes import RouteTry, record
from core.services.routing.plans import Plan, TableInForce, table_in_force
from core.services.routing.resting import Resting
from core.services.routing.turn import Turn, endpoints_of
from core.storage.engine import reading
from core.storage.tables import Candidate

LOOK_AGAIN_S = 5.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Routed:
    """An answer and the way to it."""

    plan: Plan
    answer: Completion
    answered_by: Candidate
    fell_back: FellBack | None
    """Why the primary did not answer; None: it did."""
    tries: tuple[RouteTry, ...]
    latency_ms: float
    """Over all attempts."""
    first_visible_ms: float | None
    cost_usd: float | None
    """Of all attempts; None: a price is not known."""
    outcome_id: int | None
    """None: it could not be written, and a log line says why."""


class RouteFailed(EvenhandError):
    """Nobody of a route answered; the message says why not, one by one."""


class Router:
    """Sends prompts by the table in force; for any number at once, in one event loop.

    ``async with Router(engine) as router``. A table that somebody accepts counts within LOOK_AGAIN_S seconds.
    """

    def __init__(self, engine: Engine, *, dataset: str | None = None, connections: Connections | None = None) -> None:
        self._engine, self._dataset = engine, dataset
        self._connections, self._pricer = connections or Connections(), Pricer(engine)
        self._resting = Resting()
        self._table: TableInForce | None = None
        self._looked_at = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connections.close()

    async def send(self, messages: Sequence[Message], category: str | None = None) -> Routed:
        """The answer of the category's route. Each request leaves one outcome, an unanswered one too.

        Raises RouteFailed where nobody answered, and BadInput where there is neither a table nor a champion.
        """
        plan, began = (await self._in_force()).plan(category), time.perf_counter()
        turn = Turn(self._connections, self._pricer, messages)
        fell_back: FellBack | None = None
        for place, candidate in enumerate(plan.candidates):
            left_s = DEADLINE_S - (time.perf_counter() - began)
            completion = await self._ask(turn, plan, place, left_s)
            if completion is not None:
                return await self._answered(plan, turn, candidate, completion, fell_back, began)
            fell_back = fell_back or turn.tries[-1].fell_back
        await self._written(plan, turn, None, fell_back, began, None)
        raise RouteFailed(_failed(plan, turn))

    async def _in_force(self) -> TableInForce:
        now = time.monotonic()
        if self._table is None or now - self._looked_at > LOOK_AGAIN_S:
            self._table, self._looked_at = await asyncio.to_thread(self._look), now
            asked = self._table.candidates.values()
            await self._connections.load(each for candidate in asked for each in endpoints_of(candidate))
        return self._table

    def _look(self) -> TableInForce:
        with reading(self._engine) as session:
            return table_in_force(session, self._dataset)

    async def _ask(self, turn: Turn, plan: Plan, place: int, left_s: float) -> Completion | None:
        """Ask one of the route. Whoever has somebody behind it has the threshold, the last one what is left."""
        candidate, is_last = plan.candidates[place], place == len(plan.candidates) - 1
        id = candidate.id or 0
        resting = None if is_last else self._resting.why(id, time.monotonic())
        if resting is not None:
            turn.passed_over(id, resting, "it failed several times in a row and is left alone for a while")
            return None
        threshold_s = (plan.route.timeout_ms or 1000 * DEADLINE_S / 2) / 1000
        completion = await turn.ask(candidate, left_s if is_last else min(threshold_s, left_s), is_last=is_last)
        if completion is not None:
            self._resting.answered(id)
        elif turn.tries[-1].was_sent:
            self._resting.failed(id, turn.tries[-1].fell_back or FellBack.FAILED, time.monotonic())
        return completion

    async def _answered(
        self, plan: Plan, turn: Turn, candidate: Candidate, answer: Completion, fell_back: FellBack | None, began: float
    ) -> Routed:
        latency_ms = 1000 * (time.perf_counter() - began)
        first = answer.timings.first_visible_ms
        before_ms = max(latency_ms - answer.timings.latency_ms, 0.0)
        first_visible_ms = None if first is None else before_ms + first
        outcome = await self._written(plan, turn, candidate.id, fell_back, began, first_visible_ms)
        return Routed(
            plan, answer, candidate, fell_back, tuple(turn.tries), latency_ms, first_visible_ms, turn.cost_usd, outcome
        )

    async def _written(
        self,
        plan: Plan,
        turn: Turn,
        answered: int | None,
        fell_back: FellBack | None,
        began: float,
        first_visible_ms: float | None,
    ) -> int | None:
        """Write the outcome. Where that fails the answer is not lost: who waits for it gets it."""
        row: dict[str, Any] = {
            "dataset": plan.dataset,
            "proposed_id": plan.version,
            "category": plan.category,
            "primary_id": plan.route.primary,
            "answered_id": answered,
            "fell_back_because": None if fell_back is None else str(fell_back),
            "tries": [asdict(one) for one in turn.tries],
            "latency_ms": 1000 * (time.perf_counter() - began),
            "first_visible_ms": first_visible_ms,
            "cost_usd": turn.cost_usd,
            "created_at": clock.now(),
        }
        try:
            return await asyncio.to_thread(record, self._engine, row)
        except Exception:
            _log.exception("the outcome of a routed request could not be written")
            return None


def _failed(plan: Plan, turn: Turn) -> str:
    names = {one.id: one.name for one in plan.candidates}
    said = "; ".join(f"{names[one.candidate_id]}: {one.problem}" for one in turn.tries)
    return f"Nobody answered{f' for {plan.category}' if plan.category else ''}. {said}"
