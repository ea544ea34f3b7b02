"""A server that stalls, seen by a load test and by a client that waits for its answers before it asks again.

A planted server answers in 10 ms and is frozen for 300 ms every 3 s, so that a tenth of the users who come at random
wait, up to 300 ms. The load test's p99 from when requests were due shows it. A loop of one connection, asking again as
soon as it is answered, sends one request into each stall and hundreds between them: its p99 shows nothing.
"""

import asyncio
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from sqlalchemy import Engine

from core.providers import open_provider
from core.providers.base import ChatRequest
from core.providers.presets import endpoint_of
from core.services.load_testing import LoadOrder, load_test
from core.storage.engine import open_engine, writing
from core.storage.schema import upgrade
from core.storage.tables import Candidate, Dataset, Prompt
from tests.planted import PlantedPlan, PlantedServer, planted

RATE_PER_S, SECONDS = 60.0, 18.0
ANSWER_MS, STALL_MS, PERIOD_MS = 10.0, 300.0, 3000.0
PLAN = PlantedPlan(total_ms=ANSWER_MS, stall_ms=STALL_MS, stall_period_ms=PERIOD_MS)
# Of a tenth of the arrivals, spread evenly over the stall, the worst tenth waits nine tenths of it or more.
PLANTED_P99_MS = ANSWER_MS + 0.9 * STALL_MS
NOW = datetime(2026, 11, 2, tzinfo=UTC)


def run(seconds: float = SECONDS, rate_per_s: float = RATE_PER_S) -> dict[str, Any]:
    """The load test's p99 over the planted one, between 0.8 and 1.2; the closed loop's is below 0.5."""
    with tempfile.TemporaryDirectory() as folder, planted(PLAN) as server:
        engine = open_engine(f"sqlite:///{Path(folder) / 'load.db'}")
        upgrade(engine)
        found = open_loop(engine, server, seconds, rate_per_s)
        engine.dispose()
        server.forget()
        closed_ms = closed_loop(server, seconds)
    p99 = found["latency_ms"]["p99"]
    value, closed = p99["value"] / PLANTED_P99_MS, float(np.quantile(closed_ms, 0.99)) / PLANTED_P99_MS
    detail = {
        "planted_p99_ms": PLANTED_P99_MS,
        "load_test_p99_ms": {name: limit and round(limit, 1) for name, limit in p99.items()},
        "load_test_p50_ms": round(found["latency_ms"]["p50"]["value"], 1),
        "closed_loop_p99_ms": round(closed * PLANTED_P99_MS, 1),
        "closed_loop_worst_ms": round(max(closed_ms), 1),
        "closed_loop_over_planted": round(closed, 2),
        "calls": {"load test": found["calls"], "closed loop": len(closed_ms)},
    }
    return {
        "name": "open_loop",
        "value": round(value, 2),
        "goal": "0.8 to 1.2 of the planted p99, a closed loop below 0.5",
        "met": bool(0.8 <= value <= 1.2 and closed < 0.5),
        "detail": detail,
    }


def open_loop(engine: Engine, server: PlantedServer, seconds: float, rate_per_s: float) -> dict[str, Any]:
    """The figures of a load test of the stalling server."""
    with writing(engine) as session:
        dataset = Dataset(name="load", content_hash="load", created_at=NOW)
        candidate = Candidate(
            name="stalls", provider="vllm", model="planted", settings={"base_url": server.base_url}, created_at=NOW
        )
        session.add_all([dataset, candidate])
        session.flush()
        asked = {"messages": [{"role": "user", "content": "Are you there?"}], "tags": [], "content_hash": "1"}
        session.add(Prompt(dataset_id=dataset.id, external_id="1", **asked))
        session.flush()
        order = LoadOrder(
            candidate.id,
            dataset.id,
            rates_per_s=(rate_per_s,),
            duration_s=seconds,
            warm_up_s=0.5,
            timeout_s=10.0,
            max_calls=100_000,
        )
    return load_test(engine, order, now=datetime.now(UTC), rng=Random(5)).results[0]


def closed_loop(server: PlantedServer, seconds: float) -> list[float]:
    """Latencies in ms of one connection that asks again once it is answered, by the same adapter."""
    return asyncio.run(_ask_in_turn(server.base_url, seconds))


async def _ask_in_turn(base_url: str, seconds: float) -> list[float]:
    endpoint = endpoint_of("vllm", "planted", {"base_url": base_url})
    provider = open_provider(endpoint)
    asked = ChatRequest(messages=[{"role": "user", "content": "Are you there?"}])
    await provider.complete(endpoint, asked, timeout_s=10.0)
    found: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        answer = await provider.complete(endpoint, asked, timeout_s=10.0)
        found.append(answer.timings.latency_ms)
    await provider.close()
    return found
