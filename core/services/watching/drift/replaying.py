"""The A/A replay: what the statistics say of the baseline's own answers, drawn again as if they were new runs."""

from sqlmodel import Session

from core.services.watching.drift.told import Replay


def replayed(session: Session, dataset: str) -> Replay | None:
    """As it was last computed, in the background, for the baseline in force; None: not yet."""
    raise NotImplementedError
