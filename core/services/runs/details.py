"""One run more closely: how far each candidate is in it, and what failed."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.services.runs.listing import RunLine
from core.storage.tables import Candidate, metadata

_response, _attempt = metadata.tables["response"], metadata.tables["attempt"]


@dataclass(frozen=True)
class CandidateProgress:
    """A candidate's part in a run.

    ``cost_usd``: what is known to be spent on it, failed attempts too; ``unpriced`` attempts have no known price.
    """

    candidate_id: int
    name: str
    position: int
    is_champion: bool
    planned: int
    """Responses wanted of it; of an import, those that are there."""
    responses: int
    failed: int
    attempts: int
    cost_usd: float
    unpriced: int

    @property
    def left(self) -> int:
        """How many of its responses have neither arrived nor been given up."""
        return max(0, self.planned - self.responses - self.failed)

    @property
    def share(self) -> float:
        """How much of its part has come to an end, 0 to 1."""
        return min(1.0, (self.responses + self.failed) / self.planned) if self.planned else 0.0


def per_candidate(session: Session, run: RunLine) -> list[CandidateProgress]:
    """The run's candidates in the order in which they came."""
    came = _came(session, run.id)
    tried = _tried(session, run.id)
    each = run.planned // len(run.candidate_ids) if run.is_evaluation and run.candidate_ids else None
    query = select(Candidate).where(col(Candidate.id).in_(run.candidate_ids))
    found = session.exec(query.order_by(col(Candidate.position), col(Candidate.id)))
    lines = []
    for candidate in found:
        responses = came.get(candidate.id or 0, 0)
        failed, attempts, cost_usd, unpriced = tried.get(candidate.id or 0, (0, 0, 0.0, 0))
        lines.append(
            CandidateProgress(
                candidate_id=candidate.id or 0,
                name=candidate.name,
                position=candidate.position,
                is_champion=candidate.is_champion,
                planned=responses if each is None else each,
                responses=responses,
                failed=failed,
                attempts=attempts,
                cost_usd=cost_usd,
                unpriced=unpriced,
            )
        )
    return lines


@dataclass(frozen=True)
class FailureLine:
    """Failed attempts of one kind by one candidate."""

    kind: str
    """A FaultKind."""
    candidate_id: int
    candidate: str
    attempts: int
    given_up: int
    """How many responses are missing because of it; the other attempts were followed by another try."""
    message: str
    """The newest one's, as it came from outside, without keys."""


def failures(session: Session, run_id: int) -> list[FailureLine]:
    """What failed in the run: those that cost a response first, then the most frequent."""
    a, candidate = _attempt.c, metadata.tables["candidate"]
    counted = (
        sa.select(
            a.error_kind,
            a.candidate_id,
            sa.func.count().label("n"),
            sa.func.sum(sa.case((a.is_last.is_(True), 1), else_=0)).label("given_up"),
            sa.func.max(a.id).label("newest"),
        )
        .where(a.run_id == run_id, a.error_kind.is_not(None))
        .group_by(a.error_kind, a.candidate_id)
        .subquery()
    )
    c = counted.c
    query = (
        sa.select(c.error_kind, c.candidate_id, candidate.c.name, c.n, c.given_up, a.error_message)
        .join(candidate, candidate.c.id == c.candidate_id)
        .join(_attempt, a.id == c.newest)
        .order_by(c.given_up.desc(), c.n.desc(), c.error_kind, c.candidate_id)
    )
    return [
        FailureLine(kind, candidate_id, name, n, int(given_up), message or "")
        for kind, candidate_id, name, n, given_up, message in session.execute(query)
    ]


def _came(session: Session, run_id: int) -> dict[int, int]:
    c = _response.c
    query = sa.select(c.candidate_id, sa.func.count()).where(c.run_id == run_id).group_by(c.candidate_id)
    return {row[0]: row[1] for row in session.execute(query)}


def _tried(session: Session, run_id: int) -> dict[int, tuple[int, int, float, int]]:
    """Candidate id → given up, attempts, US dollars, attempts that ended without a known price."""
    a = _attempt.c
    unpriced = sa.case((a.finished_at.is_not(None) & a.cost_usd.is_(None), 1), else_=0)
    query = (
        sa.select(
            a.candidate_id,
            sa.func.sum(sa.case((a.is_last.is_(True), 1), else_=0)),
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(a.cost_usd), 0.0),
            sa.func.sum(unpriced),
        )
        .where(a.run_id == run_id)
        .group_by(a.candidate_id)
    )
    return {row[0]: (int(row[1]), int(row[2]), float(row[3]), int(row[4])) for row in session.execute(query)}
