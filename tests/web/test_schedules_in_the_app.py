"""The app fires schedules by itself, unless it is told to leave watching to `evenhand scheduler`."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from core import clock
from core.services.watching.jobs import Watch
from core.settings import get_settings
from core.web.lifespan import Background
from tests.services.runs.evaluations import make
from tests.services.watching.schedules.scheduled import NOWHERE, outcomes, scheduled


def test_the_app_fires_what_is_due(workspace: Engine):
    make(workspace, NOWHERE)
    scheduled(workspace, clock.now() - timedelta(minutes=1), cron="* * * * *")
    background = Background()
    background._start(workspace)
    try:
        background.scheduler.get_job("schedules").func()
    finally:
        background._stop()
    assert outcomes(workspace)[-1] == ("ran", 1)


def test_it_leaves_watching_alone_where_it_is_told_to(workspace: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EVENHAND_SCHEDULER", "0")
    get_settings.cache_clear()
    background = Background()
    background._start(workspace)
    try:
        jobs = {job.id for job in background.scheduler.get_jobs()}
    finally:
        background._stop()
    assert "runs" in jobs and not jobs & {job.name for job in Watch(workspace).jobs}
