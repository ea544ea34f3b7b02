"""One unit of work, turn by turn: what is set aside and committed before an attempt, and written after it."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

from core import clock, logs
from core.domain.answering import CostBasis, FaultKind, FinishReason, TokenUsage
from core.providers.base import ChatRequest, Endpoint, ProviderFault
from core.providers.presets import request_of
from core.services.asking.asking import Tried, ask
from core.services.asking.conversation import asked_at, messages_before
from core.services.asking.costing import Cost, ceiling_usd, cost_of, most_output
from core.services.runs.feed import Job
from core.services.runs.ledger import ENDINGS, WORK, Ended
from core.services.runs.run_in_progress import RunCandidate, RunInProgress
from core.services.runs.unit_history import UnitHistory, answer_of, response_row
from core.services.runs.work_order import Unit
from core.settings import without_secrets

_LONGEST_MESSAGE = 1000
_LONGEST_PART = 100_000  # characters of an answer that broke off
_NO_ENDING: dict[str, Any] = dict.fromkeys(ENDINGS)


class TurnJournal:
    """Keeps account of the attempts at one turn (see asking.Journal); the last one's end carries the response."""

    def __init__(
        self,
        run: RunInProgress,
        unit: Unit,
        candidate: RunCandidate,
        history: UnitHistory,
        request: ChatRequest,
        *,
        is_final: bool,
    ) -> None:
        self._run, self._unit, self._candidate, self._history = run, unit, candidate, history
        self._request, self._is_final = request, is_final
        self._turn = len(history.answers)
        self._offset = history.numbers.get(self._turn, 0)
        self._ceiling: float | None = None
        self._room: asyncio.Semaphore

    async def before(self, endpoint: Endpoint, number: int) -> None:
        """Wait for one of the run's places in flight there and for the budget, then commit the attempt's row."""
        run = self._run
        self._room = run.room_at(endpoint)
        await self._room.acquire()
        try:
            now = clock.now()
            is_fallback = endpoint is not self._candidate.endpoints[0]
            self._ceiling = ceiling_usd(
                run.pricer, endpoint, self._candidate.settings, self._request, at=now, is_fallback=is_fallback
            )
            await run.budget.set_aside(self._ceiling)
            try:
                await self._begin(number, now, is_fallback=is_fallback)
            except BaseException:
                run.budget.settle(self._ceiling, 0.0)
                raise
        except BaseException:
            self._room.release()
            raise

    async def _begin(self, number: int, now: datetime, *, is_fallback: bool) -> None:
        row = self._key(number) | {
            "endpoint": "fallback" if is_fallback else "primary",
            "started_at": now,
            "is_last": False,
            "reserved_usd": self._ceiling,
        }
        try:
            await self._run.ledger.begin(row)
        except BaseException as error:
            if not isinstance(error, Exception):  # cancelled while the row was being committed: nothing was sent
                self._end(number, _unsent(now, self._run.end_kind))
            raise

    async def after(self, attempt: Tried) -> None:
        """Settle what it cost and hand in its end, with the response where it is the one that completes it."""
        run, history, now = self._run, self._history, clock.now()
        cost = cost_of(run.pricer, attempt, self._candidate.settings, self._request, ceiling=self._ceiling)
        run.budget.settle(self._ceiling, cost.cost_usd)
        self._room.release()
        history.count(cost.cost_usd)
        finish_reason = _finish_of(attempt)
        if finish_reason is not None:
            came = attempt.completion or attempt.fault
            assert came is not None
            history.answers.append(answer_of(came, finish_reason))
        has_response = finish_reason is not None and (self._is_final or attempt.completion is None)
        ending = _ending(attempt, cost, now, run.end_kind)
        ending["is_last"] = attempt.is_last and finish_reason is None
        if attempt.completion is not None and not has_response:
            ending["text"], ending["reasoning"] = attempt.completion.text, attempt.completion.reasoning or None
        response = response_row(run.run_id, self._unit, history, now) if has_response else None
        self._end(attempt.number, ending, response)
        run.heed(self._candidate, attempt)

    def _end(self, number: int, ending: dict[str, Any], response: dict[str, Any] | None = None) -> None:
        key = {f"of_{name}": found for name, found in self._key(number).items()}
        self._run.ledger.end(Ended(self._run.run_id, key | ending, response))

    def _key(self, number: int) -> dict[str, Any]:
        unit = self._unit
        work = (self._run.run_id, unit.prompt_id, unit.candidate_id, unit.repetition, self._turn)
        return dict(zip(WORK, (*work, self._offset + number), strict=True))


def _finish_of(attempt: Tried) -> FinishReason | None:
    """How the turn ended with this attempt; None where it did not, or brought nothing that could be kept.

    A content filter's verdict is an answer of its own; a stream that broke off at the last try is kept as it is.
    """
    if attempt.completion is not None:
        return attempt.completion.finish_reason
    fault = attempt.fault
    assert fault is not None
    if fault.kind is FaultKind.CONTENT_FILTER:
        return FinishReason.CONTENT_FILTER
    if fault.kind is FaultKind.TRUNCATED and attempt.is_last and fault.text:
        return FinishReason.TRUNCATED
    return None


def _ending(attempt: Tried, cost: Cost, now: datetime, end_kind: FaultKind) -> dict[str, Any]:
    completion, fault = attempt.completion, attempt.fault
    came = completion or fault
    assert came is not None
    ending = _NO_ENDING | vars(came.timings) | vars(cost.usage or TokenUsage())
    ending |= {
        "started_at": attempt.started_at,
        "finished_at": now,
        "cost_usd": cost.cost_usd,
        "cost_basis": cost.basis.value,
        "rates_id": cost.rates_id,
        "answered_by": came.answered_by,
        "is_warm": came.is_warm,
    }
    if completion is not None:
        ending["finish_reason"], ending["fingerprint"] = completion.finish_reason.value, completion.fingerprint
    if fault is not None:
        kind = end_kind if fault.kind is FaultKind.CANCELLED else fault.kind
        ending["error_kind"], ending["http_status"] = kind.value, fault.http_status
        ending["error_message"] = without_secrets(str(fault))[:_LONGEST_MESSAGE]
        ending["text"] = fault.text[:_LONGEST_PART] or None
        ending["reasoning"] = fault.reasoning[:_LONGEST_PART] or None
    return ending


def _unsent(now: datetime, kind: FaultKind) -> dict[str, Any]:
    return _NO_ENDING | {
        "started_at": now,
        "finished_at": now,
        "error_kind": kind.value,
        "error_message": "Cancelled before it was sent.",
        "is_last": False,
        "cost_usd": 0.0,
        "cost_basis": CostBasis.NOTHING.value,
    }


async def play(run: RunInProgress, job: Job) -> None:
    """Ask what is left of a unit, from the turn where it stands; what comes of it is on record when this returns."""
    candidate, history = run.candidates[job.unit.candidate_id], job.history
    turns = len(asked_at(job.messages))
    while len(history.answers) < turns and candidate.trouble is None:
        request = _request(candidate, job)
        is_final = len(history.answers) + 1 == turns
        journal = TurnJournal(run, job.unit, candidate, history, request, is_final=is_final)
        try:
            with logs.about(candidate_id=job.unit.candidate_id):
                await ask(run.connections, candidate.endpoints, request, deadline_s=run.deadline_s, journal=journal)
        except ProviderFault:
            return


def _request(candidate: RunCandidate, job: Job) -> ChatRequest:
    messages = messages_before(job.messages, job.history.texts)
    request = request_of(candidate.settings, messages, repetition=job.unit.repetition)
    return request if request.max_tokens else replace(request, max_tokens=most_output(candidate.settings))
