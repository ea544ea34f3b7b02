"""How many requests a place gets at once."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from core.domain.answering import FaultKind
from core.providers.base import RateLimits
from core.services.asking.pacing import START, Pace


def in_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test())

    run.__name__ = test.__name__
    return run


async def filled(pace: Pace) -> list["asyncio.Task[float]"]:
    """As many who want in as may come, and one more."""
    wanting = [asyncio.create_task(pace.enter()) for _ in range(int(pace.limit) + 1)]
    await asyncio.sleep(0)
    return wanting


@in_a_loop
async def test_no_more_enter_than_the_limit_and_who_waits_follows_who_leaves():
    pace = Pace()
    wanting = await filled(pace)
    assert [task.done() for task in wanting] == [True] * int(START) + [False]
    pace.leave()
    await asyncio.sleep(0)
    assert wanting[-1].done()


@in_a_loop
async def test_the_limit_grows_while_all_goes_well_and_stops_at_the_providers_own():
    pace = Pace(most_at_once=20)
    for _ in range(int(pace.limit)):
        await pace.enter()
    for _ in range(50):
        pace.went_well(None)
    assert pace.limit == 20


@in_a_loop
async def test_trouble_halves_the_limit_once_for_all_that_were_under_way_together():
    pace = Pace()
    entered = [await pace.enter() for _ in range(16)]
    await asyncio.sleep(0.01)
    for moment in entered:
        pace.went_wrong(FaultKind.RATE_LIMIT, None, entered_at=moment)
    assert pace.limit == START / 2


@in_a_loop
async def test_after_trouble_the_limit_grows_by_one_a_round():
    pace = Pace()
    entered = [await pace.enter() for _ in range(16)]
    await asyncio.sleep(0.01)
    pace.went_wrong(FaultKind.OVERLOAD, None, entered_at=entered[0])
    for _ in range(8):
        pace.went_well(None)
    assert START / 2 < pace.limit <= START / 2 + 1


@in_a_loop
async def test_a_wrong_key_is_no_reason_to_slow_down():
    pace = Pace()
    pace.went_wrong(FaultKind.AUTH, None, entered_at=await pace.enter())
    assert pace.limit == START


@in_a_loop
async def test_the_limit_never_falls_below_one():
    pace = Pace(most_at_once=1)
    for _ in range(5):
        entered_at = await pace.enter()
        await asyncio.sleep(0.001)
        pace.went_wrong(FaultKind.TIMEOUT, None, entered_at=entered_at)
        pace.leave()
    assert pace.limit == 1


@in_a_loop
async def test_nobody_enters_while_the_place_says_that_no_request_is_left():
    pace = Pace()
    loop = asyncio.get_running_loop()
    await pace.enter()
    told_at = loop.time()
    pace.went_well(RateLimits(remaining_requests=0, reset_s=0.2))
    assert await pace.enter() - told_at >= 0.2


@in_a_loop
async def test_a_place_that_limits_even_one_at_a_time_is_left_alone_for_as_long_as_it_asks():
    pace = Pace(most_at_once=1)
    loop = asyncio.get_running_loop()
    entered_at = await pace.enter()
    pace.went_wrong(FaultKind.RATE_LIMIT, None, entered_at=entered_at, retry_after_s=0.1)
    pace.leave()
    assert await pace.enter() - entered_at >= 2.0
    pace.went_well(None)
    pace.leave()
    began = loop.time()
    await pace.enter()
    assert loop.time() - began < 2.0


@in_a_loop
async def test_requests_that_remain_hold_nobody_up():
    pace = Pace()
    await pace.enter()
    pace.went_well(RateLimits(remaining_requests=1, reset_s=60.0))
    await asyncio.wait_for(pace.enter(), 1)


@in_a_loop
async def test_who_gives_up_waiting_takes_nobodys_place():
    pace = Pace(most_at_once=1)
    await pace.enter()
    impatient, patient = asyncio.create_task(pace.enter()), asyncio.create_task(pace.enter())
    await asyncio.sleep(0)
    impatient.cancel()
    pace.leave()
    await asyncio.wait_for(patient, 1)
    assert pace.in_flight == 1


@in_a_loop
async def test_who_is_cancelled_just_when_let_in_passes_the_place_on():
    pace = Pace(most_at_once=1)
    await pace.enter()
    unlucky, next_one = asyncio.create_task(pace.enter()), asyncio.create_task(pace.enter())
    await asyncio.sleep(0)
    pace.leave()
    unlucky.cancel()
    await asyncio.wait_for(next_one, 1)
    assert pace.in_flight == 1
