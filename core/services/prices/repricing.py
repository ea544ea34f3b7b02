"""Pricing an old run again, from the tokens that were stored with it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.domain.answering import CostBasis, TokenUsage
from core.errors import BadInput, NotFound
from core.providers.base import Endpoint
from core.providers.presets import endpoints_of
from core.services.prices.pricer import Pricer
from core.storage.engine import reading, write
from core.storage.tables import Attempt, Candidate, Dataset, Response, Run

PROMPTS_AT_ONCE = 50
_COUNTED = frozenset({CostBasis.REPORTED, CostBasis.ESTIMATED})
_ALIVE = timedelta(seconds=30)
_Work = tuple[int, int, int]
_TOKENS = tuple(field.name for field in fields(TokenUsage))
_WORK = ("prompt_id", "candidate_id", "repetition")
_READ = (
    *("id", "endpoint", "started_at", "finished_at", "answered_by", "cost_usd", "cost_basis", "rates_id"),
    *_WORK,
    *_TOKENS,
)


@dataclass(frozen=True)
class RepriceSummary:
    """What pricing a run again did. Costs in US dollars; ``unpriced`` attempts have no known price."""

    attempts: int
    changed: int
    unpriced: int
    before_usd: float
    after_usd: float


def reprice(engine: Engine, run_id: int, *, now: datetime) -> RepriceSummary:
    """Compute the cost of a run's attempts, responses and of itself again, from the stored tokens.

    Each attempt is priced with the rates that are known *now* for the time it was *sent*: a price entered since, valid
    from before, counts. What was refused before any work stays 0, what was only reserved stays reserved, and what
    came without a run of ours (imports) keeps what it was imported with. Doing it twice changes nothing more; it may
    be broken off and begun again. Raises NotFound, and BadInput while the run is being carried out.
    """
    with reading(engine) as session:
        run = _run_at_rest(session, run_id, now)
        asked = _endpoints(session, run_id)
        prompts = session.exec(select(Attempt.prompt_id).where(Attempt.run_id == run_id).distinct()).all()
    pricer, seen, changed = Pricer(engine, look_again_s=math.inf), 0, 0
    for prompt_ids in _slices(sorted(prompts)):
        attempts, responses = _of_prompts(engine, run_id, prompt_ids)
        new = [_priced(attempt, asked, pricer) for attempt in attempts]
        renewed = [row for attempt, row in zip(attempts, new, strict=True) if _differs(attempt, row)]
        sums = _response_costs(attempts, new, responses)
        if renewed or sums:
            write(engine, partial(_renew, attempts=renewed, responses=sums))
        seen, changed = seen + len(attempts), changed + len(renewed)
    after_usd, unpriced = write(engine, lambda session: _renew_run(session, run_id))
    return RepriceSummary(seen, changed, unpriced, run.cost_usd, after_usd)


def _run_at_rest(session: Session, run_id: int, now: datetime) -> Run:
    run = session.get(Run, run_id)
    if run is None:
        raise NotFound(f"There is no run number {run_id}.")
    if run.state == "running" and run.heartbeat_at is not None and now - run.heartbeat_at < _ALIVE:
        raise BadInput(f"Run {run_id} is being carried out. Price it again when it has ended, or cancel it first.")
    return run


def _endpoints(session: Session, run_id: int) -> dict[int, tuple[Candidate, list[Endpoint]]]:
    """Each candidate of the run's attempts with its endpoints: the primary one, then the fallback."""
    wanted = select(Attempt.candidate_id).where(Attempt.run_id == run_id).distinct()
    found = session.exec(select(Candidate).where(col(Candidate.id).in_(wanted))).all()
    return {one.id: (one, _asked(one)) for one in found if one.id is not None}


def _asked(candidate: Candidate) -> list[Endpoint]:
    if not candidate.provider or not candidate.model:
        return []
    try:
        return list(endpoints_of(candidate.provider, candidate.model, candidate.settings or {}))
    except BadInput:  # it was asked once, and may be so no more
        return []


def _slices(prompts: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(prompts), PROMPTS_AT_ONCE):
        yield prompts[first : first + PROMPTS_AT_ONCE]


def _of_prompts(
    engine: Engine, run_id: int, prompt_ids: Sequence[int]
) -> tuple[list[Any], dict[_Work, tuple[int, float | None]]]:
    """The attempts in the order of their work, and per work the response's id and cost."""
    tried, answered = Attempt.__table__.c, Response.__table__.c  # type: ignore[attr-defined]
    attempts = (
        sa.select(*(tried[name] for name in _READ))
        .where(tried.run_id == run_id, tried.prompt_id.in_(prompt_ids))
        .order_by(tried.prompt_id, tried.candidate_id, tried.repetition, tried.id)
    )
    responses = sa.select(
        answered.prompt_id, answered.candidate_id, answered.repetition, answered.id, answered.cost_usd
    ).where(answered.run_id == run_id, answered.prompt_id.in_(prompt_ids))
    with reading(engine) as session:
        rows = list(session.connection().execute(attempts))
        costs = session.connection().execute(responses).all()
    return rows, {(row[0], row[1], row[2]): (row[3], row[4]) for row in costs}


def _priced(attempt: Any, asked: dict[int, tuple[Candidate, list[Endpoint]]], pricer: Pricer) -> dict[str, Any]:
    """The attempt's id with its cost and rates as they should be."""
    kept = {"id": attempt.id, "cost_usd": attempt.cost_usd, "rates_id": attempt.rates_id}
    candidate, endpoints = asked[attempt.candidate_id]
    is_fallback = attempt.endpoint == "fallback"
    if attempt.cost_basis not in _COUNTED or len(endpoints) <= is_fallback:
        return kept
    usage = TokenUsage(**{name: getattr(attempt, name) for name in _TOKENS})
    quote = pricer.quote(
        endpoints[is_fallback],
        candidate.settings or {},
        usage,
        answered_by=attempt.answered_by,
        at=attempt.started_at,
        is_fallback=is_fallback,
    )
    return {"id": attempt.id, "cost_usd": quote.cost_usd, "rates_id": quote.rates_id}


def _differs(attempt: Any, row: dict[str, Any]) -> bool:
    return bool(attempt.cost_usd != row["cost_usd"] or attempt.rates_id != row["rates_id"])


def _response_costs(
    attempts: Sequence[Any], new: Sequence[dict[str, Any]], responses: dict[_Work, tuple[int, float | None]]
) -> list[dict[str, Any]]:
    """The responses whose cost is another now: the sum over all tries behind them, None where one has no price."""
    changed = []
    pairs = zip(attempts, new, strict=True)
    for work, tries in groupby(pairs, key=lambda pair: attrgetter(*_WORK)(pair[0])):
        costs = [row["cost_usd"] for attempt, row in tries if attempt.finished_at is not None]
        response_id, before = responses.get(work, (None, None))
        total = None if None in costs else math.fsum(costs)
        if response_id is not None and costs and total != before:
            changed.append({"id": response_id, "cost_usd": total})
    return changed


def _renew(session: Session, attempts: list[dict[str, Any]], responses: list[dict[str, Any]]) -> None:
    for table, rows in ((Attempt, attempts), (Response, responses)):
        if rows:
            session.execute(sa.update(table), rows)


def _renew_run(session: Session, run_id: int) -> tuple[float, int]:
    """Set the run's cost and its count of unpriced attempts to what its attempts say."""
    ended = sa.select(col(Attempt.cost_usd)).where(col(Attempt.run_id) == run_id, col(Attempt.finished_at).is_not(None))
    costs = session.connection().execute(ended).scalars().all()
    if costs:
        spent_usd, unpriced = math.fsum(cost for cost in costs if cost is not None), sum(cost is None for cost in costs)
        change = sa.update(Run).where(col(Run.id) == run_id).values(cost_usd=spent_usd, unpriced=unpriced)
        session.execute(change)
        return spent_usd, unpriced
    run = session.get_one(Run, run_id)
    return run.cost_usd, run.unpriced


@dataclass(frozen=True)
class PricedRun:
    """A run that made attempts. ``cost_usd``: what is known to be spent; ``unpriced`` attempts have no known price."""

    id: int
    dataset: str
    created_at: datetime
    attempts: int
    cost_usd: float
    unpriced: int


def priced_runs(session: Session) -> list[PricedRun]:
    """Every run that made attempts, the newest first."""
    query = (
        select(Run, Dataset.name)
        .join(Dataset, col(Dataset.id) == Run.dataset_id)
        .where(Run.attempts > 0)
        .order_by(col(Run.id).desc())
    )
    return [
        PricedRun(run.id or 0, name, run.created_at, run.attempts, run.cost_usd, run.unpriced)
        for run, name in session.exec(query)
    ]
