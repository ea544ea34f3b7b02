"""Who got worse by the last check for drift, with the proof of an alarm."""

import sqlalchemy as sa
from sqlmodel import Session

from core.domain.drift import Tier
from core.storage.tables import metadata

_finding, _check, _run, _dataset = (
    metadata.tables[name] for name in ("drift_finding", "drift_check", "run", "dataset")
)
_QUALITY = "acceptable"
Alarms = dict[tuple[int, str | None], int]


def worsened(session: Session, dataset: str) -> Alarms:
    """By candidate and category (None: over all), the run since which fewer of its responses are acceptable."""
    f = _finding.c
    query = sa.select(f.candidate_id, f.category, f.open_since_run_id).where(
        f.check_id == newest_check(session, dataset),
        f.metric == _QUALITY,
        f.tier == str(Tier.ALARM),
        f.change < 0,
    )
    return {(candidate, category): run_id for candidate, category, run_id in session.execute(query)}


def worse_in(alarms: Alarms, category: str) -> frozenset[int]:
    """Who got worse there: as an alarm in the category says, or one over all that no category's explains."""
    somewhere = {candidate for candidate, where in alarms if where is not None}
    return frozenset(
        candidate for candidate, where in alarms if where == category or (where is None and candidate not in somewhere)
    )


def newest_check(session: Session, dataset: str) -> int | None:
    """The check of the newest run that was checked; None: none was."""
    c = _check.c
    query = (
        sa.select(c.id)
        .join(_run, _run.c.id == c.run_id)
        .join(_dataset, _dataset.c.id == _run.c.dataset_id)
        .where(_dataset.c.name == dataset, c.is_whole)
    )
    found: int | None = session.execute(query.order_by(c.run_id.desc(), c.baseline_id.desc()).limit(1)).scalar()
    return found
