"""Ordering a load test: what will be sent, how often, and what it may cost."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from core.errors import BadInput

MOST_PER_S = 500.0
MOST_CALLS = 200_000
LONGEST_S = 3600.0


@dataclass(frozen=True)
class LoadOrder:
    """An open-loop load test of one candidate with the prompts of a dataset (their first turns).

    ``rates_per_s``: arrival rates, tested one after the other, each for ``warm_up_s`` (left out of every figure) and
    then ``duration_s``. ``max_usd``, ``max_calls``: limits for all of it, of which at least one is given.
    """

    candidate_id: int
    dataset_id: int
    rates_per_s: Sequence[float]
    duration_s: float = 30.0
    warm_up_s: float = 5.0
    timeout_s: float = 60.0
    """How long an answer is waited for, from when it should have been asked for."""
    max_usd: float | None = None
    max_calls: int | None = None
    prompt_ids: Sequence[int] | None = None


def expected_calls(order: LoadOrder) -> int:
    """How many requests the order will send, on average: they arrive at random."""
    return math.ceil(sum(order.rates_per_s) * (order.warm_up_s + order.duration_s))


def expected_seconds(order: LoadOrder) -> float:
    """How long it takes, without the last answers of each rate."""
    return len(order.rates_per_s) * (order.warm_up_s + order.duration_s)


def check(order: LoadOrder) -> None:
    """Raise BadInput, naming the field, for an order that makes no sense or has no limit."""
    if not order.rates_per_s:
        raise BadInput("Give at least one arrival rate, in requests per second.")
    for rate in order.rates_per_s:
        if not (math.isfinite(rate) and 0 < rate <= MOST_PER_S):
            raise BadInput(
                f"An arrival rate is more than 0 and at most {MOST_PER_S:g} requests per second, not {rate}."
            )
    for name, seconds, least in (
        ("duration", order.duration_s, 1e-3),
        ("warm-up", order.warm_up_s, 0.0),
        ("timeout", order.timeout_s, 1e-3),
    ):
        if not (math.isfinite(seconds) and least <= seconds <= LONGEST_S):
            raise BadInput(f"The {name} is {least:g} to {LONGEST_S:g} seconds, not {seconds}.")
    _check_limits(order)


def _check_limits(order: LoadOrder) -> None:
    if order.max_usd is None and order.max_calls is None:
        raise BadInput(
            f"Without a limit this would send about {expected_calls(order):,} requests, whatever they cost. "
            "Set a spending limit, or a limit on the calls."
        )
    if order.max_usd is not None and not (math.isfinite(order.max_usd) and order.max_usd > 0):
        raise BadInput(f"The spending limit must be more than 0 USD, not {order.max_usd}.")
    if order.max_calls is not None and order.max_calls < 1:
        raise BadInput(f"The limit on calls must be at least 1, not {order.max_calls}.")
    if expected_calls(order) > MOST_CALLS:
        raise BadInput(
            f"That would be about {expected_calls(order):,} requests; a load test sends {MOST_CALLS:,} at most. "
            "Lower the rates or shorten it."
        )


def arrivals(rate_per_s: float, total_s: float, rng: Random) -> list[float]:
    """When requests arrive, in seconds from the start: a Poisson process, its gaps drawn from an exponential."""
    times: list[float] = []
    at = rng.expovariate(rate_per_s)
    while at < total_s:
        times.append(at)
        at += rng.expovariate(rate_per_s)
    return times
