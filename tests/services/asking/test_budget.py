"""The spending cap, whatever the concurrency and whatever things cost."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.services.asking.asking import SpendingStopped
from core.services.asking.budget import Budget

calls = st.lists(
    st.tuples(st.floats(0.0, 3.0), st.floats(0.0, 1.0), st.integers(0, 5)).map(
        lambda drawn: (drawn[0], drawn[0] * drawn[1], drawn[2])
    ),
    min_size=1,
    max_size=60,
)


async def spend(budget: Budget, wanted: list[tuple[float, float, int]], at_once: int) -> tuple[float, int]:
    """Make ``wanted`` calls (ceiling, cost, turns of the loop); the most ever spent, and how many were made."""
    queue, highest, made = iter(wanted), 0.0, 0

    async def taker() -> None:
        nonlocal highest, made
        for ceiling, cost, turns in queue:
            try:
                await budget.set_aside(ceiling)
            except SpendingStopped:
                return
            for _ in range(turns):
                await asyncio.sleep(0)
            budget.settle(ceiling, cost)
            made += 1
            highest = max(highest, budget.spent_usd)

    await asyncio.gather(*(taker() for _ in range(at_once)))
    return highest, made


@settings(max_examples=150, deadline=None)
@given(calls, st.floats(0.1, 20.0), st.integers(1, 64))
def test_the_cap_is_never_exceeded(wanted: list[tuple[float, float, int]], cap: float, at_once: int):
    budget = Budget(cap)
    highest, made = asyncio.run(spend(budget, wanted, at_once))
    assert highest <= cap + 1e-9
    assert made == len(wanted) or budget.is_exhausted


@settings(max_examples=60, deadline=None)
@given(calls, st.integers(1, 64))
def test_what_fits_is_all_made(wanted: list[tuple[float, float, int]], at_once: int):
    budget = Budget(sum(ceiling for ceiling, _, _ in wanted) + 1e-6)
    _, made = asyncio.run(spend(budget, wanted, at_once))
    assert made == len(wanted)
    assert not budget.is_exhausted


def test_who_does_not_fit_waits_for_those_under_way_and_then_fits():
    async def two() -> float:
        budget = Budget(1.5)
        await budget.set_aside(1.0)
        second = asyncio.create_task(budget.set_aside(1.0))
        await asyncio.sleep(0)
        assert not second.done()
        budget.settle(1.0, 0.1)
        await second
        return budget.set_aside_usd

    assert asyncio.run(two()) == pytest.approx(1.0)


def test_what_earlier_processes_spent_counts():
    with pytest.raises(SpendingStopped):
        asyncio.run(Budget(1.0, spent_usd=0.95).set_aside(0.1))


def test_a_cost_that_is_not_known_counts_as_all_that_was_set_aside():
    budget = Budget(1.0)
    asyncio.run(budget.set_aside(0.4))
    budget.settle(0.4, None)
    assert budget.spent_usd == pytest.approx(0.4)


def test_an_unknown_price_cannot_be_spent_under_a_cap():
    with pytest.raises(SpendingStopped):
        asyncio.run(Budget(1.0).set_aside(None))
    asyncio.run(Budget(None).set_aside(None))
