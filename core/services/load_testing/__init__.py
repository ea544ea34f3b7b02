"""Load tests: requests arrive as users do, at random and without waiting for one another.

A client that waits for an answer before it asks again sends little while the server stalls, and so hardly sees the
stall ("coordinated omission"; Schroeder, Wierman and Harchol-Balter, NSDI 2006; Tene, 2013). Here every request has
the time at which it is due, and its latency counts from there.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session

from core.errors import BadInput, NotFound
from core.providers import open_provider
from core.providers.presets import endpoints_of, request_of
from core.services import prices
from core.services.asking.budget import Budget
from core.services.asking.conversation import asked_at, messages_before
from core.services.asking.costing import most_output
from core.services.load_testing.figures import QUANTILES, figures
from core.services.load_testing.order import LoadOrder, arrivals, check, expected_calls, expected_seconds
from core.services.load_testing.sending import Asked, Limits, Sender, Target
from core.services.runs.orders import RunOrder, chosen_candidates, prompts_of
from core.storage.engine import reading, write
from core.storage.tables import Candidate, LoadTest

__all__ = ["QUANTILES", "LoadOrder", "expected_calls", "expected_seconds", "load_test"]

WHOLE, CANCELLED = "whole", "cancelled"
OnProgress = Callable[[int, int], None]


def load_test(
    engine: Engine,
    order: LoadOrder,
    *,
    now: datetime,
    rng: Random,
    cancelled: Callable[[], bool] = lambda: False,
    on_progress: OnProgress | None = None,
) -> LoadTest:
    """Carry the load test out, here and now, and store it; takes as long as ``expected_seconds`` and the last answers.

    One attempt a request, without retries, without our adaptive pace and at the primary endpoint: what is measured is
    the endpoint. One request goes ahead, so that the connection's libraries are loaded before the clock runs and an
    endpoint that refuses for good is not asked a thousand times. ``cancelled`` is asked ten times a second; what was
    measured until then is kept. ``on_progress`` is told how many requests were sent, of about how many. Results are
    stored after each rate (see figures.figures). Raises BadInput for an order that makes no sense, has no limit, or
    has a spending limit and no known price, and where the first request is refused.
    """
    check(order)
    with reading(engine) as session:
        candidate, asked = _target(session, order, now)
    record = _Record(engine, LoadTest(candidate_id=order.candidate_id, dataset_id=order.dataset_id, started_at=now))
    limits = Limits(Budget(order.max_usd), order.max_calls)
    asyncio.run(_carry_out(engine, order, candidate, asked, limits, rng, cancelled, on_progress, record))
    return record.row


class _Record:
    """The stored load test, which grows with each rate."""

    def __init__(self, engine: Engine, row: LoadTest) -> None:
        self._engine, self.row, self._began = engine, row, time.monotonic()

    def keep(self, results: list[dict[str, Any]], cost_usd: float | None, *, is_over: bool = False) -> None:
        """Write what there is so far."""
        self.row.results, self.row.cost_usd = list(results), cost_usd
        if is_over:
            self.row.finished_at = self.row.started_at + timedelta(seconds=time.monotonic() - self._began)
        self.row = write(self._engine, self._merge)

    def _merge(self, session: Session) -> LoadTest:
        kept = session.merge(self.row)
        session.flush()
        return kept


def _target(session: Session, order: LoadOrder, now: datetime) -> tuple[Candidate, list[Asked]]:
    as_run = RunOrder(order.dataset_id, [order.candidate_id], prompt_ids=order.prompt_ids)
    candidate = chosen_candidates(session, as_run)[0]
    if order.max_usd is not None and prices.rates_of(session, candidate, at=now) is None:
        raise BadInput(
            f"The price of '{candidate.name}' is not known, so a spending limit cannot be kept. "
            "Enter its price on Candidates, or limit the calls instead."
        )
    asked = []
    for prompt in prompts_of(session, as_run):
        if asked_at(prompt.messages) and prompt.id is not None:
            request = request_of(candidate.settings, messages_before(prompt.messages, []))
            most = request.max_tokens or most_output(candidate.settings)
            asked.append(Asked(prompt.id, replace(request, max_tokens=most)))
    if not asked:
        raise NotFound("None of these prompts has a user's message for a candidate to answer. Import prompts first.")
    return candidate, asked


async def _carry_out(
    engine: Engine,
    order: LoadOrder,
    candidate: Candidate,
    asked: list[Asked],
    limits: Limits,
    rng: Random,
    cancelled: Callable[[], bool],
    on_progress: OnProgress | None,
    record: _Record,
) -> None:
    endpoint = endpoints_of(candidate.provider or "", candidate.model or "", candidate.settings)[0]
    target = Target(open_provider(endpoint), endpoint, candidate.settings, prices.Pricer(engine), order.timeout_s)
    planned = [arrivals(rate, order.warm_up_s + order.duration_s, rng) for rate in order.rates_per_s]
    total = 1 + sum(map(len, planned))
    sender = Sender(
        target, limits, cancelled=cancelled, told=lambda sent: on_progress(sent, total) if on_progress else None
    )
    results: list[dict[str, Any]] = []
    try:
        await _go_ahead(sender, asked[0], candidate)
        await asyncio.to_thread(record.keep, results, limits.cost_usd)
        for rate, due in zip(order.rates_per_s, planned, strict=True):
            sent = await sender.send(due, [rng.choice(asked) for _ in due])
            ended = CANCELLED if sender.is_cancelled else limits.reached or WHOLE
            results.append(figures(sent, order, rate_per_s=rate, ended=ended))
            await asyncio.to_thread(record.keep, results, limits.cost_usd)
            if ended != WHOLE:
                break
    finally:
        await target.provider.close()
        if record.row.id is not None:
            await asyncio.to_thread(record.keep, results, limits.cost_usd, is_over=True)


async def _go_ahead(sender: Sender, asked: Asked, candidate: Candidate) -> None:
    for request in await sender.send([0.0], [asked]):
        if request.fault is not None and not request.fault.is_passing:
            problem = f"was refused ({request.fault}), so nothing more was sent: {request.problem}"
            raise BadInput(f"'{candidate.name}' {problem}")
