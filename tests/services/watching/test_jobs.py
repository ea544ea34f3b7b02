"""What a workspace does by itself to watch: by the app, or by a process beside it where the workspace is large."""

import time

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from core.services import large
from core.services.watching import drift
from core.services.watching.jobs import Watch
from core.storage.engine import reading
from core.storage.tables import DriftCheck
from tests.drifting import weeks
from tests.speed import patience_s


def checks(engine: Engine) -> int:
    with reading(engine) as session:
        query = sa.select(sa.func.count()).select_from(DriftCheck).where(DriftCheck.is_whole)
        return int(session.execute(query).scalar_one())


@pytest.fixture
def checked_next(sqlite_engine: Engine) -> Engine:
    """A workspace with a run that is to be checked."""
    made = weeks(sqlite_engine)
    for _ in range(3):
        made.run()
    drift.check_due(sqlite_engine, now=made.now)
    made.run()
    return sqlite_engine


def turn(watch: Watch, name: str) -> None:
    next(job for job in watch.jobs if job.name == name).turn()


def test_a_small_workspace_is_watched_by_the_app_itself(checked_next: Engine):
    watch = Watch(checked_next)
    turn(watch, "drift")
    assert checks(checked_next) == 1
    assert watch._beside._child is None
    watch.stop()


def test_a_large_one_is_watched_by_a_process_that_ends_with_the_app(
    checked_next: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(large, "LARGE", 1)
    watch = Watch(checked_next)
    try:
        turn(watch, "drift")
        turn(watch, "rules of alerts")
        child = watch._beside._child
        until = time.monotonic() + patience_s(60)
        while not checks(checked_next):
            assert child.poll() is None and time.monotonic() < until, "nobody checked"
            time.sleep(0.1)
    finally:
        watch.stop()
    assert child.poll() is not None
    turn(watch, "drift")
    assert watch._beside._child is None, "what is stopped starts nothing"


def test_the_process_ends_when_whoever_started_it_is_gone(checked_next: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(large, "LARGE", 1)
    watch = Watch(checked_next)
    turn(watch, "drift")
    child = watch._beside._child
    child.stdin.close()
    assert child.wait(patience_s(30)) == 0
    watch.stop()
