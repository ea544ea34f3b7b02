"""One question to a judge, and the account of it: a row before each try is sent, completed when it ends."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core import clock
from core.domain.answering import FaultKind
from core.domain.judging import parse_score
from core.domain.scoring.base import Score, unscored
from core.errors import EvenhandError
from core.providers.base import ChatRequest, Endpoint, ProviderFault
from core.providers.presets import endpoint_of
from core.services.asking.asking import DEADLINE_S, Connections, SpendingStopped, Tried, ask
from core.services.asking.budget import Budget
from core.services.asking.costing import ceiling_usd, cost_of
from core.services.asking.process_name import is_surely_dead, me
from core.services.prices import Pricer
from core.services.scoring.records import storable
from core.storage.engine import reading, write
from core.storage.tables import Evaluator, JudgeCall, metadata

_call = metadata.tables["judge_call"]
_LONGEST_REPLY = 20_000
_DEAD_AFTER = timedelta(seconds=2 * DEADLINE_S)
_HELD_BY = "asked by "
NOT_ASKED = "The judge could not be asked"
_ROUNDING_USD = 1e-9
Parse = Callable[[str, str | None], Score]
Keep = Callable[[Session, Score], None]


class AskedElsewhere(EvenhandError):
    """Another process asks the same question at this moment, or has had the answer."""


@dataclass(frozen=True)
class SharedBudget:
    """At most ``max_usd`` for the calls that ``counted`` selects; None: no limit. An open call counts with its most.

    Within a process an asking.budget.Budget keeps it; ``check`` keeps it over several, let in one by one by ``lock``.
    """

    max_usd: float | None
    counted: sa.ColumnElement[bool]
    lock: Any

    def spent_usd(self, session: Session) -> float:
        """What the counted calls have cost."""
        total = sa.select(sa.func.coalesce(sa.func.sum(_call.c.cost_usd), 0.0)).where(self.counted)
        return float(session.execute(total).scalar_one())

    def check(self, session: Session, ceiling: float | None) -> None:
        """Raise SpendingStopped unless ``ceiling`` more may be spent, in the transaction that spends it."""
        session.execute(self.lock)
        if self.max_usd is not None and self.spent_usd(session) + (ceiling or 0.0) > self.max_usd + _ROUNDING_USD:
            raise SpendingStopped(f"The judges' spending cap of {self.max_usd:g} USD does not allow the next call.")


@dataclass(frozen=True)
class JudgeQuestion:
    """What a judge is asked about a response (or two in an order), and how its reply is read.

    ``is_open`` tells, in the transaction of the first try, whether the answer is still wanted. ``keep`` writes what was
    said, in the transaction that completes the call.
    """

    evaluator: Evaluator
    response_id: int
    messages: list[dict[str, str]]
    other_id: int | None = None
    parse: Parse = parse_score
    is_open: Callable[[Session], bool] = lambda session: True  # noqa: ARG005
    keep: Keep = lambda session, said: None  # noqa: ARG005


class Asker:
    """Asks judges, for one event loop; keeps the account and the cap."""

    def __init__(
        self, engine: Engine, connections: Connections, cap: SharedBudget, pricer: Pricer | None = None
    ) -> None:
        self.engine, self.connections, self.cap = engine, connections, cap
        self.pricer = pricer or Pricer(engine)
        with reading(engine) as session:
            self.budget = Budget(cap.max_usd, cap.spent_usd(session) if cap.max_usd is not None else 0.0)

    async def put(self, question: JudgeQuestion) -> tuple[Score, ProviderFault | None]:
        """What the judge said, or unscored with the fault after which the attempt loop gave up.

        Raises SpendingStopped and AskedElsewhere; then nothing was sent.
        """
        params = question.evaluator.params
        request = ChatRequest(
            messages=question.messages,
            max_tokens=params["max_tokens"],
            temperature=params["temperature"],
            seed=params["seed"],
        )
        journal = _Account(self, question, request)
        try:
            done = await ask(self.connections, [endpoint_of_judge(question.evaluator)], request, journal=journal)
        except ProviderFault as fault:
            blocked = fault.kind is FaultKind.CONTENT_FILTER
            return unscored("The judge's provider blocks this question." if blocked else f"{NOT_ASKED}: {fault}"), fault
        return question.parse(done.text, done.finish_reason), None


def endpoint_of_judge(evaluator: Evaluator) -> Endpoint:
    """Where the judge is asked. Raises BadInput naming the field."""
    return endpoint_of(evaluator.params["provider"], evaluator.params["model"], evaluator.params)


def close_abandoned(session: Session, now: datetime) -> int:
    """Close the calls that a dead process left open, as the most they can have cost; how many that were."""
    still_open = select(JudgeCall).where(col(JudgeCall.finished_at).is_(None)).with_for_update()
    abandoned = [call for call in session.exec(still_open) if _is_abandoned(call, now)]
    for call in abandoned:
        call.finished_at, call.error_kind = now, str(FaultKind.INTERRUPTED)
        call.error_message = "Whoever asked the judge ended before the answer came."
    return len(abandoned)


def _is_abandoned(call: JudgeCall, now: datetime) -> bool:
    worker = (call.error_message or "").removeprefix(_HELD_BY)
    return call.started_at < now - _DEAD_AFTER or (bool(worker) and is_surely_dead(worker))


class _Account:
    """The journal of one question: a JudgeCall row for each try."""

    def __init__(self, asker: Asker, question: JudgeQuestion, request: ChatRequest) -> None:
        self._asker, self._question, self._request = asker, question, request
        self._call_id: int | None = None
        self._ceiling: float | None = None

    async def before(self, endpoint: Endpoint, number: int) -> None:
        """Set the most it can cost aside and note the call. Raises SpendingStopped, AskedElsewhere."""
        now, params = clock.now(), self._question.evaluator.params
        self._ceiling = ceiling_usd(self._asker.pricer, endpoint, params, self._request, at=now)
        if self._ceiling is None and self._asker.cap.max_usd is not None:
            raise SpendingStopped(
                f"The price of the judge's model '{endpoint.model}' is not known, so a spending cap cannot be kept. "
                "Enter its price on Candidates, or judge without a cap."
            )
        await self._asker.budget.set_aside(self._ceiling)
        try:
            self._call_id = await asyncio.to_thread(self._open, number, now)
        except BaseException:
            self._asker.budget.settle(self._ceiling, 0.0)
            raise

    async def after(self, attempt: Tried) -> None:
        """Complete the call, and keep what the judge said."""
        cost_usd = await asyncio.to_thread(self._close, attempt)
        self._asker.budget.settle(self._ceiling, cost_usd)

    def _open(self, number: int, now: datetime) -> int:
        evaluator_id = self._question.evaluator.id
        assert evaluator_id is not None

        def reserve(session: Session) -> int:
            self._asker.cap.check(session, self._ceiling)
            # In this order: a call that ends between the two has left its answer for the second to see.
            if number == 1 and (self._is_asked(session) or not self._question.is_open(session)):
                raise AskedElsewhere("Somebody else asks the judge about this response.")
            call = JudgeCall(
                evaluator_id=evaluator_id,
                response_id=self._question.response_id,
                other_response_id=self._question.other_id,
                cost_usd=self._ceiling,
                error_message=_HELD_BY + me(),
                started_at=now,
            )
            session.add(call)
            session.flush()
            assert call.id is not None
            return call.id

        return write(self._asker.engine, reserve)

    def _is_asked(self, session: Session) -> bool:
        same = _call.c.other_response_id.is_not_distinct_from(self._question.other_id)
        query = sa.select(_call.c.id).where(
            _call.c.evaluator_id == self._question.evaluator.id,
            _call.c.response_id == self._question.response_id,
            _call.c.finished_at.is_(None),
            same,
        )
        return session.execute(query.limit(1)).first() is not None

    def _close(self, tried: Tried) -> float | None:
        params = self._question.evaluator.params
        cost = cost_of(self._asker.pricer, tried, params, self._request, ceiling=self._ceiling)
        answer = tried.completion or tried.fault
        assert answer is not None
        usage, completion, fault = cost.usage or answer.usage, tried.completion, tried.fault
        said = None if completion is None else self._question.parse(completion.text, completion.finish_reason)
        columns = {
            "reply": None if completion is None else storable(completion.text)[:_LONGEST_REPLY],
            "value": None if said is None else said.value,
            "error_kind": None if fault is None else str(fault.kind),
            "error_message": None if fault is None else storable(str(fault)),
            "latency_ms": answer.timings.latency_ms,
            "input_tokens": None if usage is None else usage.input_tokens,
            "output_tokens": None if usage is None else usage.output_tokens,
            "cost_usd": cost.cost_usd,
            "rates_id": cost.rates_id,
            "answered_by": answer.answered_by,
            "finished_at": clock.now(),
        }

        def complete(session: Session) -> None:
            session.execute(sa.update(_call).where(_call.c.id == self._call_id).values(**columns))
            if said is not None:
                self._question.keep(session, said)

        write(self._asker.engine, complete)
        return cost.cost_usd
