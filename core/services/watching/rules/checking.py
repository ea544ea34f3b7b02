"""Looking by the rules at what changed, and raising what there is to say: each rule by one process at a time."""

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.domain.alerts import AlertKind
from core.services.alerts import Raised, raise_alert, rules
from core.services.watching.rules.rule import Look, Rule
from core.storage.engine import reading, write
from core.storage.tables import Alert, AlertRule

_log = logging.getLogger(__name__)
_NEWS_FOR = timedelta(days=14)
_SINCE, _GONE, _SCOPE = "since", "gone", "scope"


def check(engine: Engine, among: Sequence[Rule], *, now: datetime) -> int:
    """Let every rule look whose turn it is, and return how many alerts were raised.

    A rule that fails keeps no other from looking; the first failure is raised at the end, and it is tried again.
    """
    raised, problems = 0, list[Exception]()
    for rule, row in _claimed(engine, among, now):
        try:
            raised += _look(engine, rule, row, now)
        except Exception as error:
            _log.exception("the rule for %s failed and will be tried again", rule.kind)
            problems.append(error)
    if problems:
        raise problems[0]
    return raised


def _claimed(engine: Engine, among: Sequence[Rule], now: datetime) -> list[tuple[Rule, AlertRule]]:
    """The rules that are on and whose turn this process took."""
    with reading(engine) as session:
        rows = {row.kind: row for row in session.exec(select(AlertRule)).all()}
    due = [rule for rule in among if _is_due(rule, rows.get(rule.kind), now)]
    if not due and len(rows) >= len(AlertKind):
        return []

    def work(session: Session) -> list[tuple[Rule, AlertRule]]:
        there = rules.ensure(session, now=now)
        mine = [(rule, there[rule.kind]) for rule in due if there[rule.kind].is_on]
        return [(rule, row) for rule, row in mine if rules.claim(session, row, every=rule.every, now=now)]

    return write(engine, work)


def _is_due(rule: Rule, row: AlertRule | None, now: datetime) -> bool:
    return row is None or (row.is_on and (row.checked_at is None or row.checked_at <= now - rule.every))


def _look(engine: Engine, rule: Rule, row: AlertRule, now: datetime) -> int:
    """Look at the scopes that changed, and write what was found."""
    since = max(row.watched_since, now - _NEWS_FOR)
    thresholds = rule.thresholds(row.parameters)
    with reading(engine) as session:
        stamps = {scope: _stamp(value, now if rule.is_daily else None) for scope, value in rule.scopes(session).items()}
        changed = [scope for scope, stamp in stamps.items() if not stamp or row.stamps.get(scope) != stamp]
        found = {scope: list(rule.find(Look(session, scope, since, now, thresholds))) for scope in changed}
        is_news = bool(found) if rule.is_standing else _has_news(session, found)
    if not is_news and stamps == row.stamps:
        return 0
    keep = _stand if rule.is_standing else _raise_all
    return write(engine, partial(_write, rule, found, stamps, now, keep))


def _stamp(value: object, now: datetime | None) -> str:
    """A short text that changes with the value, and with ``now`` from day to day; empty for None."""
    if value is None:
        return ""
    day = "" if now is None else f"{now:%Y-%m-%d}"
    return hashlib.sha256(f"{day} {value!r}".encode()).hexdigest()[:16]


def _has_news(session: Session, found: Mapping[str, list[Raised]]) -> bool:
    keys = {each.key for several in found.values() for each in several}
    known = session.exec(select(Alert.key).where(col(Alert.key).in_(keys))).all()
    return len(known) < len(keys)


Keep = Callable[[Session, Rule, AlertRule, Mapping[str, list[Raised]], datetime], int]


def _write(
    rule: Rule, found: Mapping[str, list[Raised]], stamps: Mapping[str, str], now: datetime, keep: Keep,
    session: Session,
) -> int:  # fmt: skip
    row = session.get(AlertRule, str(rule.kind), with_for_update=True, populate_existing=True)
    if row is None or not row.is_on:
        return 0
    raised = keep(session, rule, row, found, now)
    row.stamps = dict(stamps)
    session.add(row)
    return raised


def _raise_all(session: Session, _rule: Rule, _row: AlertRule, found: Mapping[str, list[Raised]], now: datetime) -> int:
    return sum(raise_alert(session, each, now=now) for several in found.values() for each in several)


def _stand(session: Session, rule: Rule, row: AlertRule, found: Mapping[str, list[Raised]], now: datetime) -> int:
    """Raise what begins to hold, or begins anew after it was over."""
    standing, raised = {key: dict(entry) for key, entry in row.standing.items()}, 0
    holds = {each.key for several in found.values() for each in several}
    for key, entry in list(standing.items()):
        if _is_over(session, rule, key, entry, now):
            del standing[key]
        elif entry[_SCOPE] in found and key not in holds:
            entry.setdefault(_GONE, now.isoformat())
    for scope, several in found.items():
        for each in several:
            entry = standing.setdefault(each.key, {_SINCE: now.isoformat(), _SCOPE: scope})
            entry.pop(_GONE, None)
            raised += raise_alert(session, replace(each, key=_key(each.key, entry)), now=now)
    row.standing = standing
    return raised


def _is_over(session: Session, rule: Rule, key: str, entry: Mapping[str, str], now: datetime) -> bool:
    """Whether it has not held for long enough, and nobody needs to be told any more that it did."""
    if _GONE not in entry or datetime.fromisoformat(entry[_GONE]) > now - rule.rest:
        return False
    alert = session.exec(select(Alert).where(Alert.key == _key(key, entry))).first()
    return alert is None or alert.acknowledged_at is not None


def _key(key: str, entry: Mapping[str, str]) -> str:
    """Of the alert: what holds, and since when."""
    return f"{key}@{entry[_SINCE]}"
