"""Which datasets were answered, and which are the demo's: what tells the one that somebody means."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlmodel import Session

from core.storage.tables import Dataset, metadata

_run, _response = metadata.tables["run"].c, metadata.tables["response"].c


def newest_answered(session: Session) -> dict[int, int]:
    """Dataset → its newest run with a response, of every dataset that has one."""
    some = sa.exists().where(_response.run_id == _run.id)
    query = sa.select(_run.dataset_id, sa.func.max(_run.id)).where(some).group_by(_run.dataset_id)
    return {row[0]: row[1] for row in session.execute(query)}


def are_demo(session: Session, dataset_ids: Iterable[int | None]) -> bool:
    """Whether these are the demo's datasets, at least one and no other."""
    found = [session.get(Dataset, id) for id in dataset_ids if id is not None]
    return bool(found) and all(dataset is not None and dataset.is_demo for dataset in found)
