"""A process that is killed while it opens the demo, and two that start at once: in the end there is one, and whole."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlmodel import col, select

from core.demo.story import BASELINE_WEEKS, ROUNDS, WEEKS
from core.storage.engine import open_engine, reading
from core.storage.tables import DriftCheck, Response, Run, Score, Study, Vote
from tests.long import times

START = """
import sys
from core import clock
from core.services.demo.finishing import finish_demo
from core.services.demo.opening import prepare_workspace
from core.storage.engine import open_engine
engine = open_engine(sys.argv[1])
print("begun", flush=True)
prepare_workspace(engine, demo=True, now=clock.now())
finish_demo(engine, now=clock.now())
"""


def start(address: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", START, address]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])
    assert process.stdout is not None and process.stdout.readline() == "begun\n"
    return process


@pytest.mark.long
def test_killed_anywhere_and_started_twice_at_once_it_is_there_once_and_whole(sqlite_database: str) -> None:
    for after_s in (0.1, 0.4, 0.8, 1.2, 2.0, 4.0)[: times(2, 6)]:
        process = start(sqlite_database)
        time.sleep(after_s)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    both = [start(sqlite_database), start(sqlite_database)]
    assert [process.wait() for process in both] == [0, 0]
    assert start(sqlite_database).wait() == 0
    engine = open_engine(sqlite_database)
    with reading(engine) as session:
        assert len(session.exec(select(Run)).all()) == len(ROUNDS) + 1
        assert len(session.exec(select(Study)).all()) == 2
        responses = len(session.exec(select(Response.id)).all())
        assert responses == WEEKS * 192 + 24 + 128
        assert len(session.exec(select(Score.response_id)).all()) == 13 * responses
        assert len(session.exec(select(DriftCheck).where(col(DriftCheck.is_whole))).all()) == sum(
            one.week > BASELINE_WEEKS for one in ROUNDS
        )
        votes = session.exec(select(Vote.rater_id, Vote.prompt_id, Vote.question_id, Vote.created_at)).all()
        assert len(votes) == len(set(votes)) > 10_000
    engine.dispose()
