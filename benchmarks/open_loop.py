"""A server that stalls, seen by a load test and by a client that waits for its answers before it asks again.

A planted server answers in 10 ms and is frozen for 300 ms every 3 s, so that a tenth of the users who come at random
wait, up to 300 ms. The load test's p99 from when requests were due shows it. A loop of one connection, asking again as
soon as it is answered, sends one request into each stall and hundreds between them: its p99 shows nothing.

And of a server that does not stall, the medians are its own within 5 ms and 5 %.
"""

import asyncio
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
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
        order = _order(engine, server, seconds, rate_per_s)
        found = _measured(engine, order)
        server.forget()
        closed_ms = closed_loop(server, seconds)
        server.use(PlantedPlan(first_visible_ms=30, total_ms=60))
        late = _late(_measured(engine, replace(order, rates_per_s=(30.0,), duration_s=seconds / 3)), server)
        engine.dispose()
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
        "medians_from_the_servers_in_parts_of_5_ms_and_5_per_cent": {name: round(one, 2) for name, one in late.items()},
    }
    return {
        "name": "open_loop",
        "value": round(value, 2),
        "goal": "0.8 to 1.2 of the planted p99, a closed loop below 0.5, medians within 5 ms and 5 %",
        "met": bool(0.8 <= value <= 1.2 and closed < 0.5 and max(late.values()) < 1),
        "detail": detail,
    }


def _measured(engine: Engine, order: LoadOrder) -> dict[str, Any]:
    return load_test(engine, order, now=datetime.now(UTC), rng=Random(5)).results[0]


def _late(found: dict[str, Any], server: PlantedServer) -> dict[str, float]:
    """How far the medians are from what the server sent when, as parts of what they may be."""
    journal, late = server.journal()[1:], {}
    for name, sent in (("latency_ms", "ended_ms"), ("first_visible_ms", "first_visible_ms")):
        sent_ms = median(getattr(call, sent) for call in journal)
        late[name] = abs(found[name]["p50"]["value"] - sent_ms) / (5 + 0.05 * sent_ms)
    return late


def _order(engine: Engine, server: PlantedServer, seconds: float, rate_per_s: float) -> LoadOrder:
    """A load test of the server, with what it needs in the database."""
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
        return LoadOrder(
            candidate.id,
            dataset.id,
            rates_per_s=(rate_per_s,),
            duration_s=seconds,
            warm_up_s=0.5,
            timeout_s=10.0,
            max_calls=100_000,
        )


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
