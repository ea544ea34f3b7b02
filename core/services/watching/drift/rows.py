"""Findings as they are kept, and read back in words."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from core.domain.drift import Harm, Metric, Scale, Tier, harm
from core.domain.drift.causes import Cause, Part
from core.services.watching.drift.told import CausePart, FindingLine
from core.storage.tables import Candidate, DriftCheck, DriftFinding, Run


def metric_kept(metric: Metric) -> dict[str, Any]:
    """A metric as JSON."""
    return asdict(metric) | {"scale": str(metric.scale)}


def metric_of(kept: Mapping[str, Any]) -> Metric:
    """A metric read back."""
    return Metric(**{**kept, "scale": Scale(kept["scale"])})


def part_kept(part: Part, words: str) -> dict[str, Any]:
    """A part as JSON."""
    effect = part.effect
    numbers = {name: None if effect is None else getattr(effect, name) for name in ("change", "lower", "upper")}
    return {"cause": str(part.cause), **numbers, "words": words}


def lines(session: Session, rows: Sequence[DriftFinding]) -> list[FindingLine]:
    """The findings of some checks, alarms first, and of these what harms users most; the champion before others."""
    checks = _by_id(session, DriftCheck, {row.check_id for row in rows})
    runs = {checks[row.check_id].run_id for row in rows}
    runs |= {row.since_run_id for row in rows} | {row.open_since_run_id for row in rows}
    ended = {id_: run.finished_at or run.created_at for id_, run in _by_id(session, Run, runs).items()}
    who = _by_id(session, Candidate, {row.candidate_id for row in rows})
    totals = {(row.check_id, row.candidate_id, row.metric): row for row in rows if row.category is None}
    found = [_line(row, checks[row.check_id], ended, who, is_part=is_of_total(row, totals)) for row in rows]
    return sorted(found, key=lambda line: _order(line, is_champion=who[line.candidate_id].is_champion))


def harm_of(row: DriftFinding) -> Harm:
    """What a finding's change does to users."""
    return harm(metric_of(row.said["metric"]), row.change)


def _order(line: FindingLine, *, is_champion: bool) -> tuple[bool, Harm, bool, float, int]:
    return line.tier is not Tier.ALARM, harm(line.metric, line.change), not is_champion, line.p, line.id


def is_of_total(row: DriftFinding, totals: Mapping[tuple[int, int, str], DriftFinding]) -> bool:
    """Whether a finding in a category says what the one over all says: of no higher tier, and no other change."""
    total = totals.get((row.check_id, row.candidate_id, row.metric))
    if total is None or row.category is None or (row.tier == Tier.ALARM and total.tier != Tier.ALARM):
        return False
    return row.lower <= total.change <= row.upper


def _line(
    row: DriftFinding,
    check: DriftCheck,
    ended: Mapping[int, datetime],
    who: Mapping[int, Candidate],
    *,
    is_part: bool,
) -> FindingLine:
    at = check.finished_at or check.begun_at
    return FindingLine(
        id=row.id or 0,
        run_id=check.run_id,
        at=at,
        candidate_id=row.candidate_id,
        candidate=who[row.candidate_id].name,
        category=row.category,
        metric=metric_of(row.said["metric"]),
        tier=Tier(row.tier),
        before=row.before,
        after=row.after,
        change=row.change,
        lower=row.lower,
        upper=row.upper,
        p=row.p,
        prompts=row.prompts,
        since_run=row.since_run_id,
        since_at=ended.get(row.since_run_id, at),
        open_since_run=row.open_since_run_id,
        open_since_at=ended.get(row.open_since_run_id, at),
        causes=tuple(Cause(cause) for cause in row.causes),
        parts=tuple(_part(part) for part in row.parts),
        sentence=row.said["sentence"],
        is_of_total=is_part,
    )


def _part(kept: Mapping[str, Any]) -> CausePart:
    return CausePart(Cause(kept["cause"]), kept["change"], kept["lower"], kept["upper"], kept["words"])


def _by_id(session: Session, table: Any, ids: set[int]) -> dict[int, Any]:
    return {row.id: row for row in session.exec(select(table).where(col(table.id).in_(ids)))} if ids else {}
