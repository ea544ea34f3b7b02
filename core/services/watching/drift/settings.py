"""How many frozen answers judges are asked about again at each check, and for how much."""

from dataclasses import asdict, dataclass

from sqlmodel import Session

from core.errors import BadInput
from core.services import workspace

_NAME = "drift_anchors"
_MOST_ANSWERS = 500
_MOST_USD = 1_000.0


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
    return AnchorSettings(**workspace.setting(session, _NAME, {}))


def save_anchor_settings(session: Session, settings: AnchorSettings) -> None:
    """Keep them. Raises BadInput, naming what makes no sense."""
    if not 5 <= settings.answers <= _MOST_ANSWERS:
        raise BadInput(f"A judge is asked about 5 to {_MOST_ANSWERS} frozen answers, not {settings.answers}.")
    if not 0 < settings.max_usd <= _MOST_USD:
        raise BadInput(
            f"A check may spend above 0 and up to {_MOST_USD:g} USD on judges, not {settings.max_usd:g}. "
            "To spend nothing, switch it off."
        )
    workspace.save(session, _NAME, asdict(settings))
