"""Calls a second of a run, all committed, against a bare loop of the same SDK; and what it needs in memory.

A planted server answers every call in 200 ms, streamed. A run of 20,000 calls at concurrency 256 is carried out in a
process of its own, as a worker does it, on a real SQLite file; before and after it a bare loop of AsyncOpenAI makes
half as many calls each, with as many in flight, and keeps nothing.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func
from sqlmodel import select

from core.services import runs
from core.storage.engine import open_engine, reading, writing
from core.storage.schema import upgrade
from core.storage.tables import Attempt, Candidate, Dataset, Prompt, Response, Run
from tests.planted import PlantedPlan, PlantedServer, planted

CALLS, CONCURRENCY, ANSWER_MS = 20_000, 256, 200.0
LEAST_OF_IDEAL, LEAST_OF_BARE, MOST_GROWTH = 0.85, 0.9, 1.15
CANDIDATES, REPETITIONS = 2, 5
QUESTION = "Order {}: " + "a customer writes that the parcel with this number has not arrived. " * 3
ANSWER = "I am sorry to hear that. Let me look up where the parcel is and write to you at once. " * 4
PLAN = PlantedPlan(first_byte_ms=50, first_visible_ms=80, total_ms=ANSWER_MS, pieces=8, text=ANSWER)
NOW = datetime(2026, 11, 2, tzinfo=UTC)
ROOT = Path(__file__).resolve().parent.parent
_IN_A_PROCESS = "import sys; from benchmarks import throughput; throughput.{}(*sys.argv[1:])"


def run(calls: int = CALLS, concurrency: int = CONCURRENCY) -> dict[str, Any]:
    """Our calls per second over the lower of 0.85 × the ideal rate and 0.9 × the bare loop's; at least 1."""
    ideal = concurrency / (ANSWER_MS / 1000)
    with tempfile.TemporaryDirectory() as folder, planted(PLAN) as server:
        before_s = bare_seconds(server, calls // 2, concurrency)
        ours = carried_out(server, f"sqlite:///{folder}/throughput.db", calls, concurrency)
        after_s = bare_seconds(server, calls // 2, concurrency)
    bare = 2 * (calls // 2) / (before_s + after_s)
    wanted = min(LEAST_OF_IDEAL * ideal, LEAST_OF_BARE * bare)
    value = ours["calls_per_s"] / wanted
    is_met = value >= 1 and ours["is_complete"] and ours["memory_growth"] <= MOST_GROWTH
    detail = {
        "calls": calls,
        "concurrency": concurrency,
        "ideal_per_s": ideal,
        "bare_per_s": round(bare, 1),
        "bare_before_and_after_per_s": [round(calls // 2 / seconds, 1) for seconds in (before_s, after_s)],
        "of_bare": round(ours["calls_per_s"] / bare, 3),
        **ours,
    }
    return {
        "name": "throughput",
        "value": round(value, 3),
        "goal": f">= 1, memory at the end <= {MOST_GROWTH} x at a quarter",
        "met": bool(is_met),
        "detail": detail,
    }


def carried_out(server: PlantedServer, address: str, calls: int, concurrency: int) -> dict[str, Any]:
    """A run of so many calls in a process of its own: its rate, what was committed, its memory on the way."""
    engine = open_engine(address)
    upgrade(engine)
    run_id = ordered(engine, server, calls, concurrency)
    process = _start("carry_out_in_this_process", address, str(run_id))
    samples: list[tuple[int, int]] = []
    while process.poll() is None:
        samples.append((_done(engine, run_id), _resident_kb(process.pid)))
        time.sleep(0.25)
    if process.returncode:
        raise RuntimeError("the run broke off")
    found = _committed(engine, run_id)
    engine.dispose()
    quarter = max(kb for done, kb in samples if done <= calls / 4)
    peak = max(kb for _, kb in samples)
    return {
        "calls_per_s": round(found["attempts"] / found["seconds"], 1),
        "is_complete": found["attempts"] == found["responses"] == calls,
        "memory_growth": round(peak / quarter, 3),
        "resident_mb_at_a_quarter_and_at_most": [round(quarter / 1024), round(peak / 1024)],
        "scored_after_s": round(found["scored_after_s"], 1),
    }


def carry_out_in_this_process(address: str, run_id: str) -> None:
    """What the child process does."""
    runs.carry_out(open_engine(address), int(run_id))


def bare_seconds(server: PlantedServer, calls: int, concurrency: int) -> float:
    """How long a bare loop of the SDK takes for as many calls, in a process of its own."""
    process = _start("bare_loop", server.base_url, str(calls), str(concurrency), stdout=subprocess.PIPE)
    said, _ = process.communicate()
    return float(said)


def bare_loop(base_url: str, calls: str, concurrency: str) -> None:
    """What that process does: prints the seconds."""
    print(asyncio.run(_ask_all(base_url, int(calls), int(concurrency))))


async def _ask_all(base_url: str, calls: int, concurrency: int) -> float:
    from openai import AsyncOpenAI

    client = AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0)
    numbers = iter(range(calls))

    async def ask() -> None:
        for number in numbers:
            stream = await client.chat.completions.create(
                model="planted",
                messages=[{"role": "user", "content": QUESTION.format(number)}],
                stream=True,
                stream_options={"include_usage": True},
            )
            text = ""
            async for chunk in stream:
                for choice in chunk.choices:
                    text += choice.delta.content or ""
            assert text == ANSWER

    began = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(concurrency)))
    return time.perf_counter() - began


def _start(function: str, *arguments: str, **more: Any) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", _IN_A_PROCESS.format(function), *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"}, **more)


def ordered(engine: Engine, server: PlantedServer, calls: int, concurrency: int) -> int:
    """The id of a queued run of so many calls to the server: two candidates, five repetitions."""
    prompts = calls // (CANDIDATES * REPETITIONS)
    settings = {"base_url": server.base_url, "input_usd_per_mtok": 1.0, "output_usd_per_mtok": 2.0}
    with writing(engine) as session:
        dataset = Dataset(name="throughput", content_hash="throughput", created_at=NOW)
        asked = [
            Candidate(
                name=f"planted {n}", provider="vllm", model="planted", settings=settings, position=n, created_at=NOW
            )
            for n in range(CANDIDATES)
        ]
        session.add_all([dataset, *asked])
        session.flush()
        session.add_all(_prompt(dataset.id, number) for number in range(prompts))
        session.flush()
        order = runs.RunOrder(
            dataset_id=dataset.id,
            candidate_ids=[one.id for one in asked],
            repetitions=REPETITIONS,
            concurrency=concurrency,
            seed=1,
        )
        return runs.plan(session, order, now=datetime.now(UTC)).id


def _prompt(dataset_id: int, number: int) -> Prompt:
    return Prompt(
        dataset_id=dataset_id,
        external_id=str(number),
        messages=[{"role": "user", "content": QUESTION.format(number)}],
        tags=[],
        content_hash=str(number),
    )


def _done(engine: Engine, run_id: int) -> int:
    with reading(engine) as session:
        return session.exec(select(Run.responses).where(Run.id == run_id)).one()


def _resident_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)


def _committed(engine: Engine, run_id: int) -> dict[str, Any]:
    sent = select(func.count(), func.min(Attempt.started_at), func.max(Attempt.finished_at))
    with reading(engine) as session:
        attempts, began, ended = session.exec(sent.where(Attempt.run_id == run_id)).one()
        responses = session.exec(select(func.count()).where(Response.run_id == run_id)).one()
        finished_at = session.exec(select(Run.finished_at).where(Run.id == run_id)).one()
    return {
        "attempts": attempts,
        "responses": responses,
        "seconds": (ended - began).total_seconds(),
        "scored_after_s": (finished_at - ended).total_seconds(),
    }
