"""`evenhand schedule …` and `evenhand scheduler` as scripts use them, against a real server."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.services.importing import Kind, import_file
from core.services.watching import schedules
from core.storage.engine import open_engine, reading, writing
from core.storage.schema import upgrade
from core.storage.tables import Run, Schedule
from tests import command_line
from tests.forking import fork
from tests.planted import PlantedPlan, PlantedServer, planted
from tests.speed import patience_s

Call = Callable[..., subprocess.CompletedProcess[str]]
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[PlantedServer]:
    with planted(PlantedPlan(input_tokens=10, output_tokens=5, text="Yes.")) as running:
        yield running


@pytest.fixture(scope="module")
def template(server: PlantedServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two prompts and two candidates, one of whose keys this machine may lack."""
    folder = tmp_path_factory.mktemp("template")
    prompts = [{"id": f"p{n}", "turns": [f"Question {n}?"]} for n in range(2)]
    model = {"provider": "openai", "model": "m", "base_url": server.base_url, "api_key_env": "MY_API_KEY"}
    model |= {"max_tokens": 9, "input_usd_per_mtok": 1.0, "output_usd_per_mtok": 2.0}
    engine = open_engine(f"sqlite:///{folder}/evenhand.db")
    upgrade(engine)
    models = [{"name": name, **model} for name in ("one", "two")]
    for kind, rows in ((Kind.PROMPTS, prompts), (Kind.CANDIDATES, models)):
        path = folder / f"{kind}.jsonl"
        path.write_text("\n".join(map(json.dumps, rows)))
        import_file(engine, path, kind, dataset="d" if kind is Kind.PROMPTS else None, now=NOW)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return folder / "evenhand.db"


@pytest.fixture
def env(template: Path, tmp_path: Path) -> dict[str, str]:
    address = f"sqlite:///{shutil.copy(template, tmp_path)}"
    without_key = {name: value for name, value in os.environ.items() if name != "MY_API_KEY"}
    return without_key | {"EVENHAND_DATABASE_URL": address, "EVENHAND_DEMO": "0", "COLUMNS": "200"}


@pytest.fixture
def evenhand(env: dict[str, str]) -> Call:
    """Runs `evenhand` on a copy of that workspace."""
    return partial(command_line.evenhand, env=env)


@pytest.fixture
def engine(env: dict[str, str]) -> Iterator[Engine]:
    engine = open_engine(env["EVENHAND_DATABASE_URL"])
    yield engine
    engine.dispose()


def told(done: subprocess.CompletedProcess[str]) -> dict:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_schedule_is_added_listed_paused_resumed_and_removed(evenhand: Call):
    assert "evenhand schedule add" in evenhand("schedule", "list").stdout
    options = ("--dataset", "d", "--cron", "0 6 * * 0", "--zone", "Europe/Berlin", "--candidate", "one")
    more = ("--repeats", "3", "--spread-hours", "8", "--max-usd", "2", "--json")
    added = told(evenhand("schedule", "add", *options, *more))
    assert (added["id"], added["name"], added["state"]) == (1, "d", "waiting")
    assert added["reading"] == "every Sunday 06:00 Berlin" and added["said"].startswith(f"{added['reading']}, next in ")
    assert (added["candidates"], added["repetitions"], added["spread_hours"], added["max_usd"]) == (["one"], 3, 8, 2)
    assert datetime.fromisoformat(added["next_run_at"]) > datetime.now(UTC)
    paused = told(evenhand("schedule", "pause", "d", "--json"))
    assert (paused["state"], paused["next_run_at"]) == ("paused", None)
    text = evenhand("schedule", "list").stdout
    assert "1 d: every Sunday 06:00 Berlin (paused)" in text and "d · one · 3 times, 8 h apart · at most $2" in text
    assert told(evenhand("schedule", "resume", "1", "--json"))["next_run_at"] == added["next_run_at"]
    assert told(evenhand("schedule", "remove", "d", "--json")) == {"removed": "d"}
    assert told(evenhand("schedule", "list", "--json")) == {"schedules": []}


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--cron", "0 25 * * *"), "The hour '25' of '0 25 * * *' cannot be read: hours are 0 to 23"),
        (("--cron", "0 6 * * 0", "--zone", "Berlin"), "Did you mean Europe/Berlin"),
        (("--cron", "0 6 * * 0", "--candidate", "three"), "no candidate 'three'. There are: 'one', 'two'"),
        (("--cron", "0 6 * * 0", "--version", "2"), "no version 2 of 'd'"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_added(evenhand: Call, options: tuple[str, ...], problem: str):
    refused = evenhand("schedule", "add", "--dataset", "d", *options)
    assert refused.returncode == 2 and problem in " ".join(refused.stderr.split())
    assert told(evenhand("schedule", "list", "--json")) == {"schedules": []}


def test_run_now_queues_a_run_whatever_keys_this_terminal_has(evenhand: Call):
    assert evenhand("schedule", "run", "d").returncode == 2
    told(evenhand("schedule", "add", "--dataset", "d", "--cron", "0 6 * * 0", "--json"))
    fired = told(evenhand("schedule", "run", "d", "--json"))
    assert (fired["outcome"], fired["due_at"], fired["run"], fired["run_state"]) == ("ran", None, 1, "queued")
    again = evenhand("schedule", "run", "d")
    assert again.returncode == 1 and "skipped. The run before, 1, still goes on." in again.stdout
    found = told(evenhand("schedule", "history", "d", "--json"))["history"]
    assert [line["outcome"] for line in found] == ["skipped", "ran"]
    assert "ran run 1 (queued)" in evenhand("schedule", "history", "--limit", "5").stdout


def test_the_scheduler_fires_carries_out_and_ends_when_told(env: dict[str, str], engine: Engine, tmp_path: Path):
    _due_a_moment_ago(engine)
    process = _scheduler(env, tmp_path)
    _until(lambda: [run.responses for run in _runs(engine)] == [4])
    process.terminate()
    process.join(patience_s(20))
    assert (process.exitcode, (tmp_path / "out").read_text()) == (0, "The scheduler is running.\n")
    with reading(engine) as session:
        assert [line.fire.outcome for line in schedules.history(session)] == ["ran"]


@pytest.mark.long
def test_what_a_killed_scheduler_began_goes_on_with_the_next_one_and_is_not_begun_twice(
    env: dict[str, str], engine: Engine, tmp_path: Path
):
    _due_a_moment_ago(engine)
    first = _scheduler(env, tmp_path)
    _until(lambda: bool(_runs(engine)))
    first.kill()
    first.join()
    second = _scheduler(env, tmp_path)
    _until(lambda: [run.state for run in _runs(engine)] == ["done"])
    second.terminate()
    second.join()
    assert [run.responses for run in _runs(engine)] == [4]


def _scheduler(env: dict[str, str], folder: Path) -> BaseProcess:
    """`evenhand scheduler`, where the key is set."""
    paths = {"out": folder / "out", "err": folder / "err"}
    return fork("core.cli:app", ["scheduler"], env=env | {"MY_API_KEY": "k"}, cwd=Path.cwd(), **paths)


def _due_a_moment_ago(engine: Engine) -> None:
    now = datetime.now(UTC)
    with writing(engine) as session:
        made = schedules.add(session, schedules.ScheduleDraft("d", "0 6 * * 0"), now=now)
        session.flush()
        row = session.get_one(Schedule, made.id)
        row.next_run_at = now - timedelta(seconds=1)
        session.add(row)


def _runs(engine: Engine) -> list[Run]:
    with reading(engine) as session:
        return list(session.exec(select(Run)))


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + patience_s(60)
    while not is_so():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.05)
