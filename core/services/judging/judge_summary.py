"""What judges did and what that cost; their spend is their own and never a candidate's."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session

from core.storage.tables import metadata

_call, _score, _response = (metadata.tables[name] for name in ("judge_call", "score", "response"))


@dataclass(frozen=True)
class JudgeSummary:
    """The calls of judges that have ended, and the grades that came of them.

    ``calls`` = replies + faults. ``spent_usd`` is what is known to be spent, ``unpriced`` calls have no known price.
    ``graded`` responses have a grade, ``ungraded`` should and do not.
    """

    calls: int = 0
    replies: int = 0
    unparsed: int = 0
    """Replies that hold no verdict in the form asked for, refusals too."""
    faults: int = 0
    spent_usd: float = 0.0
    unpriced: int = 0
    graded: int = 0
    ungraded: int = 0
    not_asked: int = 0
    """Of the own family, or to a prompt whose text is not known."""
    problem: str = ""
    """Why some were left to another time; empty where none were."""

    @property
    def parse_failure_rate(self) -> float | None:
        """Of the replies, the share that holds no verdict; None where there is no reply."""
        return self.unparsed / self.replies if self.replies else None


def judge_summary(
    session: Session, evaluator_ids: int | Sequence[int], *, run_id: int | None = None, dataset_id: int | None = None
) -> JudgeSummary:
    """The summary of one judge or several, over everything, or over the responses of a run or of a dataset."""
    ids = [evaluator_ids] if isinstance(evaluator_ids, int) else list(evaluator_ids)
    c, s = _call.c, _score.c
    replied = c.reply.is_not(None)
    calls = sa.select(
        sa.func.count(c.id),
        _count(replied),
        _count(replied & c.value.is_(None)),
        _count(c.error_kind.is_not(None)),
        sa.func.coalesce(sa.func.sum(c.cost_usd), 0.0),
        _count(c.cost_usd.is_(None)),
    ).where(c.evaluator_id.in_(ids), c.finished_at.is_not(None))
    scores = sa.select(
        _count(s.value.is_not(None)),
        _count(s.value.is_(None) & s.applies.is_(True)),
        _count(s.applies.is_(False)),
    ).where(s.evaluator_id.in_(ids))
    chosen = _responses(run_id, dataset_id)
    if chosen is not None:
        calls, scores = calls.where(c.response_id.in_(chosen)), scores.where(s.response_id.in_(chosen))
    return JudgeSummary(*session.execute(calls).one(), *session.execute(scores).one())


def _responses(run_id: int | None, dataset_id: int | None) -> sa.Select[tuple[int]] | None:
    if run_id is None and dataset_id is None:
        return None
    query = sa.select(_response.c.id)
    if run_id is not None:
        query = query.where(_response.c.run_id == run_id)
    if dataset_id is not None:
        prompt = metadata.tables["prompt"]
        query = query.join(prompt, prompt.c.id == _response.c.prompt_id).where(prompt.c.dataset_id == dataset_id)
    return query


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((condition, 1), else_=0)), 0)
