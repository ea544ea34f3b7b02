"""Keeping what a baseline's figures were soon after it was pinned, so that later edits of ours can be told apart."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from core.services.watching.drift.contents import Contents, contents
from core.services.watching.drift.ended import EndedRun
from core.services.watching.drift.figures import RunFigures
from core.services.watching.drift.gathering import gather_baseline, pooled
from core.services.watching.drift.metrics import ERRORS
from core.services.watching.drift.own_changes import Then, packed, rules_in_force, unpacked
from core.services.watching.drift.sent import sends
from core.storage.engine import reading, write
from core.storage.tables import DriftFigures, metadata
from core.storage.upsert import insert_into

_figures = metadata.tables["drift_figures"]


def are_kept(session: Session, baseline_id: int) -> bool:
    """Whether they are there."""
    return (
        session.execute(sa.select(_figures.c.baseline_id).where(_figures.c.baseline_id == baseline_id)).first()
        is not None
    )


def keep(engine: Engine, dataset: str, baseline_id: int, runs: Sequence[EndedRun], *, now: datetime) -> None:
    """Write them where they are not there; whoever comes second finds what the first has written."""
    with reading(engine) as session:
        if are_kept(session, baseline_id):
            return
        known = contents(session, dataset)
        figures = gather_baseline(session, known, sends(session, dataset), runs)
        row = {
            "baseline_id": baseline_id,
            "rules": rules_in_force(session, dataset),
            "figures": packed(known, figures),
            "repetitions": repetitions(figures),
            "created_at": now,
        }
    write(engine, partial(_insert, row=row))


def then(session: Session, baseline_id: int, known: Contents) -> Then:
    """What they were."""
    row = session.get_one(DriftFigures, baseline_id)
    return unpacked(row.rules, row.figures, known)


def repetitions(figures: Sequence[RunFigures]) -> float:
    """Answers to a prompt by a candidate, given-up ones too: the median over candidates of the mean over prompts."""
    found = []
    for candidate in sorted(frozenset().union(*(run.candidates for run in figures))):
        n = pooled([run.seen[candidate, ERRORS.name] for run in figures if (candidate, ERRORS.name) in run.seen]).n
        if (n > 0).any():
            found.append(float(n[n > 0].mean()))
    return sorted(found)[len(found) // 2] if found else 0.0


def _insert(session: Session, row: dict[str, object]) -> None:
    insert = insert_into(session.get_bind().dialect.name, _figures).on_conflict_do_nothing()
    session.connection().execute(insert, [row])
