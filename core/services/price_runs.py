"""Runs that may be priced again, with what they cost so far."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from core.storage.tables import Dataset, Run


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
