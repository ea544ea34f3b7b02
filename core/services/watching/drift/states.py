"""What is known of a dataset's drift, from what the newest check left: for pages, the terminal and /metrics."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from core.domain import words
from core.domain.drift import Tier, Visible
from core.services.datasets import datasets as all_datasets
from core.services.watching.drift import checking, claims, happened, trends, writing
from core.services.watching.drift.baselines import baseline, baselines, first_runs
from core.services.watching.drift.replaying import replayed
from core.services.watching.drift.rows import is_of_total, metric_of
from core.services.watching.drift.told import Baseline, Check, CheckLine, DriftState
from core.storage.tables import Candidate, Dataset, DriftBaseline, DriftCheck, metadata

_check, _finding = metadata.tables["drift_check"], metadata.tables["drift_finding"]
_response, _candidate = metadata.tables["response"], metadata.tables["candidate"]
MOST_CHECKS = 200
_REPEATS = "repeats"
_trends_column: Any = DriftCheck.trends


def datasets(session: Session) -> list[str]:
    """The names of the datasets that have a baseline, by the alphabet."""
    query = select(Dataset.name).join(DriftBaseline, col(DriftBaseline.dataset_id) == Dataset.id)
    return list(session.exec(query.distinct().order_by(Dataset.name)))


def state(session: Session, dataset: str, *, with_trends: bool = True) -> DriftState:
    """The newest check, what is open, trends and what happened meanwhile. Raises NotFound.

    ``with_trends``: whoever needs the findings alone reads less without.
    """
    name = all_datasets.named(session, dataset).name
    pinned = baseline(session, name)
    row = None if pinned is None else _newest(session, pinned.id)
    found = None if row is None else writing.told(session, row.id or 0)
    kept = (row.annotations or []) if row is not None and with_trends else []
    return DriftState(
        dataset=name,
        baseline=pinned,
        waiting=_waiting(session, name, pinned),
        check=found,
        checks=tuple(_checks(session, name)),
        trends=_trends(session, row) if row is not None and with_trends else (),
        annotations=() if pinned is None else tuple(happened.annotations(session, name, kept, pinned.pinned_at)),
        smallest_visible=() if row is None else tuple(_visible(each) for each in row.smallest_visible or ()),
        unwatched=_unwatched(session, pinned, found),
        replay=None if pinned is None else replayed(session, name),
    )


def _newest(session: Session, baseline_id: int) -> DriftCheck | None:
    """Without its trends until they are asked for: they are most of it."""
    newest = claims.newest_first(baseline_id).limit(1).scalar_subquery()
    return session.exec(select(DriftCheck).where(DriftCheck.id == newest).options(defer(_trends_column))).first()


def _trends(session: Session, row: DriftCheck) -> tuple[Any, ...]:
    names = {of: name for of, name in session.exec(select(Candidate.id, Candidate.name)).all() if of is not None}
    return () if row.trends is None else trends.unpacked(row.trends, names)


def _waiting(session: Session, dataset: str, pinned: Baseline | None) -> str:
    if pinned is None:
        runs, missing = first_runs(session, dataset)
        if not missing:
            return "The first baseline is about to be pinned."
        there = words.n(len(runs), "whole run")
        return (
            f"There is no baseline yet: {there} so far, about {missing:.0f} more answers to each prompt are wanted. "
            "Pin the runs there are to begin sooner, with less to compare with."
        )
    due = checking.due(session, dataset)
    if due:
        return f"Run {due[-1]} has ended and is checked as soon as it is scored."
    return ""


def _checks(session: Session, dataset: str) -> list[CheckLine]:
    numbers = {each.id: each.number for each in baselines(session, dataset)}
    c = _check.c
    query = (
        sa.select(c.id, c.run_id, c.finished_at, c.baseline_id)
        .where(c.baseline_id.in_(numbers), c.is_whole)
        .order_by(c.finished_at.desc(), c.id.desc())
        .limit(MOST_CHECKS)
    )
    rows = session.execute(query).all()
    found = _counted(session, [row.id for row in rows])
    return [
        CheckLine(
            row.run_id,
            row.finished_at,
            numbers[row.baseline_id],
            alarms=found[row.id, Tier.ALARM],
            watches=found[row.id, Tier.WATCH],
            repeats=found[row.id, _REPEATS],
        )
        for row in rows
    ]


def _counted(session: Session, check_ids: Sequence[int]) -> Counter[tuple[int, str]]:
    """How many findings of each check count by themselves, by tier, and how many only repeat an overall one."""
    f = _finding.c
    of = sa.select(f.check_id, f.candidate_id, f.metric, f.category, f.tier, f.change, f.lower, f.upper)
    rows: Sequence[Any] = session.execute(of.where(f.check_id.in_(check_ids))).all()
    totals = {(row.check_id, row.candidate_id, row.metric): row for row in rows if row.category is None}
    return Counter((row.check_id, _REPEATS if is_of_total(row, totals) else row.tier) for row in rows)


def _visible(kept: dict[str, Any]) -> Visible:
    return Visible(**{**kept, "metric": metric_of(kept["metric"])})


def _unwatched(session: Session, pinned: Baseline | None, found: Check | None) -> tuple[str, ...]:
    if pinned is None or found is None:
        return ()
    before, after = (_answerers(session, runs) for runs in (pinned.run_ids, [found.run_id]))
    return tuple(sorted(after - before))


def _answerers(session: Session, runs: Sequence[int]) -> set[str]:
    r, c = _response.c, _candidate.c
    who = sa.select(r.candidate_id).where(r.run_id.in_(runs)).distinct()
    return set(session.execute(sa.select(c.name).where(c.id.in_(who))).scalars())
