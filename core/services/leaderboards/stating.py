"""Who can narrow a board: the judges and other evaluators that state a preference on prompts with votes."""

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain.judging import PAIRWISE_KIND, SCORE_KIND
from core.errors import NotFound
from core.storage.tables import Evaluator, metadata

_SAMPLE = 200
_vote, _score, _preference = (metadata.tables[name] for name in ("vote", "score", "judge_preference"))


def evaluators(session: Session, question_id: int) -> list[Evaluator]:
    """Evaluators in use that state a preference on prompts with votes: judges of pairs, other judges, the rest.

    Of scores, those on prompts with the last votes tell: a page must not look through all.
    """
    r, v = metadata.tables["response"].c, _vote.c
    lately = sa.select(v.prompt_id).where(v.question_id == question_id).order_by(v.id.desc()).limit(_SAMPLE).subquery()
    scored = (
        sa.select(_score.c.evaluator_id)
        .join(metadata.tables["response"], r.id == _score.c.response_id)
        .where(_score.c.value.is_not(None), r.prompt_id.in_(sa.select(lately.c.prompt_id)))
    )
    e = metadata.tables["evaluator"].c
    compared = sa.select(e.id).where(
        sa.exists().where(_preference.c.evaluator_id == e.id, _preference.c.outcome.is_not(None))
    )
    ids = {*session.execute(scored.distinct()).scalars(), *session.execute(compared).scalars()}
    order = {PAIRWISE_KIND: 0, SCORE_KIND: 1}
    in_use = select(Evaluator).where(col(Evaluator.retired_at).is_(None)).order_by(col(Evaluator.id))
    found = [each for each in session.exec(in_use) if each.id in ids]
    return sorted(found, key=lambda each: order.get(each.kind, len(order)))


def named(session: Session, question_id: int, name: str) -> Evaluator:
    """The one of ``evaluators`` with this name. Raises NotFound, which names those there are."""
    there = evaluators(session, question_id)
    found = next((each for each in there if each.name == name), None)
    if found is None:
        names = ", ".join(f"'{each.name}'" for each in there) or "nobody yet; have pairs judged on Data"
        raise NotFound(f"'{name}' states no preference on prompts with these votes. Who does: {names}.")
    return found
