"""Several processes at the same schedules, killed at random: each due time fires once or is missed, and none twice."""

import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from mmap import mmap
from multiprocessing.process import BaseProcess
from random import Random
from threading import Thread

import pytest
from sqlalchemy import Engine

from core.domain.cron import parse_cron
from core.services.watching import schedules
from core.storage.engine import open_engine, write
from tests.services.runs.evaluations import make
from tests.services.watching.schedules.scheduled import (
    NOWHERE,
    each_time_once,
    end_runs,
    fires,
    outcomes,
    scheduled,
    the_schedule,
)
from tests.speed import patience_s

_forks = multiprocessing.get_context("fork")
NOW = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)
DUE = NOW + timedelta(hours=1)
SIZES = [
    pytest.param(30, 2, id="30 schedules, 2 processes"),
    pytest.param(200, 3, id="200 schedules, 3 processes", marks=pytest.mark.long),
]
Clock = Callable[[], datetime]


class Crew:
    """Processes that tick as the app's do, ``threads`` in each, until they are killed or told to end."""

    def __init__(self, address: str, clock: Clock, *, processes: int, threads: int, seed: int) -> None:
        self._address, self._clock, self._threads = address, clock, threads
        self._rng = Random(seed)
        # A byte that all see, as a process killed while it reads an Event keeps its lock, and everybody waits for it.
        self._told = mmap(-1, 1)
        self._crew = [self._begun() for _ in range(processes)]
        self.kills = 0

    def kill_one(self) -> None:
        """Kill one of them at some moment, and start another in its place."""
        time.sleep(self._rng.uniform(0.02, 0.25))
        place = self._rng.randrange(len(self._crew))
        self.kills += _killed(self._crew[place])
        self._crew[place] = self._begun()

    def kill_all(self, *, gone_for_s: float) -> None:
        """Kill all of them, and start others after a while."""
        self.kills += sum(map(_killed, self._crew))
        time.sleep(gone_for_s)
        self._crew = [self._begun() for _ in self._crew]

    def end(self) -> None:
        """Let them end; none may have met an error."""
        self._told[0] = 1
        for process in self._crew:
            process.join(patience_s(20))
            assert process.exitcode == 0, "a process met an error"

    def _begun(self) -> BaseProcess:
        process = _forks.Process(
            target=_tick_in_a_child, args=(self._address, self._clock, self._threads, self._told), daemon=True
        )
        process.start()
        return process


def _killed(process: BaseProcess) -> bool:
    """Kill it; False where it had come to its end by itself, which it may only in peace."""
    assert process.exitcode in (None, 0), "a process met an error"
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    return process.exitcode == -signal.SIGKILL


def _tick_in_a_child(address: str, clock: Clock, threads: int, told: mmap) -> None:
    engine, errors = open_engine(address), list[Exception]()

    def tick_on() -> None:
        while not told[0] and not errors:
            try:
                schedules.tick(engine, now=clock())
            except Exception as error:
                errors.append(error)
            time.sleep(0.01)

    beside = [Thread(target=tick_on, daemon=True) for _ in range(threads - 1)]
    for thread in beside:
        thread.start()
    tick_on()
    for thread in beside:
        thread.join()
    os._exit(1 if errors else 0)


def all_due_at_once(engine: Engine, *, number: int, processes: int, threads: int, seed: int) -> None:
    """Many schedules are due at one moment, and the processes that fire them are killed one after the other."""
    make(engine, NOWHERE)
    ids = [scheduled(engine, NOW, name=f"schedule {each}") for each in range(number)]
    address = engine.url.render_as_string(hide_password=False)
    crew = Crew(address, lambda: DUE, processes=processes, threads=threads, seed=seed)
    deadline = time.monotonic() + patience_s(120)
    while any(the_schedule(engine, schedule_id).next_run_at <= DUE for schedule_id in ids):
        crew.kill_one()
        assert time.monotonic() < deadline, "the schedules are not fired"
    crew.end()
    assert crew.kills > 0
    each_time_once(engine, {schedule_id: [DUE] for schedule_id in ids})
    assert set(outcomes(engine)) == {("ran", 1)}


def days_go_by(engine: Engine, *, number: int, processes: int, threads: int, seed: int) -> None:
    """Schedules are due all through two days, two seconds each or more, while processes are killed, at times all."""
    make(engine, NOWHERE)
    rng, began, speed = Random(seed), time.monotonic(), 24 * 3600 / max(2.0, number / 20)
    texts = [f"{rng.randrange(60)} {rng.randrange(24)} * * *" for _ in range(number)]
    ids = [scheduled(engine, NOW, name=f"schedule {n}", cron=text) for n, text in enumerate(texts)]

    def clock() -> datetime:
        return NOW + timedelta(seconds=speed * (time.monotonic() - began))

    address = engine.url.render_as_string(hide_password=False)
    crew = Crew(address, clock, processes=processes, threads=threads, seed=seed)
    while clock() < NOW + timedelta(days=2):
        for _ in range(5):
            crew.kill_one()
            end_runs(engine)
        crew.kill_all(gone_for_s=rng.uniform(0.6, 0.8) * 24 * 3600 / speed)
    crew.end()
    end_runs(engine)
    end = clock()
    schedules.tick(engine, now=end)
    each_time_once(
        engine, {one: parse_cron(text, "UTC").between(NOW, end) for one, text in zip(ids, texts, strict=True)}
    )
    told = Counter(outcome for outcome, _ in outcomes(engine))
    assert crew.kills > 5 and told["ran"] > 0 and told["missed"] > 0
    assert set(told) <= {"ran", "missed", "skipped"}


@pytest.mark.postgres
@pytest.mark.parametrize("story", [all_due_at_once, days_go_by])
@pytest.mark.parametrize(("number", "processes"), SIZES)
def test_killed_processes_on_postgresql(
    postgres_database: str, number: int, processes: int, story: Callable[..., None]
):
    engine = open_engine(postgres_database)
    story(engine, number=number, processes=processes, threads=1, seed=number)
    engine.dispose()


@pytest.mark.parametrize("story", [all_due_at_once, days_go_by])
@pytest.mark.parametrize(("number", "processes"), SIZES)
def test_killed_processes_with_threads_on_sqlite(
    sqlite_database: str, number: int, processes: int, story: Callable[..., None]
):
    engine = open_engine(sqlite_database)
    story(engine, number=number, processes=processes, threads=3, seed=number)
    engine.dispose()


def test_of_those_who_see_a_schedule_due_one_fires_it(engine: Engine):
    make(engine, NOWHERE)
    seen = [the_schedule(engine, scheduled(engine, NOW, name=f"schedule {each}")) for each in range(20)]
    gone: list[int] = []

    def tick() -> None:
        gone.append(schedules.tick(engine, now=DUE))

    threads = [Thread(target=tick) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(gone) == len(fires(engine)) == len(seen)
    each_time_once(engine, {schedule.id or 0: [DUE] for schedule in seen})


def test_a_schedule_that_is_removed_while_it_is_due_fires_or_is_gone(engine: Engine):
    make(engine, NOWHERE)
    ids = [scheduled(engine, NOW, name=f"schedule {each}") for each in range(10)]
    thread = Thread(target=lambda: schedules.tick(engine, now=DUE))
    thread.start()
    for schedule_id in reversed(ids):
        write(engine, lambda session, one=schedule_id: schedules.remove(session, one, now=DUE))
    thread.join()
    fired = {line.fire.schedule_id for line in fires(engine)}
    each_time_once(engine, {schedule_id: [DUE] for schedule_id in fired})
    assert schedules.tick(engine, now=DUE) == 0
