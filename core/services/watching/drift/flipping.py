"""The prompts that show a finding, with the answers of both sides."""

from sqlmodel import Session

from core.services.watching.drift.told import Flip


def flipped(session: Session, finding_id: int) -> list[Flip]:
    """The prompts that show it most, strongest first. Raises NotFound."""
    raise NotImplementedError
