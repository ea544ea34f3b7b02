"""The router before real servers that answer, fail, stall and rate-limit: who is asked how often, what is noted."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.routing import FellBack, Route
from core.errors import BadInput
from core.services.routing import Routed, RouteFailed, Router, outcomes
from core.services.routing.resting import FAILURES
from core.storage.engine import reading, writing
from core.storage.tables import Candidate, RouteOutcome
from tests.planted import Outcome, PlantedPlan, PlantedServer
from tests.services.routing.tables import DATASET, accepted, candidates
from tests.workspace import NOW

QUESTION = [{"role": "user", "content": "Where is my parcel?"}]
pytestmark = pytest.mark.one_database


def fails(status: int, **more: Any) -> PlantedPlan:
    return PlantedPlan(outcomes=(Outcome("status", status=status, **more),))


def sent(engine: Engine, *, category: str | None = "support", times: int = 1) -> list[Routed | RouteFailed]:
    """So many requests, one after the other, through one router."""

    async def send() -> list[Routed | RouteFailed]:
        found: list[Routed | RouteFailed] = []
        async with Router(engine) as router:
            for _ in range(times):
                try:
                    found.append(await router.send(QUESTION, category))
                except RouteFailed as error:
                    found.append(error)
        return found

    return asyncio.run(send())


def answered(engine: Engine, **more: Any) -> Routed:
    (found,) = sent(engine, **more)
    assert isinstance(found, Routed), found
    return found


def noted(engine: Engine) -> list[RouteOutcome]:
    with reading(engine) as session:
        return list(session.exec(select(RouteOutcome).order_by(RouteOutcome.id)).all())


def calls(*servers: PlantedServer) -> list[int]:
    return [len(server.journal()) for server in servers]


@pytest.fixture
def two(engine: Engine, server: PlantedServer, other_server: PlantedServer) -> list[int]:
    """A answers support, B follows; a second to answer."""
    ids = candidates(engine, server.base_url, other_server.base_url)
    accepted(engine, ids[0], [Route("support", ids[0], (ids[1],), 1000.0)])
    return ids


def test_the_primary_answers_and_nobody_else_is_asked(engine, two, server, other_server):
    server.use(PlantedPlan(text="On Friday.", input_tokens=10, output_tokens=5))
    found = answered(engine)
    assert (found.answer.text, found.answered_by.name, found.fell_back) == ("On Friday.", "A", None)
    assert calls(server, other_server) == [1, 0]
    (row,) = noted(engine)
    assert (row.primary_id, row.answered_id, row.fell_back_because) == (two[0], two[0], None)
    assert (row.dataset, row.proposed_id, row.category, len(row.tries)) == (DATASET, 1, "support", 1)
    assert row.cost_usd == pytest.approx(0.01 + 0.01)
    assert row.id == found.outcome_id


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (fails(500), FellBack.FAILED),
        (fails(401), FellBack.FAILED),
        (fails(429, retry_after_s=30.0), FellBack.RATE_LIMITED),
        (fails(529), FellBack.RATE_LIMITED),
        (PlantedPlan(outcomes=(Outcome("disconnect"),)), FellBack.FAILED),
        (PlantedPlan(outcomes=(Outcome("truncated"),)), FellBack.FAILED),
        (PlantedPlan(outcomes=(Outcome("malformed"),)), FellBack.FAILED),
    ],
)
def test_where_the_primary_fails_the_next_is_asked_at_once_and_each_only_once(
    engine, two, server, other_server, plan, why
):
    server.use(plan)
    other_server.use(PlantedPlan(text="On Friday."))
    found = answered(engine)
    assert (found.answered_by.name, found.fell_back) == ("B", why)
    assert calls(server, other_server) == [1, 1]
    (row,) = noted(engine)
    assert (row.primary_id, row.answered_id, row.fell_back_because) == (*two, why)
    assert [one["fell_back"] for one in row.tries] == [why, None]


def test_past_the_threshold_the_primary_is_left_and_only_then_the_next_is_asked(engine, two, server, other_server):
    server.use(PlantedPlan(first_token_ms=100, first_visible_ms=100, total_ms=20_000, pieces=50))
    found = answered(engine)
    assert (found.answered_by.name, found.fell_back) == ("B", FellBack.TOO_SLOW)
    (left,), (taken,) = server.journal(), other_server.journal()
    assert 0.9 <= taken.received_at - left.received_at <= 2.5
    assert found.latency_ms >= 950
    assert found.first_visible_ms is not None and found.first_visible_ms >= 950
    time.sleep(0.3)
    (left,) = server.journal()
    assert left.left_ms is not None and left.left_ms < 3000, "whoever is passed over is asked no further"
    (row,) = noted(engine)
    assert row.cost_usd is not None and row.cost_usd > found.tries[1].cost_usd, "what was begun was paid for"


def test_a_primary_that_never_says_anything_is_left_at_the_threshold_too(engine, two, server, other_server):
    server.use(PlantedPlan(outcomes=(Outcome("hang"),)))
    began = time.perf_counter()
    assert answered(engine).fell_back is FellBack.TOO_SLOW
    assert time.perf_counter() - began < 6
    assert calls(server, other_server) == [1, 1]


def test_an_answer_within_the_threshold_is_waited_for(engine, two, server, other_server):
    server.use(PlantedPlan(first_token_ms=300, first_visible_ms=300, total_ms=500))
    assert answered(engine).answered_by.name == "A"
    assert calls(server, other_server) == [1, 0]


def test_the_last_one_has_nobody_behind_it_and_is_tried_again(engine, two, server, other_server):
    server.use(fails(500))
    other_server.use(PlantedPlan(tries=(Outcome("status", status=503),)))
    assert answered(engine).answered_by.name == "B"
    assert calls(server, other_server) == [1, 2]


def test_where_nobody_answers_it_says_of_each_why_and_notes_it(engine, two, server, other_server):
    server.use(fails(500))
    other_server.use(fails(400))
    (found,) = sent(engine)
    assert isinstance(found, RouteFailed)
    assert "Nobody answered for support" in str(found)
    assert "A: " in str(found) and "B: " in str(found)
    (row,) = noted(engine)
    assert (row.answered_id, row.fell_back_because, row.cost_usd) == (None, FellBack.FAILED, 0.0)


def test_one_that_fails_again_and_again_is_left_alone_for_a_while(engine, two, server, other_server):
    server.use(fails(500))
    found = sent(engine, times=FAILURES + 3)
    assert all(isinstance(one, Routed) and one.answered_by.name == "B" for one in found)
    assert calls(server, other_server) == [FAILURES, FAILURES + 3]
    last = noted(engine)[-1]
    assert (last.fell_back_because, [one["was_sent"] for one in last.tries]) == (FellBack.FAILED, [False, True])


def test_where_a_place_said_to_wait_nobody_is_sent_there_before(engine, two, server, other_server):
    limits = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "60s"}
    server.use(PlantedPlan(headers=limits))
    first, second = sent(engine, times=2)
    assert isinstance(first, Routed) and first.answered_by.name == "A"
    assert isinstance(second, Routed)
    assert (second.answered_by.name, second.fell_back) == ("B", FellBack.RATE_LIMITED)
    assert calls(server, other_server) == [1, 1]


def test_who_has_no_endpoint_is_passed_over_without_a_request(engine, server, other_server):
    a, b = candidates(engine, None, other_server.base_url)
    accepted(engine, a, [Route("support", a, (b,), 1000.0)])
    found = answered(engine)
    assert (found.answered_by.name, found.fell_back) == ("B", FellBack.CANNOT_BE_ASKED)
    assert calls(server, other_server) == [0, 1]


def test_a_retired_one_is_not_asked(engine, two, server, other_server):
    with writing(engine) as session:
        session.get_one(Candidate, two[0]).is_retired = True
    assert answered(engine).answered_by.name == "B"
    assert calls(server, other_server) == [0, 1]


def test_a_second_endpoint_of_the_primary_comes_before_the_next_candidate(engine, server, other_server):
    second = {"fallback": {"provider": "vllm", "base_url": other_server.base_url}}
    a, b = candidates(engine, server.base_url, "http://127.0.0.1:9/v1", settings=second)
    accepted(engine, a, [Route("support", a, (b,), 1000.0)])
    server.use(fails(500))
    found = answered(engine)
    assert (found.answered_by.name, found.fell_back, len(found.tries)) == ("A", None, 2)
    assert calls(server, other_server) == [1, 1]


def test_without_a_table_the_champion_answers_and_without_a_champion_it_is_said(engine, server, other_server):
    a, _ = candidates(engine, server.base_url, other_server.base_url)
    found = answered(engine)
    assert (found.answered_by.name, found.plan.version, found.plan.category) == ("A", None, None)
    with writing(engine) as session:
        session.get_one(Candidate, a).is_champion = False
    with pytest.raises(BadInput, match="there is no champion"):
        sent(engine)


def test_a_category_that_the_table_does_not_know_goes_to_everything_else(engine, two, server, other_server):
    found = answered(engine, category="poetry")
    assert (found.answered_by.name, found.plan.category) == ("A", None)
    assert noted(engine)[0].category is None


def test_an_outcome_that_cannot_be_written_costs_nobody_the_answer(engine, two, server, monkeypatch):
    def broken(*_: object) -> int:
        raise OSError("the disk is full")

    monkeypatch.setattr("core.services.routing.router.record", broken)
    found = answered(engine)
    assert (found.answered_by.name, found.outcome_id) == ("A", None)


def test_of_many_at_once_each_is_sent_once_and_each_leaves_one_outcome(engine, server, other_server):
    two = candidates(engine, server.base_url, other_server.base_url)
    accepted(engine, two[0], [Route("support", two[0], (two[1],), 30_000.0)])
    server.use(PlantedPlan(outcomes=(Outcome("status", share=0.3, status=500),), total_ms=20))

    async def send() -> Sequence[Routed]:
        async with Router(engine) as router:
            asked = [
                router.send([{"role": "user", "content": f"Question {number}?"}], "support") for number in range(48)
            ]
            return await asyncio.gather(*asked)

    found = asyncio.run(send())
    rows = noted(engine)
    assert len(rows) == len(found) == 48
    assert sorted(one.outcome_id or 0 for one in found) == [row.id for row in rows]
    primary = sum(one["candidate_id"] == two[0] and one["was_sent"] for row in rows for one in row.tries)
    other = sum(one["candidate_id"] == two[1] and one["was_sent"] for row in rows for one in row.tries)
    assert calls(server, other_server) == [primary, other]
    assert other == sum(row.answered_id == two[1] for row in rows), "nobody was sent to both without need"


def test_32_threads_that_note_outcomes_at_once_lose_none(engine: Engine):
    a, b = candidates(engine, None, None)
    row = {
        "dataset": DATASET, "proposed_id": None, "category": "support", "primary_id": a, "answered_id": b,
        "fell_back_because": "failed", "tries": [], "latency_ms": 10.0, "first_visible_ms": None, "cost_usd": 0.5,
        "created_at": NOW,
    }  # fmt: skip
    with ThreadPoolExecutor(32) as pool:
        ids = list(pool.map(lambda _: outcomes.record(engine, row), range(320)))
    assert len(set(ids)) == 320
    with reading(engine) as session:
        (found,) = outcomes.by_category(session, DATASET)
    assert (found.requests, found.by_primary, found.by_fallback, found.failed) == (320, 0, 320, 0)
    assert (found.mean_latency_ms, found.cost_usd) == (10.0, 160.0)
