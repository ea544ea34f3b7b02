"""Votes for tests, straight into the table, and counted."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import Engine

from core.domain.votes import Outcome
from core.services.leaderboards import tallies, weighting
from core.storage.engine import writing
from core.storage.tables import Person, Vote
from tests.workspace import NOW, Workspace


@dataclass(frozen=True)
class Ballot:
    """One vote, all by places in the workspace: of the rater, the prompt, the candidates, the question."""

    rater: int
    left: int
    right: int
    outcome: Outcome
    prompt: int = 0
    question: int = 0
    also: dict[str, object] = field(default_factory=dict)


def cast(engine: Engine, at: Workspace, ballots: Iterable[Ballot], *, count: bool = True) -> None:
    """Store the votes; unless ``count`` is False, count them as the app does beside the pages."""
    rows = [
        {
            "study_id": at.study,
            "question_id": at.questions[ballot.question],
            "prompt_id": at.prompts[ballot.prompt],
            "rater_id": at.raters[ballot.rater],
            "left_candidate_id": at.candidates[ballot.left],
            "right_candidate_id": at.candidates[ballot.right],
            "outcome": int(ballot.outcome),
            "length_bin": 0,
            "created_at": NOW,
            **ballot.also,
        }
        for ballot in ballots
    ]
    with writing(engine) as session:
        for row in rows:
            session.execute(sa.insert(Vote), row)
        tallies.rebuild(session, at.study)
    if count:
        weighting.refresh_all(engine, now=NOW)


def make_simulated(engine: Engine, at: Workspace, rater: int) -> None:
    """Turn a rater into a simulated one."""
    with writing(engine) as session:
        session.get_one(Person, at.raters[rater]).kind = "simulated"
