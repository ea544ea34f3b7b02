"""Latency and failures by hour of day, of the runs of the baseline in force and since."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.domain.drift import Hours, by_hour
from core.errors import BadInput
from core.services.datasets import datasets
from core.services.quality.gathering import Floats, Ids
from core.services.watching.drift.baselines import baseline_row
from core.services.watching.drift.contents import contents
from core.services.watching.drift.ended import ended_runs, since
from core.storage.tables import Candidate, metadata

_attempt = metadata.tables["attempt"]
_QUARTER_S = 900
_MOST_ATTEMPTS = 200_000


@dataclass(frozen=True)
class HoursOfDay:
    """One candidate's."""

    candidate_id: int
    candidate: str
    latency: Hours
    failures: Hours
    """Of tries, the share that failed."""


def hours_of_day(session: Session, dataset: str, *, zone: str = "UTC") -> list[HoursOfDay]:
    """Per candidate, by the hour in ``zone`` (an IANA name) at which it was asked; of all runs where none is pinned.

    What was imported without attempts has no hour. Of very many attempts the newest are read. Raises NotFound, and
    BadInput for an unknown zone.
    """
    where = _zone(zone)
    name = datasets.named(session, dataset).name
    runs, row = ended_runs(session, name), baseline_row(session, name)
    chosen = [run.id for run in runs]
    if row is not None:
        chosen = [*row.run_ids, *(run.id for run in since(runs, row.run_ids))]
    rows = _attempts(session, chosen)
    if not rows:
        return []
    known = contents(session, name)
    who, run, prompt = (np.array([one[place] for one in rows], dtype=np.int64) for place in range(3))
    hour = _hours([one[3] for one in rows], where)
    latency = np.array([np.nan if one[4] is None or one[5] else one[4] for one in rows], dtype=float)
    failed = np.array([bool(one[5]) for one in rows], dtype=float)
    code = known.codes_of(prompt)
    names = session.exec(
        select(Candidate).where(col(Candidate.id).in_(np.unique(who).tolist())).order_by(Candidate.name)
    )
    return [_told(one, who == one.id, hour, code, run, latency, failed) for one in names]


def _told(
    candidate: Candidate, mine: Any, hour: Ids, code: Ids, run: Ids, latency: Floats, failed: Floats
) -> HoursOfDay:
    place = hour[mine], code[mine], run[mine]
    return HoursOfDay(
        candidate.id or 0,
        candidate.name,
        by_hour(*place, latency[mine], is_amount=True),
        by_hour(*place, failed[mine], is_amount=False),
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(f"'{name}' is no time zone. Use a name such as Europe/Berlin.") from error


def _attempts(session: Session, runs: list[int]) -> list[Any]:
    a = _attempt.c
    failed = sa.case((a.error_kind.is_not(None), 1), else_=0)
    query = sa.select(a.candidate_id, a.run_id, a.prompt_id, a.started_at, a.latency_ms, failed)
    query = query.where(a.run_id.in_(runs), a.finished_at.is_not(None), a.turn == 0)
    return list(session.execute(query.order_by(a.id.desc()).limit(_MOST_ATTEMPTS)))


def _hours(moments: list[datetime], zone: ZoneInfo) -> Ids:
    """The hour of each; zones are looked up once a quarter of an hour of the calendar."""
    seconds = np.array([moment.timestamp() for moment in moments])
    whole, which = np.unique(seconds // _QUARTER_S, return_inverse=True)
    told = [datetime.fromtimestamp(each * _QUARTER_S, UTC).astimezone(zone).hour for each in whole.tolist()]
    return np.array(told, dtype=np.int64)[which]
