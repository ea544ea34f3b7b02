"""How much there is in the workspace: bare counts, for monitoring."""

from sqlalchemy import func
from sqlmodel import Session, col, select

from core.storage.tables import Assignment, Candidate, Person, Prompt, Response, Study, Vote


def count_workspace(session: Session) -> dict[str, tuple[str, int]]:
    """Per measure its explanation and its count; nothing in it names a candidate or a person."""

    def count(of: object, *where: object) -> int:
        return int(session.exec(select(func.count(of)).where(*where)).one())  # type: ignore[call-overload]

    return {
        "votes": ("Answers given, corrections included.", count(col(Vote.id))),
        "people": (
            "People who may come in.",
            count(col(Person.id), Person.kind == "human", col(Person.revoked_at).is_(None)),
        ),
        "studies_open": ("Studies that are open.", count(col(Study.id), Study.state == "open")),
        "assignments_leased": (
            "Pairs in front of a rater now.",
            count(col(Assignment.id), Assignment.state == "leased"),
        ),
        "prompts": ("Prompts.", count(col(Prompt.id))),
        "responses": ("Responses.", count(col(Response.id))),
        "candidates": ("Candidates.", count(col(Candidate.id))),
    }
