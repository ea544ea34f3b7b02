"""Findings of earlier checks: a message's link names one for as long as the message lies in somebody's inbox."""

from sqlmodel import Session

from core.services.datasets import datasets
from core.services.watching.drift.rows import lines
from core.services.watching.drift.told import FindingLine
from core.storage.tables import DriftBaseline, DriftCheck, DriftFinding


def finding(session: Session, dataset: str, finding_id: int) -> FindingLine | None:
    """A finding of any check of the dataset, as it was left then; None where it has none of that id."""
    row = session.get(DriftFinding, finding_id)
    if row is None:
        return None
    check = session.get_one(DriftCheck, row.check_id)
    pinned = session.get_one(DriftBaseline, check.baseline_id)
    if pinned.dataset_id not in datasets.versions(session, dataset):
        return None
    return lines(session, [row])[0]
