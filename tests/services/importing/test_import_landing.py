"""While a file is read nobody waits and nobody sees any of it; it comes in at once, or not at all."""

import io
import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, select

from core.services.importing import ImportSummary, Kind, import_file
from core.services.leaderboards import boards
from core.services.studies import studies
from core.settings import PROJECT_ROOT
from core.storage.engine import open_engine, writing
from core.storage.tables import Candidate, Study, Vote
from tests.long import times
from tests.services.importing.test_import_native import counts
from tests.services.studies.test_nothing_lost import (
    assert_acknowledged_votes_are_all_there_is,
    assert_at_most_one_answer_stands,
    desks,
)
from tests.services.studies.test_rating import assert_tallies_equal_a_rebuild
from tests.workspace import NOW, make_workspace

PROJECT = PROJECT_ROOT
SQLITE_WAITS = pytest.mark.regression("1.7")
IMPORTED = times(500, long=2000)
EACH_DATABASE = pytest.mark.parametrize(
    "database", [pytest.param("sqlite", marks=SQLITE_WAITS), pytest.param("postgres", marks=pytest.mark.postgres)],
    indirect=True,
)  # fmt: skip


def votes(n: int, *, prompts: int = 6, candidates: int = 4, raters: int = 40) -> list[dict[str, Any]]:
    rng = random.Random(n)
    found = []
    for _ in range(n):
        left, right = rng.sample(range(candidates), 2)
        vote = {"prompt_id": f"p{rng.randrange(prompts)}", "left": f"candidate {left}", "right": f"candidate {right}"}
        vote |= {"winner": rng.choice(("left", "right", "tie", "both_bad")), "rater": f"crowd {rng.randrange(raters)}"}
        found.append(vote | {"question": rng.choice(("tone", "safety", "taste"))})
    return found


def written(records: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def take(engine: Engine, records: list[dict[str, Any]], kind: Kind = Kind.VOTES, **more: Any) -> ImportSummary:
    return import_file(engine, io.BytesIO(written(records)), kind, name="crowd.jsonl", now=NOW, **more)


@EACH_DATABASE
@pytest.mark.parametrize("kind", list(Kind))
def test_while_a_file_is_read_others_write_and_see_none_of_it(database: str, kind: Kind) -> None:
    engine = open_engine(database)
    make_workspace(engine)
    records: dict[Kind, list[dict[str, Any]]] = {
        Kind.PROMPTS: [{"id": f"new {n}", "turns": ["x"]} for n in range(9000)],
        Kind.RESPONSES: [{"prompt_id": f"p{n % 6}", "candidate": f"new {n}", "text": "x"} for n in range(1500)],
        Kind.VOTES: votes(9000),
        Kind.CANDIDATES: [{"name": f"c{n}", "provider": "openai", "model": "m"} for n in range(300)],
    }
    before, looks = counts(engine), 0

    def look(_: float | None, __: int) -> None:
        nonlocal looks
        looks += 1
        assert counts(engine) == before
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA busy_timeout=50")
            else:
                connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
            connection.execute(sa.update(Study).values(more_expected=f"look {looks}"))
            connection.commit()

    assert take(engine, records[kind], kind, on_progress=look).created == len(records[kind])
    assert looks >= (1 if kind is Kind.CANDIDATES else 3)
    assert counts(engine) != before
    engine.dispose()


def test_raters_at_work_and_an_import_of_votes_leave_every_vote_counted_once(engine: Engine) -> None:
    workspace = make_workspace(engine, prompts=times(8, long=24), raters=4, overlap=2)
    raters = desks(engine, workspace)
    with ThreadPoolExecutor(len(raters)) as threads:
        rating = [threads.submit(desk.rate_until_nothing_is_left) for desk in raters]
        for number in range(3):
            assert take(engine, votes(IMPORTED + number, prompts=8)).created == IMPORTED + number
        for work in rating:
            work.result(timeout=120)
    with Session(engine) as session:
        cast = set(session.exec(select(Vote.id).where(Vote.assignment_id.is_not(None))))
        assert len(session.exec(select(Vote.id)).all()) == len(cast) + 3 * IMPORTED + 3
    with writing(engine) as session:
        session.execute(sa.delete(Vote).where(Vote.assignment_id.is_(None)))
    assert_acknowledged_votes_are_all_there_is(engine, raters)
    assert_at_most_one_answer_stands(engine)


def test_tallies_of_new_and_known_names_equal_a_rebuild(engine: Engine) -> None:
    make_workspace(engine)
    for round_ in range(2):
        crowd = votes(3000 + round_)
        for number, vote in enumerate(crowd):
            vote["rater"] = f"rater of round {round_ if number % 3 else 0} {number % 77}"
        take(engine, crowd)
        textless = [vote | {"prompt_id": f"elsewhere {n % 90}"} for n, vote in enumerate(votes(2000 + round_))]
        newcomers = [vote | {"left": f"newcomer {round_} {n % 40}"} for n, vote in enumerate(textless)]
        import_file(engine, io.BytesIO(written(newcomers)), Kind.VOTES, dataset="apart", name="apart", now=NOW)
    assert_tallies_equal_a_rebuild(engine)
    with engine.connect() as connection:
        for table, column, target in (
            ("vote", "prompt_id", "prompt"), ("vote", "rater_id", "person"), ("vote", "left_candidate_id", "candidate"),
            ("vote", "question_id", "question"), ("prompt", "dataset_id", "dataset"),
        ):  # fmt: skip
            astray = f"SELECT count(*) FROM {table} a LEFT JOIN {target} b ON b.id = a.{column} WHERE b.id IS NULL"
            assert connection.execute(sa.text(astray)).scalar_one() == 0


def test_a_board_gives_what_it_gave_when_the_same_votes_came_in_parts(engine: Engine) -> None:
    workspace = make_workspace(engine)
    take(engine, votes(2500))
    with Session(engine) as session:
        tone = studies.question_named(session, workspace.study, "tone")
        assert boards.questions_with_votes(session, workspace.study) >= {tone.id}
        outcomes = [vote["winner"] for vote in votes(2500) if vote["question"] == "tone"]
        assert len(session.exec(select(Vote).where(Vote.question_id == tone.id)).all()) == len(outcomes)


def test_a_name_that_comes_meanwhile_is_used_and_not_made_twice(engine: Engine) -> None:
    make_workspace(engine, prompts=6, candidates=4)
    seen = []

    def meddle(_: float | None, records: int) -> None:
        if not seen and records:
            seen.append(records)
            with writing(engine) as session:
                session.add(Candidate(name="latecomer", settings={}, position=99, created_at=NOW))

    responses = [{"prompt_id": f"p{n}", "candidate": "latecomer", "text": f"answer {n}"} for n in range(6)]
    assert take(engine, responses, Kind.RESPONSES, on_progress=meddle).created == 6
    with Session(engine) as session:
        assert session.exec(select(Candidate.position).where(Candidate.name == "latecomer")).all() == [99]
    after = counts(engine)
    assert take(engine, responses, Kind.RESPONSES).already_imported
    assert counts(engine) == after


def test_two_imports_of_one_file_at_once_are_one(engine: Engine) -> None:
    make_workspace(engine)
    with ThreadPoolExecutor(3) as threads:
        works = [threads.submit(take, engine, votes(3000)) for _ in range(3)]
        done = [work.result(timeout=120) for work in works]
    assert sorted(summary.already_imported for summary in done) == [False, True, True]
    with Session(engine) as session:
        assert len(session.exec(select(Vote.id)).all()) == 3000
    assert_tallies_equal_a_rebuild(engine)


# ---------------------------------------------------------------- kill −9


def is_whole(database: str, file: Path, scratch: Path, *, records: int, wait_s: float) -> bool:
    """Import ``file`` in a process and kill it a while after so many records; whether it had come to its end."""
    command = [sys.executable, "-m", "tests.services.importing.import_process", database, str(file), "votes"]
    environment = os.environ | {"TMPDIR": str(scratch)}
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, env=environment)
    assert process.stdout is not None
    for line in process.stdout:
        said = json.loads(line)
        if "created" in said or said["read"] >= records:
            break
    time.sleep(wait_s)
    process.kill()
    rest = process.stdout.read()
    ended = process.wait(timeout=30)
    assert ended in (0, -signal.SIGKILL)
    return "created" in said or b"created" in rest


def test_kill_9_in_mid_import_leaves_nothing_and_the_next_import_is_whole(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_engine(database)
    make_workspace(engine)
    total = times(20_000, long=60_000)
    file = tmp_path / "crowd.jsonl"
    file.write_bytes(written(votes(total)))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    before, rng = counts(engine), random.Random(5)
    late = [(total, rng.uniform(*range_s)) for range_s in ((0.05, 0.2), (0.2, 0.5))[: times(1, long=2)]]
    for records, wait_s in [(0, 0.0), (total // 2, 0.0), (total, 0.0), *late][times(1, long=0) :]:
        if is_whole(database, file, scratch, records=records, wait_s=wait_s) or counts(engine) != before:
            break
        assert len(list(scratch.glob("evenhand-import-*"))) == 1
    assert import_file(engine, file, Kind.VOTES, now=NOW).records == total
    assert list(scratch.glob("evenhand-import-*")) == []
    with Session(engine) as session:
        assert session.execute(sa.select(sa.func.count()).select_from(Vote)).scalar_one() == total
    assert_tallies_equal_a_rebuild(engine)
    engine.dispose()


def test_what_a_killed_import_left_goes_at_the_next_start_and_what_lives_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.services.importing import sweep
    from core.services.importing.staging import Staging

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "evenhand-import-dead").mkdir()
    (tmp_path / "evenhand-import-dead" / "alive").touch()
    (tmp_path / "evenhand-import-dead" / "rows.db").write_bytes(b"x" * 1000)
    with Staging() as living:
        sweep()
        assert [folder.name for folder in tmp_path.iterdir()] == [living.path.parent.name]
    assert list(tmp_path.iterdir()) == []
