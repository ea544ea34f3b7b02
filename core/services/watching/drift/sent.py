"""Which of a dataset's answers raters would send, read once for all runs."""

from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session

from core.domain.drift import Seen
from core.domain.votes import Outcome
from core.services.datasets import datasets
from core.services.leaderboards.tallies import is_current
from core.services.quality.gathering import Floats, Ids
from core.services.quality.rated import QUESTION
from core.services.workspace import counts_simulated
from core.storage.tables import metadata

_vote, _question, _assignment, _person, _prompt = (
    metadata.tables[name] for name in ("vote", "question", "assignment", "person", "prompt")
)
_AT_ONCE = 20_000


@dataclass(frozen=True)
class SendsOfRun:
    """[responses of a run] of how many votes each, and how many would send it."""

    votes: Floats
    sent: Floats

    def means(self, code: Ids, mine: Ids, size: int) -> Seen:
        """[contents] of the responses at the places ``mine``, whose contents are ``code``."""
        n = np.bincount(code[mine], self.votes[mine], size).astype(float)
        total = np.bincount(code[mine], self.sent[mine], size)
        return Seen(np.where(n > 0, total / np.maximum(n, 1.0), np.nan), n)


@dataclass(frozen=True)
class Sends:
    """One entry a side of a vote, by response."""

    response: Ids
    """Ascending."""
    is_sent: Floats

    def of(self, responses: Ids) -> SendsOfRun | None:
        """Of these responses (ids, ascending); None where nobody voted on any."""
        first, last = (np.searchsorted(self.response, responses, side=side) for side in ("left", "right"))
        votes = (last - first).astype(float)
        if not votes.any():
            return None
        total = np.concatenate([[0.0], np.cumsum(self.is_sent)])
        return SendsOfRun(votes, total[last] - total[first])


def sends(session: Session, dataset: str) -> Sends:
    """The votes to the question *send* that stand, on the answers that were shown."""
    v, a = _vote.c, _assignment.c
    prompts = sa.select(_prompt.c.id).where(_prompt.c.dataset_id.in_(datasets.versions(session, dataset)))
    questions = sa.select(_question.c.id).where(_question.c.key == QUESTION)
    query = sa.select(a.left_response_id, a.right_response_id, v.outcome).join_from(
        _vote, _assignment, a.id == v.assignment_id
    )
    query = query.where(v.question_id.in_(questions), v.prompt_id.in_(prompts), is_current())
    if not counts_simulated(session):
        query = query.where(v.rater_id.not_in(sa.select(_person.c.id).where(_person.c.kind == "simulated")))
    rows = session.connection().execute(query, execution_options={"yield_per": _AT_ONCE})
    parts = [np.array(part, dtype=np.int64).reshape(-1, 3) for part in rows.partitions()]
    left, right, outcome = np.concatenate([np.zeros((0, 3), dtype=np.int64), *parts]).T
    response = np.concatenate([left, right])
    said = [np.isin(outcome, (side, Outcome.TIE)) for side in (Outcome.LEFT, Outcome.RIGHT)]
    order = np.argsort(response, kind="stable")
    return Sends(response[order], np.concatenate(said).astype(float)[order])
