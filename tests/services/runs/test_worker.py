"""The worker process: it starts when runs are due, shares no run, and never outlives whoever started it."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from core.services import child
from core.services.runs import claims, progress, workers
from core.services.runs.worker import Worker
from core.settings import PROJECT_ROOT
from core.storage.engine import reading, writing
from core.storage.tables import Run
from tests.planted import PlantedPlan, PlantedServer
from tests.services.runs.evaluations import attempts, counters_are_true, make, planned, responses, the_run, unit
from tests.speed import patience_s


@pytest.fixture(autouse=True)
def _no_worker_is_left() -> Iterator[None]:
    yield
    workers.stop()


def until(condition: Callable[[], bool], *, seconds: float = 60.0) -> bool:
    """Wait for something; whether it came within so many seconds of a quick machine."""
    end = time.monotonic() + patience_s(seconds)
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.one_database
def test_the_app_starts_a_worker_when_a_run_is_due_and_it_carries_it_out(engine: Engine, server: PlantedServer):
    assert not workers.ensure(engine)
    run_id = planned(engine, make(engine, server.base_url, prompts=3))
    assert workers.ensure(engine)
    assert until(lambda: the_run(engine, run_id).state == "done")
    assert len(responses(engine, run_id)) == 3
    counters_are_true(engine, run_id)


def test_stopping_the_worker_leaves_the_run_to_the_next_one(sqlite_engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(first_byte_ms=100, total_ms=200))
    run_id = planned(sqlite_engine, make(sqlite_engine, server.base_url, prompts=30), concurrency=3)
    workers.ensure(sqlite_engine)
    assert until(lambda: the_run(sqlite_engine, run_id).responses >= 3)
    workers.stop()
    run = the_run(sqlite_engine, run_id)
    assert (run.state, run.worker) == ("running", None)
    assert all(attempt.finished_at is not None for attempt in attempts(sqlite_engine, run_id))
    with reading(sqlite_engine) as session:
        assert progress(session, run_id, now=datetime.now(UTC)).state == "interrupted"
    server.use(PlantedPlan())
    assert workers.ensure(sqlite_engine)
    assert until(lambda: the_run(sqlite_engine, run_id).state == "done")
    assert Counter(Counter(map(unit, responses(sqlite_engine, run_id))).values()) == {1: 30}


def test_a_worker_ends_when_whoever_started_it_is_killed(sqlite_engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(first_byte_ms=300, total_ms=600))
    run_id = planned(sqlite_engine, make(sqlite_engine, server.base_url, prompts=200), concurrency=2)
    address = sqlite_engine.url.render_as_string(hide_password=False)
    app = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\n"
            "from core.services.runs import workers\n"
            "from core.storage.engine import open_engine\n"
            "workers.ensure(open_engine(sys.argv[1]))\n"
            "print(next(iter(workers._children.values())).pid, flush=True)\n"
            "time.sleep(600)",
            address,
        ],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert app.stdout is not None
    worker_pid = int(app.stdout.readline())
    assert until(lambda: the_run(sqlite_engine, run_id).responses >= 1)
    os.kill(app.pid, signal.SIGKILL)
    app.wait()
    app.stdout.close()
    assert until(lambda: not _is_alive(worker_pid), seconds=30)
    assert the_run(sqlite_engine, run_id).state == "running"
    assert the_run(sqlite_engine, run_id).worker is None
    assert all(attempt.finished_at is not None for attempt in attempts(sqlite_engine, run_id))


def _is_alive(pid: int) -> bool:
    """Whether the process runs; one that waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.one_database
def test_two_workers_never_share_a_run(engine: Engine, server: PlantedServer):
    server.use(PlantedPlan(first_byte_ms=20, total_ms=40))
    made = make(engine, server.base_url, prompts=6)
    ids = [planned(engine, made, seed=seed) for seed in range(4)]
    both = [child.start("core.services.runs.worker", engine) for _ in range(2)]
    try:
        assert until(lambda: all(the_run(engine, run_id).state == "done" for run_id in ids))
    finally:
        for worker in both:
            worker.terminate()
            worker.wait(patience_s(30))
            worker.stdin.close()
    assert len(server.journal()) == 4 * 6
    for run_id in ids:
        assert len(attempts(engine, run_id)) == 6
        counters_are_true(engine, run_id)


def test_a_worker_that_stood_still_goes_on_with_its_run_and_does_not_begin_it_again(
    sqlite_engine: Engine, server: PlantedServer
):
    """Its heartbeat is as old as that of a machine that slept, whenever it looks for work."""
    server.use(PlantedPlan(first_byte_ms=1500, total_ms=1500))
    run_id = planned(sqlite_engine, make(sqlite_engine, server.base_url, prompts=8), concurrency=2)
    ages = threading.Event()

    def age() -> None:
        old = datetime.now(UTC) - timedelta(hours=1)
        while not ages.wait(0.02):
            with writing(sqlite_engine) as session:
                session.execute(sa.update(Run).where(Run.id == run_id, Run.state == "running").values(heartbeat_at=old))

    ageing = threading.Thread(target=age)
    ageing.start()
    try:
        asyncio.run(Worker(sqlite_engine, stays_idle_s=0.5).work())
    finally:
        ages.set()
        ageing.join()
    assert the_run(sqlite_engine, run_id).state == "done"
    assert len(server.journal()) == 8, "somebody was asked twice"
    assert len(attempts(sqlite_engine, run_id)) == 8
    counters_are_true(sqlite_engine, run_id)


def test_of_many_who_claim_a_run_at_once_one_gets_it(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    run_id = planned(engine, make(engine, "http://127.0.0.1:9/v1"))
    names = {}
    monkeypatch.setattr(claims, "me", lambda: names[threading.get_ident()])
    won = []

    def try_it(number: int) -> None:
        names[threading.get_ident()] = f"elsewhere/1 {number} aaaa"
        barrier.wait()
        if claims.claim(engine, run_id, datetime.now(UTC)):
            won.append(number)

    barrier = threading.Barrier(16)
    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert the_run(engine, run_id).worker == f"elsewhere/1 {won[0]} aaaa"


def test_a_run_whose_next_repetition_is_hours_away_is_not_due(sqlite_engine: Engine):
    now = datetime.now(UTC)
    made = make(sqlite_engine, "http://127.0.0.1:9/v1", prompts=5)
    run_id = planned(sqlite_engine, made, repetitions=2, spread_s=[0, 8 * 3600])
    _set(sqlite_engine, run_id, started_at=now, responses=5)
    with reading(sqlite_engine) as session:
        assert claims.claimable(session, now + timedelta(hours=7)) == []
        assert claims.claimable(session, now + timedelta(hours=8, seconds=1)) == [run_id]


def test_a_worker_leaves_a_run_queued_between_repetitions(sqlite_engine: Engine, server: PlantedServer):
    made = make(sqlite_engine, server.base_url, prompts=3)
    run_id = planned(sqlite_engine, made, repetitions=2, spread_s=[0, 8 * 3600])
    workers.ensure(sqlite_engine)
    assert until(lambda: the_run(sqlite_engine, run_id).responses == 3)
    assert until(lambda: the_run(sqlite_engine, run_id).state == "queued")
    assert workers.ensure(sqlite_engine), "the worker stays for a moment, in case more comes"
    workers.stop()
    assert not workers.ensure(sqlite_engine)
    _set(sqlite_engine, run_id, started_at=datetime.now(UTC) - timedelta(hours=9))
    assert workers.ensure(sqlite_engine)
    assert until(lambda: the_run(sqlite_engine, run_id).state == "done")
    assert Counter(response.repetition for response in responses(sqlite_engine, run_id)) == {0: 3, 1: 3}


def _set(engine: Engine, run_id: int, **changes: object) -> None:
    with writing(engine) as session:
        run = session.get_one(Run, run_id)
        for name, content in changes.items():
            setattr(run, name, content)
        session.add(run)
