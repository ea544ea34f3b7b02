"""The A/A replay: what the statistics say of the baseline's own answers, drawn again as if they were new runs."""

from sqlmodel import Session

from core.services.watching.drift.baselines import baseline_row
from core.services.watching.drift.told import Replay
from core.storage.tables import DriftFigures


def replayed(session: Session, dataset: str) -> Replay | None:
    """As it was last computed, in the background, for the baseline in force; None: not yet."""
    pinned = baseline_row(session, dataset)
    row = None if pinned is None else session.get(DriftFigures, pinned.id)
    return None if row is None or row.replay is None else Replay(**row.replay)
