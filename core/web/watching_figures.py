"""What is being watched, as families of samples: drift, open alerts, schedules."""

from collections import Counter
from itertools import product

from sqlmodel import Session

from core import clock
from core.domain.alerts import AlertKind, Severity
from core.domain.drift import Tier
from core.services.alerts import AlertState, inbox
from core.services.watching import drift, schedules
from core.services.watching.drift import DriftState
from core.storage.engine import get_engine, reading
from core.web.exposition import Family

MOST_DATASETS = 20
MOST_FINDINGS = 500
MOST_ALERTS = 1_000
MOST_SCHEDULES = 200


def compute() -> list[Family]:
    """Drift of every dataset with a baseline, the alerts that wait for somebody, and when what is run next."""
    with reading(get_engine()) as session:
        return [*_drift(session), *_alerts(session), *_schedules(session)]


def _drift(session: Session) -> list[Family]:
    finding = Family("evenhand_drift_finding", "1: a change is open, on the tier alarm or watch.")
    open_ = Family("evenhand_drift_findings_open", "Changes that are open, by tier.")
    checks = Family("evenhand_drift_checks", "Checks made, the newest 200 of a dataset counted.")
    newest = Family("evenhand_drift_newest_check_timestamp_seconds", "When the newest check was made.")
    baseline = Family("evenhand_drift_baseline_timestamp_seconds", "When the baseline in force was pinned.")
    for name in drift.datasets(session)[:MOST_DATASETS]:
        state, labels = drift.state(session, name, with_trends=False), {"dataset": name}
        checks.add(len(state.checks), labels)
        if state.baseline is not None:
            baseline.add(state.baseline.pinned_at.timestamp(), labels)
        if state.check is not None:
            newest.add(state.check.at.timestamp(), labels)
            _findings(state, finding, open_)
    return [finding, open_, checks, newest, baseline]


def _findings(state: DriftState, finding: Family, open_: Family) -> None:
    """Where a check was made, 0 says that nothing is open; where none was, nothing is said."""
    for tier in Tier:
        n = sum(one.tier is tier for one in state.findings)
        open_.add(n, {"dataset": state.dataset, "tier": str(tier)})
    for one in state.findings[:MOST_FINDINGS]:
        labels = {
            "dataset": state.dataset,
            "candidate": one.candidate,
            "category": one.category or "",
            "scope": "all" if one.category is None else "category",
            "metric": one.metric.name,
            "tier": str(one.tier),
        }
        finding.add(1, labels)


def _alerts(session: Session) -> list[Family]:
    """By kind and severity, the newest MOST_ALERTS; and how many there are in all."""
    now = clock.now()
    open_ = Family("evenhand_alerts_open", "Alerts that nobody has acknowledged, snoozed ones left out.")
    listed = inbox.listing(session, now=now, state=AlertState.OPEN, limit=MOST_ALERTS)
    counted = Counter((each.alert.kind, each.alert.severity) for each in listed)
    for kind, severity in product(AlertKind, Severity):
        open_.add(counted[str(kind), str(severity)], {"kind": str(kind), "severity": str(severity)})
    waiting = Family("evenhand_alerts_waiting", "All of them.")
    waiting.add(inbox.count(session, now=now))
    return [open_, waiting]


def _schedules(session: Session) -> list[Family]:
    """A paused schedule has no next time; one that was never due has no outcome."""
    next_ = Family("evenhand_schedule_next_timestamp_seconds", "When a schedule is due next.")
    last = Family("evenhand_schedule_last_timestamp_seconds", "When it was seen to the last time.")
    outcome = Family("evenhand_schedule_last_outcome", "1: what became of it then: ran, missed, skipped or failed.")
    for line in schedules.listed(session)[:MOST_SCHEDULES]:
        labels = {"schedule": line.schedule.name, "dataset": line.schedule.dataset}
        next_.add(None if line.next_at is None else line.next_at.timestamp(), labels)
        if line.last is not None:
            last.add(line.last.fire.fired_at.timestamp(), labels)
            outcome.add(1, labels | {"outcome": line.last.fire.outcome})
    return [next_, last, outcome]
