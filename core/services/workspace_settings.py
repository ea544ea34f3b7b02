"""Switches of the whole workspace: whether simulated votes count, whether the demo was removed."""

from typing import Any

from sqlmodel import Session

from core.storage.tables import WorkspaceSetting

COUNT_SIMULATED = "count_simulated"
DEMO_REMOVED = "demo_removed"


def counts_simulated(session: Session) -> bool:
    """Whether simulated raters' votes count on boards; they do until an admin takes them out."""
    return bool(_setting(session, COUNT_SIMULATED, True))


def count_simulated(session: Session, count: bool) -> None:
    """Have simulated raters' votes count, or not; the votes stay either way."""
    save(session, COUNT_SIMULATED, count)


def demo_was_removed(session: Session) -> bool:
    """Whether an admin removed the demo, so that no later start opens it again by itself."""
    return bool(_setting(session, DEMO_REMOVED, False))


def save(session: Session, name: str, setting: Any) -> None:
    """Keep ``setting`` (anything JSON can hold) under ``name``."""
    session.merge(WorkspaceSetting(name=name, setting=setting))


def _setting(session: Session, name: str, default: Any) -> Any:
    found = session.get(WorkspaceSetting, name)
    return default if found is None else found.setting
