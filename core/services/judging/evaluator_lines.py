"""Evaluators to look at: what each does, how much it has scored, and whether it is a gate."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import Session

from core.domain.judging.favour import Favour
from core.domain.scoring.base import EvaluatorKind, Use
from core.services.judging.favouritism import favouritism
from core.services.judging.judge_summary import JudgeSummary, judge_summary
from core.services.scoring import evaluators
from core.services.scoring.evaluators import JUDGES
from core.services.scoring.registry import kind_named
from core.storage.tables import Evaluator, metadata

_score, _gate, _preference = (metadata.tables[name] for name in ("score", "gate", "judge_preference"))


@dataclass(frozen=True)
class EvaluatorLine:
    """An evaluator in use with its kind.

    ``judging``: what a judge did and cost; ``favour`` where it may judge its own family.
    """

    evaluator: Evaluator
    kind: EvaluatorKind
    scored: int
    """Responses with a value (of a pairwise judge, pairs compared)."""
    unscored: int
    """It looked and could not tell."""
    mean: float | None
    """Of the values, None without any."""
    gates: int
    """How many rest on it."""
    judging: JudgeSummary | None = None
    favour: Favour | None = None


def listed(session: Session) -> list[EvaluatorLine]:
    """The evaluators in use: checks, judges, similarities, flags, each oldest first."""
    found = evaluators.listed(session)
    scores, gates = _scores(session), _gates(session)
    order = (Use.CHECK, Use.JUDGE, Use.SIMILARITY, Use.FLAG)
    lines = [_line(session, evaluator, scores, gates) for evaluator in found]
    return sorted(lines, key=lambda line: order.index(line.kind.use))


def _line(
    session: Session, evaluator: Evaluator, scores: dict[int, tuple[int, int, float | None]], gates: dict[int, int]
) -> EvaluatorLine:
    evaluator_id = evaluator.id or 0
    scored, unscored, mean = scores.get(evaluator_id, (0, 0, None))
    is_judge = evaluator.kind in JUDGES
    may = is_judge and bool(evaluator.params.get("may_judge_own_family"))
    return EvaluatorLine(
        evaluator=evaluator,
        kind=kind_named(evaluator.kind),
        scored=scored,
        unscored=unscored,
        mean=mean,
        gates=gates.get(evaluator_id, 0),
        judging=judge_summary(session, evaluator_id) if is_judge else None,
        favour=favouritism(session, evaluator) if may else None,
    )


def _scores(session: Session) -> dict[int, tuple[int, int, float | None]]:
    value = _score.c.value
    query = sa.select(
        _score.c.evaluator_id,
        sa.func.count(value),
        sa.func.coalesce(sa.func.sum(sa.case((value.is_(None) & _score.c.applies.is_(True), 1), else_=0)), 0),
        sa.func.avg(value),
    ).group_by(_score.c.evaluator_id)
    found = {row[0]: (row[1], row[2], row[3]) for row in session.execute(query)}
    p = _preference.c
    unclear = sa.func.coalesce(sa.func.sum(sa.case((p.outcome.is_(None), 1), else_=0)), 0)
    pairs = sa.select(p.evaluator_id, sa.func.count(p.outcome), unclear).group_by(p.evaluator_id)
    return found | {row[0]: (row[1], row[2], None) for row in session.execute(pairs)}


def _gates(session: Session) -> dict[int, int]:
    query = sa.select(_gate.c.evaluator_id, sa.func.count()).where(_gate.c.retired_at.is_(None))
    return {row[0]: row[1] for row in session.execute(query.group_by(_gate.c.evaluator_id))}
