"""How much there is in the workspace: bare counts, for monitoring."""

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from core.storage.tables import Assignment, Attempt, Candidate, Person, Prompt, Response, Run, Study, Vote


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
        "runs_open": ("Runs that wait or go on.", count(col(Run.id), col(Run.state).in_(("queued", "running")))),
        "attempts": ("Calls made to models by runs, failed ones too.", count(col(Attempt.id))),
        "candidates": ("Candidates.", count(col(Candidate.id))),
    }
