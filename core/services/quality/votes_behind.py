"""The votes behind a candidate's numbers on a board: on which pairs of responses it won, lost, tied, was condemned."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session

from core.domain.votes import Outcome
from core.services.leaderboards.boards import Filters
from core.services.leaderboards.tallies import is_current, is_simulated
from core.services.quality import rated_texts
from core.storage.tables import metadata

_vote, _assignment, _person, _prompt, _candidate = (
    metadata.tables[name] for name in ("vote", "assignment", "person", "prompt", "candidate")
)


class Votes(StrEnum):
    """Which of a candidate's votes, and how they went for it."""

    ALL = "all"
    WON = "won"
    LOST = "lost"
    TIED = "tied"
    CONDEMNED = "condemned"


_OUTCOME = {
    Votes.WON: Outcome.LEFT,
    Votes.LOST: Outcome.RIGHT,
    Votes.TIED: Outcome.TIE,
    Votes.CONDEMNED: Outcome.BOTH_BAD,
}


@dataclass(frozen=True)
class PairRow:
    """The candidate's response to a prompt beside another's, with how often raters said what of the two."""

    dataset_id: int
    prompt_id: int
    prompt: str
    """The prompt's external id."""
    category: str
    response_id: int | None
    """The candidate's; None where the votes were imported and nobody knows which answer was read."""
    opponent: str
    opponent_response_id: int | None
    won: int
    lost: int
    tied: int
    condemned: int
    """Both were."""
    simulated: int
    """Of these votes, those of simulated raters."""

    @property
    def votes(self) -> int:
        """How many in all."""
        return self.won + self.lost + self.tied + self.condemned


@dataclass(frozen=True)
class VotesBehind:
    """The pairs, those with the most of the asked votes first, and how many there are of all."""

    rows: list[PairRow]
    pairs: int
    votes: int
    """Of the asked kind, on all pairs: the number on the board."""


def votes_behind(
    session: Session,
    question_id: int,
    filters: Filters,
    candidate_id: int,
    which: Votes = Votes.ALL,
    *,
    up_to: int | None = None,
    limit: int = 200,
) -> VotesBehind:
    """The pairs on which a question's votes, as a board counts them, were cast on one candidate.

    ``up_to``: as they stood when the vote of this id was the newest.
    """
    rows = session.execute(_pairs(question_id, filters, candidate_id, which, up_to).limit(limit)).all()
    if not rows:
        return VotesBehind([], 0, 0)
    names = {row.id: row.name for row in session.execute(sa.select(_candidate.c.id, _candidate.c.name))}
    mine, others = _responses(session, rows, candidate_id)
    found = [
        PairRow(
            dataset_id=row.dataset_id,
            prompt_id=row.prompt_id,
            prompt=row.external_id,
            category=row.category,
            response_id=response,
            opponent=names[row.opponent_id],
            opponent_response_id=other,
            won=int(row.won),
            lost=int(row.lost),
            tied=int(row.tied),
            condemned=int(row.condemned),
            simulated=int(row.simulated),
        )
        for row, response, other in zip(rows, mine, others, strict=True)
    ]
    return VotesBehind(found, int(rows[0].pairs), int(rows[0].in_all))


def _pairs(question_id: int, filters: Filters, candidate_id: int, which: Votes, up_to: int | None) -> "sa.Select[Any]":
    """A row for each pair of responses; of imported votes for each prompt and opponent."""
    votes = _of_candidate(question_id, filters, candidate_id, up_to).subquery("votes")
    c = votes.c
    counts = {name: sa.func.sum(sa.case((c.outcome == int(of), 1), else_=0)) for name, of in _OUTCOME.items()}
    asked = sa.func.count() if which is Votes.ALL else counts[which]
    keys = (c.prompt_id, c.opponent_id, c.response_id, c.other_id)
    of_prompt = (c.dataset_id, c.external_id, c.category)
    return (
        sa.select(*keys, *of_prompt, *(count.label(str(name)) for name, count in counts.items()))
        .add_columns(sa.func.sum(c.simulated).label("simulated"), sa.func.max(c.second).label("second"))
        .add_columns(sa.func.count().over().label("pairs"), sa.func.sum(asked).over().label("in_all"))
        .group_by(*keys, *of_prompt)
        .having(asked > 0)
        .order_by(asked.desc(), c.prompt_id, c.opponent_id, c.response_id, c.other_id)
    )


def _of_candidate(question_id: int, filters: Filters, candidate_id: int, up_to: int | None) -> "sa.Select[Any]":
    """The votes, each with the candidate as *left*."""
    v, a, p = _vote.c, _assignment.c, _prompt.c
    is_left = v.left_candidate_id == candidate_id
    mirrored = sa.case((v.outcome == 0, 1), (v.outcome == 1, 0), else_=v.outcome)
    query = (
        sa.select(v.prompt_id, p.dataset_id, p.external_id, p.category)
        .add_columns(
            sa.case((is_left, v.outcome), else_=mirrored).label("outcome"),
            sa.case((is_left, v.right_candidate_id), else_=v.left_candidate_id).label("opponent_id"),
            sa.case((is_left, a.left_response_id), else_=a.right_response_id).label("response_id"),
            sa.case((is_left, a.right_response_id), else_=a.left_response_id).label("other_id"),
            sa.case((is_simulated(), 1), else_=0).label("simulated"),
            rated_texts.seconds(v.created_at).label("second"),
        )
        .join_from(_vote, _prompt, p.id == v.prompt_id)
        .join(_person, _person.c.id == v.rater_id)
        .outerjoin(_assignment, a.id == v.assignment_id)
        .where(v.question_id == question_id, is_left | (v.right_candidate_id == candidate_id), is_current(up_to))
    )
    if filters.category is not None:
        query = query.where(p.category == filters.category)
    if not filters.simulated:
        query = query.where(~is_simulated())
    return query if filters.masked else query.where(v.masked.is_(False))


def _responses(session: Session, rows: Sequence[Any], candidate_id: int) -> tuple[list[int | None], list[int | None]]:
    """The candidate's response of each pair, and the other's; of imported votes what was there by the newest."""
    imported = [place for place, row in enumerate(rows) if row.response_id is None]
    mine, others = [row.response_id for row in rows], [row.other_id for row in rows]
    if imported:
        prompt, at, other = (
            np.array([getattr(rows[place], name) for place in imported], dtype=np.int64)
            for name in ("prompt_id", "second", "opponent_id")
        )
        for side, candidates in ((mine, np.full(len(prompt), candidate_id, dtype=np.int64)), (others, other)):
            named = rated_texts.named(session, prompt, candidates, at).tolist()
            for place, found in zip(imported, named, strict=True):
                side[place] = found if found > 0 else None
    return mine, others
