"""Proven changes of candidates, as checks for drift left them: since when they are as they are today."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from core.domain.deciding import Changed
from core.domain.drift import Tier
from core.domain.drift.causes import Cause
from core.domain.words import percent
from core.storage.tables import GOING, metadata

_run, _baseline, _check, _finding = (
    metadata.tables[name] for name in ("run", "drift_baseline", "drift_check", "drift_finding")
)
_SHARE_ACCEPTABLE = "acceptable"
_ANSWERS_CHANGED = frozenset({Cause.PROVIDER, Cause.MODEL_VERSION, Cause.UNKNOWN})


@dataclass(frozen=True)
class Change:
    """Since a run a candidate answers otherwise, or at another speed or price alone."""

    candidate_id: int
    category: str | None
    """Where; None: everywhere."""
    since_run: int
    at: datetime
    """When that run ended."""
    what: Changed
    moved: str = ""
    """How the share acceptable moved: *share acceptable fell from 100 % to 0 %*; empty: another figure changed."""


def changes(session: Session, dataset_ids: Sequence[int], *, up_to_run: int | None = None) -> tuple[Change, ...]:
    """The newest change of each candidate everywhere, and later ones in categories; ``dataset_ids``: of all versions.

    ``up_to_run``: by checks of the runs up to that id alone.

    Alarms that the newest check against each baseline found, where they are put down to what is answered, or to prices:
    not to our own gates and evaluators, to a judge, or to other prompts. An alarm that was open when the baseline was
    moved stays a change: the answers before it are still others. One that closed by itself is none any more.
    """
    rows = _alarms(session, dataset_ids, up_to_run)
    found = [_change(row, what) for row in rows if (what := _changed(row)) is not None]
    in_order = sorted(found, key=lambda one: (_when(one), bool(one.moved)))
    newest = {(one.candidate_id, one.what, one.category): one for one in in_order}
    return tuple(sorted(_lasting(newest.values()), key=lambda one: (one.candidate_id, one.what, _when(one))))


def runs_around(session: Session, dataset_ids: Sequence[int], change: Change) -> tuple[frozenset[int], frozenset[int]]:
    """The runs that had ended when the change began, and the others; one that still goes on lies after it."""
    r = _run.c
    query = sa.select(r.id, r.state, _ended().label("ended")).where(r.dataset_id.in_(dataset_ids))
    rows = session.execute(query).all()
    is_before = {row.id: row.state not in GOING and (row.ended, row.id) < (change.at, change.since_run) for row in rows}
    return frozenset(id for id in is_before if is_before[id]), frozenset(id for id in is_before if not is_before[id])


def _alarms(session: Session, dataset_ids: Sequence[int], up_to_run: int | None) -> Sequence[sa.Row[Any]]:
    c, f, b, r = _check.c, _finding.c, _baseline.c, _run.c
    place = sa.func.row_number().over(partition_by=c.baseline_id, order_by=(_ended().desc(), r.id.desc()))
    whole = (
        sa.select(c.id, place.label("place"))
        .join(_baseline, b.id == c.baseline_id)
        .join(_run, r.id == c.run_id)
        .where(b.dataset_id.in_(dataset_ids), c.is_whole, sa.true() if up_to_run is None else c.run_id <= up_to_run)
        .subquery()
    )
    query = (
        sa.select(f.candidate_id, f.category, f.causes, f.said, f.before, f.after, f.since_run_id, _ended().label("at"))
        .join(whole, whole.c.id == f.check_id)
        .join(_run, r.id == f.since_run_id)
        .where(whole.c.place == 1, f.tier == str(Tier.ALARM))
    )
    return session.execute(query).all()


def _ended() -> sa.ColumnElement[datetime]:
    """When a row of ``run`` ended; of what was imported, when it came."""
    return sa.func.coalesce(_run.c.finished_at, _run.c.created_at, type_=_run.c.created_at.type)


def _changed(row: sa.Row[Any]) -> Changed | None:
    """What a finding says has changed; None: nothing of the candidate's."""
    if _ANSWERS_CHANGED.intersection(row.causes):
        return Changed.TIMES if row.said["metric"]["has_shocks"] else Changed.ANSWERS
    return Changed.PRICES if Cause.PRICES in row.causes else None


def _change(row: sa.Row[Any], what: Changed) -> Change:
    category = None if what is Changed.PRICES else row.category
    return Change(row.candidate_id, category, row.since_run_id, row.at, what, _moved(row))


def _moved(row: sa.Row[Any]) -> str:
    if row.said["metric"]["name"] != _SHARE_ACCEPTABLE:
        return ""
    moved = "fell" if row.after < row.before else "rose"
    return f"share acceptable {moved} from {percent(row.before)} to {percent(row.after)}"


def _when(one: Change) -> tuple[datetime, int]:
    return one.at, one.since_run


def _lasting(found: Iterable[Change]) -> list[Change]:
    """Without those in a category that are no later than one everywhere."""
    there = list(found)
    whole = {(one.candidate_id, one.what): _when(one) for one in there if one.category is None}
    return [
        one
        for one in there
        if one.category is None
        or (one.candidate_id, one.what) not in whole
        or _when(one) > whole[one.candidate_id, one.what]
    ]
