"""Runs that came to an end, for rules that hold one against those before it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.services.watching.rules.rule import Look
from core.storage.tables import Candidate, Run, metadata

_attempt = metadata.tables["attempt"].c
_NEWEST, _BEFORE = 50, 3


def ended_runs(session: Session) -> dict[str, object]:
    """The newest runs that ended, by id: attempts are many, so each run's are read once."""
    return {str(id): finished_at for id, finished_at in session.exec(_ended(_NEWEST)).all()}


def _ended(most: int, *, before: int | None = None) -> Any:
    query = select(Run.id, Run.finished_at).where(
        Run.source == "evaluation", col(Run.state).in_(("done", "stopped")), col(Run.finished_at).is_not(None)
    )
    if before is not None:
        query = query.where(col(Run.id) < before)
    return query.order_by(col(Run.id).desc()).limit(most)


@dataclass(frozen=True)
class Answered:
    """How a candidate's own endpoint answered in a run, the last answer last."""

    names: tuple[str, ...]
    """As which models."""
    rates_ids: tuple[int, ...]
    """At which prices."""


def run_of(look: Look) -> Run | None:
    """The run that the scope is; None where what happened in it is no news."""
    run = look.session.get(Run, int(look.scope))
    return run if run is not None and run.finished_at is not None and run.finished_at >= look.since else None


def answered(session: Session, run_id: int) -> dict[int, Answered]:
    """Of each candidate that answered in the run, by id."""
    last = sa.func.max(_attempt.id)
    query = (
        sa.select(_attempt.candidate_id, _attempt.answered_by, _attempt.rates_id)
        .where(_attempt.run_id == run_id, _attempt.error_kind.is_(None), _attempt.endpoint == "primary")
        .group_by(_attempt.candidate_id, _attempt.answered_by, _attempt.rates_id)
        .order_by(last)
    )
    rows = session.execute(query).all()
    return {
        candidate: Answered(
            names=tuple(dict.fromkeys(name for of, name, _ in rows if of == candidate and name)),
            rates_ids=tuple(dict.fromkeys(rates for of, _, rates in rows if of == candidate and rates)),
        )
        for candidate in {row[0] for row in rows}
    }


def before(session: Session, run: Run, candidates: Collection[int]) -> Iterator[dict[int, Answered]]:
    """The same of the runs before it in which one of them may have taken part, the newest first, a few."""
    asked = _ended(_NEWEST, before=run.id)
    ids = [id for id, _ in session.exec(asked).all()]
    there = [id for id in ids if _took_part(session, id, candidates)]
    for id in there[:_BEFORE]:
        yield answered(session, id)


def _took_part(session: Session, run_id: int, candidates: Collection[int]) -> bool:
    asked = session.exec(select(Run.candidate_ids).where(Run.id == run_id)).one()
    return asked is None or not set(asked).isdisjoint(candidates)


def candidates_in(session: Session, ids: Collection[int]) -> dict[int, Candidate]:
    """Candidates by id."""
    return {each.id or 0: each for each in session.exec(select(Candidate).where(col(Candidate.id).in_(ids)))}
