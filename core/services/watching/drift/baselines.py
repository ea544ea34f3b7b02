"""Which runs a dataset's later runs are compared with, and moving that."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from core.services.watching.drift.told import Baseline


def pin(
    session: Session, dataset: str, run_ids: Sequence[int], *, person_id: int | None, why: str, now: datetime
) -> Baseline:
    """Compare the runs that come from now on with these. Raises NotFound, and BadInput naming what is wrong with them.

    What was pinned before stays on record; later runs than these are checked again against the new baseline.
    """
    raise NotImplementedError


def baseline(session: Session, dataset: str) -> Baseline | None:
    """The baseline in force of the dataset of that name; None: none was pinned yet."""
    raise NotImplementedError
