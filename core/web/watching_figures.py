"""What is being watched, as families of samples: drift and open alerts."""

from collections import Counter
from itertools import product

from sqlmodel import Session

from core import clock
from core.domain.alerts import AlertKind, Severity
from core.domain.drift import Tier
from core.services.alerts import AlertState, inbox
from core.services.watching import drift
from core.services.watching.drift import DriftState
from core.storage.engine import get_engine, reading
from core.web.exposition import Family

MOST_DATASETS = 20
MOST_FINDINGS = 500
MOST_ALERTS = 1_000


def compute() -> list[Family]:
    """Drift of every dataset with a baseline, and the alerts that wait for somebody."""
    with reading(get_engine()) as session:
        return [*_drift(session), *_alerts(session)]


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
