"""The counters of a run from its facts: what the writer keeps step by step, and a rebuild gives anew."""

from datetime import datetime

from sqlalchemy import case, exists, func, update
from sqlmodel import Session, col, select

from core.domain.answering import CostBasis, FaultKind
from core.storage.tables import Attempt, Response, Run


def recount(session: Session, run_id: int) -> None:
    """Set the run's counters to what its attempts and responses say."""
    ended = col(Attempt.finished_at).is_not(None)
    unpriced = case((ended & col(Attempt.cost_usd).is_(None), 1), else_=0)
    answered = exists().where(
        col(Response.run_id) == Attempt.run_id,
        col(Response.prompt_id) == Attempt.prompt_id,
        col(Response.candidate_id) == Attempt.candidate_id,
        col(Response.repetition) == Attempt.repetition,
    )
    query = select(
        func.count(),
        func.coalesce(func.sum(case((col(Attempt.is_last) & ~answered, 1), else_=0)), 0),
        func.coalesce(func.sum(col(Attempt.cost_usd)), 0.0),
        func.coalesce(func.sum(unpriced), 0),
    ).where(col(Attempt.run_id) == run_id)
    attempts, failed, cost_usd, without_price = session.exec(query).one()
    responses = session.exec(select(func.count()).where(col(Response.run_id) == run_id)).one()
    counted = {
        "attempts": attempts,
        "failed": failed,
        "cost_usd": cost_usd,
        "unpriced": without_price,
        "responses": responses,
    }
    session.connection().execute(update(Run).where(col(Run.id) == run_id).values(**counted))


def close_interrupted(session: Session, run_id: int, now: datetime) -> int:
    """Close what a dead worker left open, as the most it can have cost; how many attempts that were."""
    statement = (
        update(Attempt)
        .where(col(Attempt.run_id) == run_id, col(Attempt.finished_at).is_(None))
        .values(
            finished_at=now,
            error_kind=str(FaultKind.INTERRUPTED),
            error_message="Whoever carried out the run ended before this attempt did.",
            cost_usd=Attempt.__table__.c.reserved_usd,  # type: ignore[attr-defined]
            cost_basis=str(CostBasis.RESERVED),
        )
    )
    return session.connection().execute(statement).rowcount
