"""/healthz: a scheduler that is dead, stuck, late or failing is told in words, and nothing else is."""

import json
import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.web.health import health_routes
from core.web.lifespan import Background
from core.web.turns import Turns, WatchedScheduler
from tests.web.prometheus_text import parsed


class Beating(Background):
    """A background whose one job is ours, with a clock that we turn."""

    def __init__(self, job: Callable[[], object], *, every_s: int = 3) -> None:
        super().__init__()
        self.ahead_s = 0.0
        self.turns = Turns(clock=lambda: time.monotonic() + self.ahead_s)
        self.scheduler = WatchedScheduler(job_defaults={"coalesce": True, "max_instances": 1})
        self._every(every_s, "tallies", job)
        self.scheduler.start()


def asked(background: Background) -> tuple[int, dict[str, str]]:
    with TestClient(Starlette(routes=health_routes(background)), base_url="http://127.0.0.1") as client:
        answer = client.get("/healthz")
    return answer.status_code, json.loads(answer.text)


def metrics(background: Background) -> dict[str, float]:
    app = Starlette(routes=health_routes(background))
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50000)) as client:
        return {sample.name: sample.value for sample in parsed(client.get("/metrics").text)}


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_scheduler_that_works_is_ok(workspace: Engine) -> None:
    background = Beating(lambda: None, every_s=1)
    try:
        until(lambda: background.turns.all()[0].had_one)
        assert asked(background) == (200, {"status": "ok", "database": "ok", "scheduler": "ok"})
        assert metrics(background)["evenhand_scheduler_running"] == 1
        assert metrics(background)["evenhand_job_idle_seconds"] < 30
    finally:
        background.scheduler.shutdown()
    assert asked(background)[1]["scheduler"] == "stopped"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_scheduler_whose_thread_died_is_dead(workspace: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    background = Beating(lambda: None, every_s=1)
    scheduler = background.scheduler
    assert asked(background)[0] == 200

    def die() -> float:
        raise SystemExit

    monkeypatch.setattr(scheduler, "_process_jobs", die)
    scheduler.wakeup()
    until(lambda: not scheduler.is_alive)
    assert scheduler.running, "APScheduler itself has not noticed"
    status, said = asked(background)
    assert status == 503 and said["scheduler"].startswith("dead: the thread that gives jobs their turns has ended")
    assert metrics(background)["evenhand_scheduler_running"] == 0
    monkeypatch.undo()


def test_a_job_that_never_ends_is_stuck_and_said_since_when(workspace: Engine) -> None:
    let_go = threading.Event()
    background = Beating(lambda: let_go.wait(60), every_s=1)
    try:
        until(lambda: background.turns.all()[0].going_s is not None)
        background.ahead_s = 600
        assert asked(background)[0] == 200, "a long turn is no dead one"
        background.ahead_s = 1000
        status, said = asked(background)
        assert status == 503
        assert said["scheduler"].startswith("stuck: the job tallies (every 1 s) has been going on since 20")
        assert metrics(background)["evenhand_job_going_seconds"] >= 1000
    finally:
        let_go.set()
        background.scheduler.shutdown()


def test_a_job_that_gets_no_turn_is_late(workspace: Engine) -> None:
    background = Beating(lambda: None, every_s=3600)
    try:
        background.ahead_s = 3601 * 19
        assert asked(background)[0] == 200
        background.ahead_s = 3601 * 20
        status, said = asked(background)
        assert status == 503
        assert said["scheduler"].startswith(
            "late: the job tallies (every 3600 s) has waited for its first turn since 20"
        )
    finally:
        background.scheduler.shutdown()


def test_a_job_that_fails_is_named_until_it_works_again(workspace: Engine) -> None:
    broken = [True]

    def job() -> None:
        if broken[0]:
            raise RuntimeError("a secret")

    background = Beating(job, every_s=1)
    try:
        until(lambda: background.turns.all()[0].problem is not None)
        assert asked(background) == (503, {"status": "failing", "database": "ok", "scheduler": "failing: tallies"})
        assert metrics(background)["evenhand_job_failing"] == 1
        broken[0] = False
        until(lambda: background.turns.all()[0].problem is None)
        assert asked(background)[0] == 200
    finally:
        background.scheduler.shutdown()
