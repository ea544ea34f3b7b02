"""What is known of a dataset's drift, from what the newest check left: for pages, the terminal and /metrics."""

from sqlmodel import Session

from core.services.watching.drift.told import DriftState


def datasets(session: Session) -> list[str]:
    """The names of the datasets that have a baseline, by the alphabet."""
    raise NotImplementedError


def state(session: Session, dataset: str, *, with_trends: bool = True) -> DriftState:
    """The newest check, what is open, trends and what happened meanwhile. Raises NotFound.

    ``with_trends``: whoever needs the findings alone reads less without.
    """
    raise NotImplementedError
