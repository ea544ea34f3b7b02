"""Writing what a check found: findings, stories that go on or end, and the alerts, in one transaction."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain.alerts import AlertKind, Severity
from core.domain.drift import Harm, Judgement, State, Tier, Visible
from core.domain.drift.wording import brief, span
from core.services.alerts import Raised, raise_alert
from core.services.watching.drift import claims
from core.services.watching.drift.deciding import Told
from core.services.watching.drift.figures import RunFigures
from core.services.watching.drift.gathering import Gathered
from core.services.watching.drift.rows import harm_of, is_of_total, lines, metric_kept, metric_of, part_kept
from core.services.watching.drift.told import Check
from core.storage.tables import Candidate, DriftCheck, DriftFinding, Run, metadata

_check, _finding = metadata.tables["drift_check"], metadata.tables["drift_finding"]
_MOST_SENTENCES = 6
_SEVERITIES = {
    Harm.QUALITY: Severity.URGENT,
    Harm.TIME: Severity.URGENT,
    Harm.COST: Severity.WARNING,
    Harm.NONE: Severity.NOTE,
}
Key = tuple[int, str, str | None]


@dataclass(frozen=True)
class Outcome:
    """What a check found, to be written."""

    dataset: str
    gathered: Gathered
    judgement: Judgement
    told: list[Told]
    smallest_visible: tuple[Visible, ...]
    trends: bytes
    annotations: list[dict[str, Any]]
    notes: list[str]


def keep(session: Session, check_id: int, outcome: Outcome, now: datetime) -> None:
    """Write it where the check is still ours."""
    if not claims.is_mine(session, check_id):
        return
    row = session.get_one(DriftCheck, check_id, populate_existing=True)
    before = _before(session, row)
    rows = [_row(session, check_id, one, outcome, before.get(one.key)) for one in outcome.told]
    new = {_key(each) for each in rows}
    looked = {
        (c.candidate, c.metric.name, c.category) for c in outcome.judgement.cells if c.state is not State.NOT_ENOUGH
    }
    rows += [_copied(check_id, old) for key, old in before.items() if key not in new and key not in looked]
    session.add_all(rows)
    session.flush()
    kept = {_key(each) for each in rows}
    row.closed = [old.id or 0 for key, old in before.items() if key not in kept]
    row.is_whole, row.finished_at, row.notes = True, now, outcome.notes
    row.smallest_visible = [_visible(each) for each in outcome.smallest_visible]
    row.trends, row.annotations = outcome.trends, outcome.annotations
    session.add(row)
    session.flush()
    newest = session.execute(claims.newest_first(row.baseline_id).limit(1)).scalar()
    older = (_check.c.baseline_id == row.baseline_id) & (_check.c.id != newest)
    session.execute(sa.update(_check).where(older, _check.c.trends.is_not(None)).values(trends=None))
    _alert(session, row.run_id, outcome.dataset, rows, before, now)


def told(session: Session, check_id: int) -> Check:
    """A check as others are told of it."""
    row = session.get_one(DriftCheck, check_id)
    mine = session.exec(select(DriftFinding).where(DriftFinding.check_id == check_id)).all()
    closed = session.exec(select(DriftFinding).where(col(DriftFinding.id).in_(row.closed or []))).all()
    return Check(
        id=check_id,
        run_id=row.run_id,
        at=row.finished_at or row.begun_at,
        baseline_id=row.baseline_id,
        findings=tuple(lines(session, mine)),
        closed=tuple(lines(session, closed)),
        notes=tuple(row.notes or ()),
    )


def _before(session: Session, row: DriftCheck) -> dict[Key, DriftFinding]:
    """What the check of the run before found, by what it is about."""
    r = metadata.tables["run"].c
    ended = session.execute(sa.select(claims.run_ended()).where(r.id == row.run_id)).scalar_one()
    earlier = (claims.run_ended() < ended) | ((claims.run_ended() == ended) & (r.id < row.run_id))
    previous = session.execute(claims.newest_first(row.baseline_id).where(earlier).limit(1)).scalar()
    found = session.exec(select(DriftFinding).where(DriftFinding.check_id == previous)).all()
    return {_key(each): each for each in found}


def _key(row: DriftFinding) -> Key:
    return row.candidate_id, row.metric, row.category


def _row(session: Session, check_id: int, one: Told, outcome: Outcome, before: DriftFinding | None) -> DriftFinding:
    finding, runs = one.finding, outcome.gathered.since
    since = _since(one, runs, before)
    names = {finding.candidate: session.get_one(Candidate, finding.candidate).name}
    hashes = outcome.gathered.contents.hashes
    return DriftFinding(
        check_id=check_id,
        candidate_id=finding.candidate,
        metric=finding.metric.name,
        category=finding.category,
        tier=str(finding.tier),
        before=_finite(finding.before),
        after=_finite(finding.after),
        change=_finite(finding.change),
        lower=_finite(finding.lower),
        upper=_finite(finding.upper),
        p=_finite(finding.p),
        prompts=finding.prompts,
        since_run_id=since.run_id,
        open_since_run_id=runs[-1].run_id if before is None else before.open_since_run_id,
        showing=[hashes[code] for code in finding.showing.tolist()],
        causes=[str(cause) for cause in one.causes],
        parts=[part_kept(part, one.words[part.cause]) for part in one.parts],
        said={
            "metric": metric_kept(finding.metric),
            "sentence": one.sentence(names, f"run {since.run_id}, {since.at:%a %-d %b}"),
        },
    )


def _since(one: Told, runs: Sequence[RunFigures], before: DriftFinding | None) -> RunFigures:
    """The run since which it is so; what we did ourselves is so since a check first saw it."""
    if one.is_ours and before is not None:
        return next((run for run in runs if run.run_id == before.since_run_id), runs[-1])
    return runs[one.finding.since]


def _finite(value: float) -> float:
    """JSON and NOT NULL know no nan."""
    return float(np.nan_to_num(value, nan=0.0, posinf=1e300, neginf=-1e300))


def _copied(check_id: int, old: DriftFinding) -> DriftFinding:
    """What a run over a slice did not look at stays open as it stood."""
    kept = old.model_dump(exclude={"id", "check_id"})
    return DriftFinding(**kept, check_id=check_id)


def _visible(one: Visible) -> dict[str, Any]:
    return asdict(one) | {"metric": metric_kept(one.metric)}


def _alert(
    session: Session,
    run_id: int,
    dataset: str,
    rows: Sequence[DriftFinding],
    before: dict[Key, DriftFinding],
    now: datetime,
) -> None:
    """One alert a candidate, for what is an alarm since this check."""
    new: dict[int, list[DriftFinding]] = defaultdict(list)
    totals = {(row.check_id, row.candidate_id, row.metric): row for row in rows if row.category is None}
    for row in sorted(rows, key=lambda each: (harm_of(each), each.p)):
        old = before.get(_key(row))
        is_new = old is None or old.tier != Tier.ALARM
        if row.tier == Tier.ALARM and is_new and not is_of_total(row, totals):
            new[row.candidate_id].append(row)
    for candidate_id, found in new.items():
        name = session.get_one(Candidate, candidate_id).name
        dataset_id = session.get_one(Run, run_id).dataset_id
        raise_alert(session, _raised(run_id, dataset, dataset_id, name, found), now=now)


def _raised(run_id: int, dataset: str, dataset_id: int, name: str, found: Sequence[DriftFinding]) -> Raised:
    title, *sentences = _sentences(name, found)
    more = f" And {len(sentences) - _MOST_SENTENCES} more." if len(sentences) > _MOST_SENTENCES else ""
    return Raised(
        kind=AlertKind.DRIFT,
        key=f"drift:{found[0].candidate_id}:{run_id}",
        title=title,
        text=" ".join(sentences[:_MOST_SENTENCES])
        + more
        + f" Found in run {run_id} of '{dataset}', against its pinned baseline.",
        link=f"/drift?dataset={dataset_id}&finding={found[0].id}",
        severity=max((_SEVERITIES[harm_of(row)] for row in found), key=lambda one: one.rank),
        data={
            "dataset": dataset,
            "run": run_id,
            "candidate": name,
            "findings": [_figures(row) for row in found],
        },
    )


def _sentences(name: str, found: Sequence[DriftFinding]) -> Iterator[str]:
    """What the first change is, then how large, since when and why; then the others, a sentence each."""
    first, *others = found
    metric = metric_of(first.said["metric"])
    yield (moved := brief(name, metric, first.category, first.change, (first.before, first.after)))
    size = span(metric, first.lower, first.upper)
    rest = str(first.said["sentence"]).removeprefix(moved).removeprefix(f" ({size})")
    yield f"The change is {size} (95 %){rest}"
    yield from (row.said["sentence"] for row in others)


def _figures(row: DriftFinding) -> dict[str, Any]:
    names = ("metric", "category", "before", "after", "change", "lower", "upper", "p", "prompts", "causes")
    return {name: getattr(row, name) for name in names}
