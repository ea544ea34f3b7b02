"""The workspace as a whole: its switches (whether simulated votes count, whether the demo was removed), its counts."""

from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from core.storage.tables import (
    GOING,
    Assignment,
    Attempt,
    Candidate,
    Person,
    Prompt,
    Response,
    Run,
    Study,
    Vote,
    WorkspaceSetting,
)

COUNT_SIMULATED = "count_simulated"
DEMO_REMOVED = "demo_removed"
DEMO_OPENING = "demo_opening"


def counts_simulated(session: Session) -> bool:
    """Whether simulated raters' votes count on boards; they do until an admin takes them out."""
    return bool(setting(session, COUNT_SIMULATED, True))


def count_simulated(session: Session, count: bool) -> None:
    """Have simulated raters' votes count, or not; the votes stay either way."""
    save(session, COUNT_SIMULATED, count)


def demo_was_removed(session: Session) -> bool:
    """Whether an admin removed the demo, so that no later start opens it again by itself."""
    return bool(setting(session, DEMO_REMOVED, False))


def demo_is_opening(session: Session) -> bool:
    """Whether the demo is on its way: not all of it is there yet, or scored and checked."""
    return bool(setting(session, DEMO_OPENING, False))


def save(session: Session, name: str, setting: Any) -> None:
    """Keep ``setting`` (anything JSON can hold) under ``name``."""
    session.merge(WorkspaceSetting(name=name, setting=setting))


def setting(session: Session, name: str, default: Any) -> Any:
    """What is kept under ``name``; ``default`` where nothing is."""
    found = session.get(WorkspaceSetting, name)
    return default if found is None else found.setting


def forget(session: Session, name: str) -> None:
    """Keep nothing under ``name`` any more."""
    found = session.get(WorkspaceSetting, name)
    if found is not None:
        session.delete(found)


def count_workspace(session: Session) -> dict[str, tuple[str, int]]:
    """Per measure its explanation and its count; nothing in it names a candidate or a person."""

    def count(of: Mapped[int | None], *where: ColumnElement[bool]) -> int:
        return int(session.execute(select(func.count(of)).where(*where)).scalar_one())

    return {
        "votes": ("Answers given, corrections included.", count(col(Vote.id))),
        "people": (
            "People who may come in.",
            count(col(Person.id), col(Person.kind) == "human", col(Person.revoked_at).is_(None)),
        ),
        "studies_open": ("Studies that are open.", count(col(Study.id), col(Study.state) == "open")),
        "assignments_leased": (
            "Pairs in front of a rater now.",
            count(col(Assignment.id), col(Assignment.state) == "leased"),
        ),
        "prompts": ("Prompts.", count(col(Prompt.id))),
        "responses": ("Responses.", count(col(Response.id))),
        "runs_open": ("Runs that wait or go on.", count(col(Run.id), col(Run.state).in_(GOING))),
        "attempts": ("Calls made to models by runs, failed ones too.", count(col(Attempt.id))),
        "candidates": ("Candidates.", count(col(Candidate.id))),
    }
