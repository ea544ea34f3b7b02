"""An alert is raised once, in the transaction of whoever raises it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.alerts import AlertKind, Severity
from core.services.alerts import Raised, raise_alert
from core.storage.engine import reading, write, writing
from core.storage.tables import Alert, AlertDelivery, AlertDestination, AlertRule
from tests.workspace import NOW


def raised(key: str = "run_failed:1", severity: Severity = Severity.WARNING) -> Raised:
    return Raised(AlertKind.RUN_FAILED, key, "Run 1 failed", "Nothing came of it.", "/runs?run=1", severity, {"run": 1})


def raise_it(engine: Engine, what: Raised) -> bool:
    return write(engine, lambda session: raise_alert(session, what, now=NOW))


def all_of(engine: Engine, table: type) -> list:
    with reading(engine) as session:
        return list(session.exec(select(table)).all())


def test_the_same_is_raised_once_and_anew_under_another_key(engine: Engine):
    assert raise_it(engine, raised())
    assert not raise_it(engine, raised())
    assert raise_it(engine, raised("run_failed:2"))
    first, second = all_of(engine, Alert)
    assert (first.key, second.key) == ("run_failed:1", "run_failed:2")
    assert first.public_id != second.public_id
    assert (first.kind, first.severity, first.data, first.created_at) == ("run_failed", "warning", {"run": 1}, NOW)


def test_thirty_two_threads_that_raise_the_same_raise_it_once_and_deliver_it_once(engine: Engine):
    with writing(engine) as session:
        session.add(AlertDestination(name="ops", url_env="OPS_ALERT_URL", created_at=NOW))
    with ThreadPoolExecutor(32) as pool:
        found = list(pool.map(lambda _: raise_it(engine, raised()), range(32)))
    assert found.count(True) == 1
    assert len(all_of(engine, Alert)) == 1
    assert len(all_of(engine, AlertDelivery)) == 1


def test_what_is_rolled_back_was_never_raised(engine: Engine):
    def fail(session) -> None:
        raise_alert(session, raised(), now=NOW)
        raise RuntimeError("afterwards")

    with pytest.raises(RuntimeError):
        write(engine, fail)
    assert all_of(engine, Alert) == []
    assert raise_it(engine, raised())


def test_a_kind_that_is_switched_off_is_not_raised(engine: Engine):
    with writing(engine) as session:
        session.add(AlertRule(kind="run_failed", is_on=False, parameters={}, watched_since=NOW, stamps={}, standing={}))
    assert not raise_it(engine, raised())
    assert all_of(engine, Alert) == []


@pytest.mark.parametrize(
    ("change", "is_delivered"),
    [
        (lambda one: None, True),
        (lambda one: setattr(one, "kinds", ["drift"]), False),
        (lambda one: setattr(one, "kinds", ["drift", "run_failed"]), True),
        (lambda one: setattr(one, "least_severity", "urgent"), False),
        (lambda one: setattr(one, "least_severity", "warning"), True),
        (lambda one: setattr(one, "retired_at", NOW - timedelta(days=1)), False),
    ],
)
@pytest.mark.one_database
def test_each_destination_gets_what_it_is_for(
    engine: Engine, change: Callable[[AlertDestination], None], is_delivered: bool
):
    destination = AlertDestination(name="ops", url_env="OPS_ALERT_URL", created_at=NOW)
    change(destination)
    with writing(engine) as session:
        session.add(destination)
    raise_it(engine, raised())
    found = [(one.state, one.attempts, one.next_at) for one in all_of(engine, AlertDelivery)]
    assert found == ([("due", 0, NOW)] if is_delivered else [])
