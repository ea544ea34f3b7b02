"""A run in progress: what a process needs to carry it out, and why it may have to stop."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.domain.answering import FaultKind
from core.errors import NotFound
from core.providers.base import Endpoint
from core.providers.presets import endpoints_of
from core.services.asking.asking import DEADLINE_S, Connections, Place, Tried
from core.services.asking.budget import Budget
from core.services.prices import Pricer
from core.services.runs.counting import close_interrupted, recount
from core.services.runs.ledger import Ledger
from core.services.runs.orders import DEFAULT_CONCURRENCY, MOST_CONCURRENCY
from core.services.runs.work_order import WorkOrder, work_left
from core.storage.tables import Attempt, Candidate, Run

_HOPELESS = frozenset({FaultKind.AUTH, FaultKind.QUOTA, FaultKind.BAD_REQUEST})
_HOPELESS_AFTER = 3


@dataclass
class RunCandidate:
    """A candidate being asked."""

    name: str
    settings: Mapping[str, Any]
    endpoints: list[Endpoint]
    trouble: str | None = None
    """Why it is given no more work in this run."""
    refusals_in_a_row: int = 0


@dataclass
class RunInProgress:
    """One run while this process carries it out."""

    run_id: int
    candidates: Mapping[int, RunCandidate]
    order: WorkOrder
    started_at: datetime
    deadline_s: float
    concurrency: int
    """Requests in flight at most at one endpoint."""
    budget: Budget
    ledger: Ledger
    connections: Connections
    pricer: Pricer
    end_kind: FaultKind = FaultKind.CANCELLED
    is_stopping: bool = False
    _rooms: dict[Place, asyncio.Semaphore] = field(default_factory=dict)

    def room_at(self, endpoint: Endpoint) -> asyncio.Semaphore:
        """What lets as many of the run's requests through to the endpoint's place as may be in flight there."""
        return self._rooms.setdefault(endpoint.place, asyncio.Semaphore(self.concurrency))

    @property
    def most_units_begun(self) -> int:
        """How many units are worth having begun: those waiting for a slow endpoint keep nobody from a quick one."""
        places = {each.place for candidate in self.candidates.values() for each in candidate.endpoints}
        return 2 * min(self.concurrency * max(1, len(places)), MOST_CONCURRENCY)

    def heed(self, candidate: RunCandidate, attempt: Tried) -> None:
        """Stop giving work to a candidate whose endpoint refuses for good three times in a row."""
        if attempt.completion is not None:
            candidate.refusals_in_a_row = 0
            return
        assert attempt.fault is not None
        if attempt.is_last and attempt.fault.kind in _HOPELESS:
            candidate.refusals_in_a_row += 1
            if candidate.refusals_in_a_row >= _HOPELESS_AFTER and candidate.trouble is None:
                candidate.trouble = f"'{candidate.name}' was refused: {attempt.fault}"

    @property
    def problem(self) -> str | None:
        """Why the run stops before it is done, what is left, and how to go on; None where nothing kept it."""
        troubles = [each.trouble for each in self.candidates.values() if each.trouble is not None]
        if self.budget.is_exhausted:
            assert self.budget.max_usd is not None
            troubles.append(
                f"The spending cap of {self.budget.max_usd:g} USD is reached: {self.budget.spent_usd:.4f} USD are "
                "spent, and the next attempt might cost more than is left. Raise the cap to go on."
            )
        return " ".join(troubles) or None


def load_run_in_progress(
    session: Session, run_id: int, now: datetime, ledger: Ledger, connections: Connections, pricer: Pricer
) -> RunInProgress:
    """What carrying out run ``run_id`` needs, in a write transaction: a dead worker's attempts are closed first."""
    close_interrupted(session, run_id, now)
    recount(session, run_id)
    run = session.get(Run, run_id, populate_existing=True)
    if run is None:
        raise NotFound(f"There is no run {run_id}.")
    chosen = session.exec(select(Candidate).where(col(Candidate.id).in_(run.candidate_ids or [])))
    return RunInProgress(
        run_id=run_id,
        candidates={each.id: _run_candidate(each) for each in chosen if each.id is not None},
        order=work_left(session, run),
        started_at=run.started_at or now,
        deadline_s=run.deadline_s or DEADLINE_S,
        concurrency=run.concurrency or DEFAULT_CONCURRENCY,
        budget=Budget(run.max_usd, _spent_usd(session, run_id)),
        ledger=ledger,
        connections=connections,
        pricer=pricer,
    )


def _run_candidate(candidate: Candidate) -> RunCandidate:
    provider, model = candidate.provider or "", candidate.model or ""
    return RunCandidate(candidate.name, candidate.settings, endpoints_of(provider, model, candidate.settings))


def _spent_usd(session: Session, run_id: int) -> float:
    """What all attempts so far cost, at most."""
    query = select(Attempt.cost_usd, Attempt.reserved_usd).where(Attempt.run_id == run_id)
    return sum((cost if cost is not None else reserved or 0.0) for cost, reserved in session.exec(query))
