"""A large file is imported by another process: the same comes of it, and it ends with whoever waits for it."""

import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from core.domain.people import Role
from core.errors import BadFile, NotAllowed
from core.services.importing import Kind, apart, import_file
from core.services.people import people
from core.storage.engine import open_engine
from tests.services.importing.test_import_landing import PROJECT, votes, written
from tests.services.importing.test_import_native import counts
from tests.workspace import NOW, make_workspace

LARGE = written(votes(12_000))
assert len(LARGE) > 1_000_000


class Stopped(BaseException):
    """What a page raises in whatever it is about to draw when somebody clicked."""


class Told:
    """Remembers what an import said, and which processes worked meanwhile."""

    def __init__(self, *, stop_at: int | None = None) -> None:
        self.fractions: list[float | None] = []
        self.processes: set[int] = set()
        self.stop_at = stop_at

    def __call__(self, fraction: float | None, records: int) -> None:
        self.fractions.append(fraction)
        self.processes |= set(importers(os.getpid()))
        if self.stop_at is not None and records >= self.stop_at:
            raise Stopped


def importers(parent: int) -> list[int]:
    """The processes that import for ``parent``."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes()
            ours = f"\nPPid:\t{parent}\n" in (folder / "status").read_text()
        except OSError:
            continue
        if ours and b"core.services.importing.apart_process" in command:
            found.append(int(folder.name))
    return found


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where imports put what they read, of this test alone."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    return folder


def take(engine: Engine, content: bytes, told: Told, **more: Any) -> Any:
    file = io.BytesIO(content)
    return apart.import_file(engine, file, Kind.VOTES, name="crowd.jsonl", now=NOW, on_progress=told, **more)


@pytest.mark.one_database
def test_it_comes_to_the_same_as_within_this_process(engine: Engine, tmp_path: Path) -> None:
    make_workspace(engine)
    told = Told()
    summary = take(engine, LARGE, told)
    assert told.processes
    assert told.fractions[-1] == 1
    assert importers(os.getpid()) == []
    again = import_file(engine, io.BytesIO(LARGE), Kind.VOTES, name="crowd.jsonl", now=NOW)
    assert (summary.created, again.created, again.already_imported) == (12_000, 0, True)
    assert (summary.dataset, summary.study) == (again.dataset or summary.dataset, again.study)


def test_a_file_on_disk_is_not_copied(sqlite_engine: Engine, tmp_path: Path, scratch: Path) -> None:
    make_workspace(sqlite_engine)
    file = tmp_path / "crowd"
    file.write_bytes(LARGE)
    copies: list[Path] = []

    def look(_: float | None, __: int) -> None:
        copies.extend(each for each in scratch.iterdir() if not each.is_dir())

    with file.open("rb") as opened:
        opened.seek(1000)
        done = apart.import_file(sqlite_engine, opened, Kind.VOTES, name="crowd.jsonl", now=NOW, on_progress=look)
    assert done.created == 12_000
    assert copies == []


def test_a_small_file_starts_no_process_and_a_small_packed_one_does(sqlite_engine: Engine) -> None:
    make_workspace(sqlite_engine)
    plain, packed = Told(), Told()
    assert take(sqlite_engine, written(votes(50)), plain).created == 50
    assert take(sqlite_engine, gzip.compress(written(votes(60))), packed).created == 60
    assert plain.fractions
    assert not plain.processes
    assert packed.processes


def test_a_fault_is_told_as_within_this_process(sqlite_engine: Engine) -> None:
    make_workspace(sqlite_engine)
    before = counts(sqlite_engine)
    broken = LARGE + b'{"prompt_id": "p0", "left": "a", "right": "a", "winner": "tie"}\n'
    with pytest.raises(BadFile) as told:
        take(sqlite_engine, broken, Told())
    with pytest.raises(BadFile) as plain:
        import_file(sqlite_engine, io.BytesIO(broken), Kind.VOTES, name="crowd.jsonl", now=NOW)
    assert str(told.value) == str(plain.value)
    assert (told.value.line, told.value.field) == (plain.value.line, plain.value.field) == (12_001, "right")
    assert counts(sqlite_engine) == before


def test_who_is_no_admin_any_more_is_refused_in_the_transaction_that_writes(engine: Engine) -> None:
    workspace = make_workspace(engine)
    before = counts(engine)
    rater = workspace.raters[0]
    with pytest.raises(NotAllowed):
        take(engine, LARGE, Told(), check=partial(people.require_still, person_id=rater, role=Role.ADMIN))
    assert counts(engine) == before


@pytest.mark.one_database
def test_who_stops_it_finds_nothing_of_it(engine: Engine, scratch: Path) -> None:
    make_workspace(engine)
    before = counts(engine)
    for stop_at in (0, 2000, 12_000):
        with pytest.raises(Stopped):
            take(engine, LARGE, Told(stop_at=stop_at))
        assert importers(os.getpid()) == []
        assert counts(engine) == before
        assert list(scratch.iterdir()) == []


def test_a_page_that_fails_meanwhile_is_not_taken_for_the_process(sqlite_engine: Engine) -> None:
    make_workspace(sqlite_engine)

    def fail(_: float | None, __: int) -> None:
        raise BrokenPipeError("the browser is gone")

    with pytest.raises(BrokenPipeError, match="browser"):
        apart.import_file(sqlite_engine, io.BytesIO(LARGE), Kind.VOTES, name="crowd.jsonl", now=NOW, on_progress=fail)
    assert importers(os.getpid()) == []


def test_a_process_that_was_killed_is_said_to_have_ended(sqlite_engine: Engine, scratch: Path) -> None:
    make_workspace(sqlite_engine)
    before = counts(sqlite_engine)

    def kill(_: float | None, __: int) -> None:
        for process in importers(os.getpid()):
            os.kill(process, signal.SIGKILL)

    with pytest.raises(apart.Broken, match="Import it again"):
        apart.import_file(sqlite_engine, io.BytesIO(LARGE), Kind.VOTES, name="crowd.jsonl", now=NOW, on_progress=kill)
    assert counts(sqlite_engine) == before
    assert list(scratch.iterdir()) == []


def test_it_ends_with_the_process_that_waits_for_it(sqlite_database: str, scratch: Path) -> None:
    engine = open_engine(sqlite_database)
    make_workspace(engine)
    before = counts(engine)
    file = scratch / "crowd.jsonl"
    file.write_bytes(LARGE)
    command = [
        sys.executable,
        "-m",
        "tests.services.importing.import_process",
        sqlite_database,
        str(file),
        "votes",
        "apart",
    ]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["read"] < 12_000
        (importer,) = importers(process.pid)
        process.kill()
    until = time.monotonic() + 30
    while Path(f"/proc/{importer}").exists() and time.monotonic() < until:
        time.sleep(0.02)
    assert not Path(f"/proc/{importer}").exists()
    assert counts(engine) == before
    engine.dispose()


def test_a_query_is_imported_by_another_process(sqlite_engine: Engine, tmp_path: Path) -> None:
    source = open_engine(f"sqlite:///{tmp_path}/source.db")
    with source.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE asked (id TEXT, text TEXT)")
        connection.exec_driver_sql("INSERT INTO asked VALUES ('a', 'Why?'), ('b', 'How?')")
    source.dispose()
    told = Told()
    done = apart.import_query(
        sqlite_engine,
        f"sqlite:///{tmp_path}/source.db",
        "SELECT id, text AS turns FROM asked",
        Kind.PROMPTS,
        name="asked",
        now=NOW,
        on_progress=told,
    )
    assert (done.created, done.dataset) == (2, "asked")
    assert told.processes
