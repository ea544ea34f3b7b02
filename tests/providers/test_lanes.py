"""Connections that know nothing of one another: as few as are needed, never more than allowed, none lost."""

import asyncio
from contextlib import asynccontextmanager

import httpx2
import pytest

from core.providers.lanes import Lanes
from tests.planted import Outcome, PlantedPlan, planted

BODY = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture(scope="module")
def server():
    with planted() as running:
        yield running


@asynccontextmanager
async def client(most: int = 100, kept_open_s: float = 30.0):
    lanes = Lanes(most=most, kept_open_s=kept_open_s, trust_env=False)
    async with httpx2.AsyncClient(transport=lanes, timeout=5.0) as opened:
        yield opened


async def ask(opened: httpx2.AsyncClient, server) -> str:
    async with opened.stream("POST", f"{server.base_url}/chat/completions", json=BODY) as response:
        return "".join([text async for text in response.aiter_text()])


def connections(server) -> int:
    return sum(call.on_connection == 0 for call in server.journal())


def test_requests_one_after_the_other_share_a_connection_and_those_at_once_have_their_own(server):
    server.use(PlantedPlan(total_ms=50))

    async def work() -> None:
        async with client() as opened:
            for _ in range(3):
                await ask(opened, server)
            assert connections(server) == 1
            await asyncio.gather(*(ask(opened, server) for _ in range(20)))
            await asyncio.gather(*(ask(opened, server) for _ in range(20)))

    asyncio.run(work())
    assert connections(server) == 20
    assert all(call.is_whole for call in server.journal())


def test_no_more_connections_are_open_than_allowed_and_everybody_has_a_turn(server):
    server.use(PlantedPlan(total_ms=20, most_at_once=4))

    async def work() -> list[str]:
        async with client(most=4) as opened:
            return await asyncio.gather(*(ask(opened, server) for _ in range(30)))

    answers = asyncio.run(work())
    assert all("[DONE]" in answer for answer in answers)
    assert connections(server) == 4


def test_a_connection_that_broke_or_was_left_in_the_middle_is_replaced_and_its_place_is_not_lost(server):
    server.use(PlantedPlan(total_ms=100, tries=(Outcome("disconnect"), Outcome("hang"), Outcome("hang"))))

    async def work() -> str:
        async with client(most=1) as opened:
            with pytest.raises(httpx2.RemoteProtocolError):
                await ask(opened, server)
            for _ in range(2):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(ask(opened, server), 0.1)
            return await asyncio.wait_for(ask(opened, server), 5)

    assert "[DONE]" in asyncio.run(work())
    assert connections(server) == 4


def test_a_connection_that_was_idle_for_too_long_is_opened_anew(server):
    server.use(PlantedPlan())

    async def work() -> None:
        async with client(kept_open_s=0.05) as opened:
            await ask(opened, server)
            await asyncio.sleep(0.2)
            await ask(opened, server)

    asyncio.run(work())
    assert connections(server) == 2
