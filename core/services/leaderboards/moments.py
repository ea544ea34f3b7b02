"""Moments to hold on to: votes, runs and responses are appended and never changed, so ids tell what stood at one."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session

from core.storage.tables import metadata

_vote, _run, _response, _prompt = (metadata.tables[name] for name in ("vote", "run", "response", "prompt"))


@dataclass(frozen=True)
class Moment:
    """What stood once: every vote, run and response with an id up to these."""

    vote_id: int
    run_id: int
    response_id: int


@dataclass(frozen=True)
class Since:
    """What came after a moment."""

    votes: int
    """Corrections and withdrawals among them."""
    runs: int
    late_responses: int
    """To runs that had begun by then."""

    @property
    def is_nothing(self) -> bool:
        """Whether everything is as it was."""
        return not (self.votes or self.runs or self.late_responses)


def newest(session: Session) -> Moment:
    """The moment of now."""
    ids = [session.execute(sa.select(sa.func.max(table.c.id))).scalar() or 0 for table in (_vote, _run, _response)]
    return Moment(*ids)


def since(
    session: Session, moment: Moment, *, question_id: int | None = None, dataset_ids: Sequence[int] = ()
) -> Since:
    """What came after ``moment``: votes on a question, or on prompts of some datasets, and those datasets' runs."""
    v, r = _vote.c, _run.c
    votes = sa.select(sa.func.count()).select_from(_vote).where(v.id > moment.vote_id)
    if question_id is not None:
        votes = votes.where(v.question_id == question_id)
    else:
        mine = sa.select(_prompt.c.id).where(_prompt.c.dataset_id.in_(dataset_ids))
        votes = votes.where(v.prompt_id.in_(mine))
    runs = sa.select(sa.func.count()).where(r.id > moment.run_id, r.dataset_id.in_(dataset_ids))
    begun = sa.select(r.id).where(r.id <= moment.run_id, r.dataset_id.in_(dataset_ids))
    late = sa.select(sa.func.count()).where(_response.c.id > moment.response_id, _response.c.run_id.in_(begun))
    return Since(*(int(session.execute(query).scalar_one()) for query in (votes, runs, late)))
