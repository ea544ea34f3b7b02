"""Kill −9 at random moments of a run, then go on: nothing repeated, nothing lost, everything paid for on record."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import openai  # noqa: F401 (loaded here once, not by every child)
import pytest
from sqlalchemy import Engine

from core.services.runs import cancel, carry_out, resume
from core.services.runs.claims import claim
from core.services.runs.control import tidy_up
from core.settings import PROJECT_ROOT
from core.storage.engine import open_engine, writing
from core.storage.tables import Run
from tests.long import times
from tests.planted import Outcome, PlantedPlan, PlantedServer
from tests.services.runs.evaluations import (
    NOW,
    Made,
    attempts,
    counters_are_true,
    make,
    planned,
    responses,
    the_run,
    unit,
)
from tests.speed import patience_s

_forks = multiprocessing.get_context("fork")
PROMPTS, REPETITIONS = 15, 2
PLAN = PlantedPlan(
    total_ms=25,
    first_byte_ms=5,
    first_token_ms=10,
    first_visible_ms=10,
    input_tokens=10,
    output_tokens=5,
    outcomes=(Outcome("status", 0.1, status=503),),
)


def _in_a_child(address: str, run_id: int, begun: object) -> None:
    engine = open_engine(address)
    begun.set()  # type: ignore[attr-defined]
    carry_out(engine, run_id, score=False)
    os._exit(0)


def _killed_after(engine: Engine, run_id: int, wait_s: float, *, asked: PlantedServer | None = None) -> bool:
    """Let a child carry the run out and kill it that long after, or after ``asked`` has a call from it in hand.

    False where it had come to its end before.
    """
    address = engine.url.render_as_string(hide_password=False)
    before = 0 if asked is None else len(asked.journal())
    begun = _forks.Event()
    child = _forks.Process(target=_in_a_child, args=(address, run_id, begun), daemon=True)
    child.start()
    assert begun.wait(patience_s(20))
    if asked is not None:
        _until_more_than(before, asked)
    time.sleep(wait_s)
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    return the_run(engine, run_id).state == "running"


def _until_more_than(calls: int, server: PlantedServer) -> None:
    deadline = time.monotonic() + patience_s(30)
    while len(server.journal()) <= calls:
        assert time.monotonic() < deadline, "nothing was asked"
        time.sleep(0.02)


def _run_to_its_end(engine: Engine, run_id: int) -> None:
    if the_run(engine, run_id).state == "running":
        resume(engine, run_id, now=NOW, retry_failed=False)
    assert carry_out(engine, run_id, score=False).state == "done"


def _all_is_there_once(engine: Engine, made: Made, run_id: int, server: PlantedServer) -> None:
    came = responses(engine, run_id)
    wanted = {
        (candidate, prompt, repetition)
        for candidate in made.candidates
        for prompt in made.prompts
        for repetition in range(REPETITIONS)
    }
    assert Counter(map(unit, came)) == Counter(wanted)
    made_attempts = attempts(engine, run_id)
    assert all(attempt.finished_at is not None for attempt in made_attempts)
    by_unit = Counter(map(unit, made_attempts))
    assert all(response.attempts == by_unit[unit(response)] for response in came)
    counters_are_true(engine, run_id)
    _every_call_is_on_record(made, made_attempts, server)


def _every_call_is_on_record(made: Made, made_attempts: list, server: PlantedServer) -> None:
    """What the server saw, and what it would charge for, against the attempts' rows."""
    price = {True: (10 * 1000 + 5 * 2000) / 1e6, False: 0.0}
    calls, charged = Counter(), Counter()
    for call in server.journal():
        key = (call.model, call.prompt)
        calls[key] += 1
        charged[key] += price[call.is_charged]
    models = {candidate: f"model-{n}" for n, candidate in enumerate(made.candidates)}
    questions = {prompt: f"Question {n}?" for n, prompt in enumerate(made.prompts)}
    rows, accounted = Counter(), Counter()
    for attempt in made_attempts:
        key = (models[attempt.candidate_id], questions[attempt.prompt_id])
        rows[key] += 1
        accounted[key] += attempt.cost_usd or 0.0
    for key, count in calls.items():
        assert count <= rows[key]
        assert charged[key] <= accounted[key] + 1e-12


def _kill_and_resume(engine: Engine, server: PlantedServer, *, kills: int, seed: int) -> None:
    server.use(PLAN)
    made = make(engine, server.base_url, server.base_url, prompts=PROMPTS)
    rng, done, interrupted = Random(seed), 0, 0
    while done < kills:
        server.forget()
        run_id = planned(engine, made, repetitions=REPETITIONS, concurrency=4, seed=seed + done)
        is_running = True
        while is_running and done < kills:
            is_running = _killed_after(engine, run_id, patience_s(rng.uniform(0.01, 0.18)))
            done += is_running
            interrupted += sum(attempt.finished_at is None for attempt in attempts(engine, run_id))
        _run_to_its_end(engine, run_id)
        _all_is_there_once(engine, made, run_id, server)
    assert interrupted > 0, "no kill fell into a request: the moments are not random enough to show anything"


def test_a_run_survives_kills(sqlite_database: str, server: PlantedServer):
    engine = open_engine(sqlite_database)
    _kill_and_resume(engine, server, kills=times(5, long=20), seed=7)
    engine.dispose()


@pytest.mark.postgres
def test_a_run_survives_kills_on_postgresql(postgres_database: str, server: PlantedServer):
    engine = open_engine(postgres_database)
    _kill_and_resume(engine, server, kills=times(5, long=20), seed=11)
    engine.dispose()


def test_what_a_dead_process_had_in_flight_is_on_record_as_the_most_it_can_have_cost(
    sqlite_database: str, server: PlantedServer
):
    engine = open_engine(sqlite_database)
    server.use(PlantedPlan(first_byte_ms=60_000, total_ms=60_000))
    made = make(engine, server.base_url, prompts=3)
    run_id = planned(engine, made, concurrency=3)
    assert _killed_after(engine, run_id, 0.3, asked=server)
    server.use(PlantedPlan())
    _run_to_its_end(engine, run_id)
    broken = [attempt for attempt in attempts(engine, run_id) if attempt.error_kind == "interrupted"]
    assert broken
    assert all(attempt.cost_basis == "reserved" for attempt in broken)
    assert all(attempt.cost_usd == attempt.reserved_usd > 0 for attempt in broken)
    assert the_run(engine, run_id).cost_usd > sum(attempt.reserved_usd for attempt in broken)
    engine.dispose()


def test_a_cancelled_run_whose_process_died_is_closed_all_the_same(sqlite_database: str, server: PlantedServer):
    engine = open_engine(sqlite_database)
    server.use(PlantedPlan(first_byte_ms=60_000, total_ms=60_000))
    made = make(engine, server.base_url, prompts=3)
    died_first, cancelled_first = planned(engine, made), planned(engine, made)
    assert _killed_after(engine, died_first, 0.3, asked=server)
    assert _killed_after(engine, cancelled_first, 0.3, asked=server)
    cancel(engine, died_first, now=datetime.now(UTC))
    with writing(engine) as session:
        run = session.get_one(Run, cancelled_first)
        run.state = "cancelled"
        session.add(run)
    assert tidy_up(engine, now=datetime.now(UTC)) == 1
    assert tidy_up(engine, now=datetime.now(UTC)) == 0
    for run_id in (died_first, cancelled_first):
        assert the_run(engine, run_id).state == "cancelled"
        assert {attempt.error_kind for attempt in attempts(engine, run_id)} == {"interrupted"}
        assert the_run(engine, run_id).cost_usd > 0
        counters_are_true(engine, run_id)
    engine.dispose()


CARRY_OUT = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background does not hear Ctrl-C
from core.services.runs import carry_out
from core.storage.engine import open_engine
carry_out(open_engine(sys.argv[1]), int(sys.argv[2]), score=False)
"""


def test_ctrl_c_stops_a_run_with_all_accounts_closed(sqlite_database: str, server: PlantedServer):
    engine = open_engine(sqlite_database)
    server.use(PlantedPlan(first_byte_ms=500, total_ms=1000))
    made = make(engine, server.base_url, prompts=20)
    run_id = planned(engine, made, concurrency=3)
    command = [sys.executable, "-c", CARRY_OUT, engine.url.render_as_string(hide_password=False), str(run_id)]
    with subprocess.Popen(command, cwd=PROJECT_ROOT, stderr=subprocess.DEVNULL) as child:
        _until_more_than(0, server)
        time.sleep(1.2)
        child.send_signal(signal.SIGINT)
    run = the_run(engine, run_id)
    assert (run.state, run.worker) == ("stopped", None)
    assert "Resume it" in run.problem
    broken = [attempt for attempt in attempts(engine, run_id) if attempt.error_kind == "interrupted"]
    assert broken
    assert all(attempt.finished_at is not None for attempt in attempts(engine, run_id))
    counters_are_true(engine, run_id)
    server.use(PlantedPlan())
    resume(engine, run_id, now=NOW)
    assert carry_out(engine, run_id, score=False).responses == 20
    engine.dispose()


def test_a_run_whose_process_lives_elsewhere_is_taken_over_when_its_heartbeat_is_old(sqlite_database: str):
    engine = open_engine(sqlite_database)
    made = make(engine, "http://127.0.0.1:9/v1")
    run_id = planned(engine, made)
    with writing(engine) as session:
        run = session.get_one(Run, run_id)
        run.state, run.worker, run.heartbeat_at = "running", "elsewhere/1 1 aaaa", NOW
        session.add(run)
    assert not claim(engine, run_id, NOW + timedelta(seconds=29))
    assert claim(engine, run_id, NOW + timedelta(seconds=31))
    engine.dispose()
