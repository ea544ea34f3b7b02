"""How often and for how much judges are asked again about frozen answers."""

from dataclasses import dataclass

from sqlmodel import Session


@dataclass(frozen=True)
class AnchorSettings:
    """Of the whole workspace."""

    is_on: bool = True
    answers: int = 40
    """Frozen answers that each judge is asked about at a check."""
    max_usd: float = 0.50
    """The most that one check may spend on them."""


def anchor_settings(session: Session) -> AnchorSettings:
    """As they are now."""
    raise NotImplementedError


def save_anchor_settings(session: Session, settings: AnchorSettings) -> None:
    """Keep them. Raises BadInput, naming what makes no sense."""
    raise NotImplementedError
