"""What comes instead of an answer: how often it is asked again, how long it is waited for, and what it costs."""

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

import pytest

from core.domain.answering import CostBasis, FaultKind
from core.providers.base import ChatRequest, Completion, Endpoint, ProviderFault
from core.services.asking.asking import Connections, Tried, ask
from core.services.asking.costing import cost_of
from core.services.prices import Pricer
from tests.providers.scripted import Reply, ScriptedServer, event, json_reply, openai_chunk

QUESTION = ChatRequest(messages=[{"role": "user", "content": "Why?"}], max_tokens=20)
ANSWER = Reply([openai_chunk({"content": "So."}, "stop"), event("[DONE]")])
SLOW_DOWN = {"error": {"message": "slow down"}}


@pytest.fixture
def script() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


class Account:
    """Keeps what the loop tells of its attempts."""

    def __init__(self) -> None:
        self.tried: list[Tried] = []

    async def before(self, endpoint: Endpoint, number: int) -> None:
        """Nothing to note."""

    async def after(self, attempt: Tried) -> None:
        self.tried.append(attempt)


def asked(
    script: ScriptedServer, *replies: Reply, times: int = 1, deadline_s: float = 5.0
) -> tuple[Completion | ProviderFault, list[Tried]]:
    account = Account()
    script.say(*replies)
    endpoint = Endpoint(provider="vllm", api="openai", model="m", base_url=f"{script.url}/v1")

    async def once(connections: Connections) -> Completion | ProviderFault:
        try:
            return await ask(connections, [endpoint], QUESTION, deadline_s=deadline_s, journal=account)
        except ProviderFault as fault:
            return fault

    async def run() -> Completion | ProviderFault:
        async with Connections(rng=Random(1)) as connections:
            return [await once(connections) for _ in range(times)][-1]

    return asyncio.run(run()), account.tried


@pytest.mark.parametrize(
    "body",
    ["<html>Sign in</html>", '{"error": "No such route"}', '{"error": {"message": "prompt is too long"}}', "Nope"],
)
def test_what_will_come_again_is_asked_for_once_and_costs_nothing(script, sqlite_engine, body: str):
    fault, tried = asked(script, Reply([body.encode()], content_type="text/html"))
    assert isinstance(fault, ProviderFault) and fault.kind is FaultKind.BAD_REQUEST
    assert [attempt.is_last for attempt in tried] == [True]
    cost = cost_of(Pricer(sqlite_engine), tried[0], {}, QUESTION, ceiling=9.0)
    assert (cost.cost_usd, cost.basis) == (0.0, CostBasis.NOTHING)


def test_what_may_pass_is_asked_for_again_though_its_status_is_200(script):
    answer, tried = asked(script, json_reply(200, {"error": "The model is overloaded"}), ANSWER)
    assert isinstance(answer, Completion)
    assert [attempt.fault and attempt.fault.kind for attempt in tried] == [FaultKind.OVERLOAD, None]


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"},
        {"x-ratelimit-reset": "1000ms"},
        {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "9m"},
        {"retry-after": "1s"},
    ],
)
def test_a_refused_request_waits_for_what_is_used_up_and_not_for_more(script, headers: dict[str, str]):
    began = time.monotonic()
    answer, tried = asked(script, json_reply(429, SLOW_DOWN, headers), ANSWER)
    assert isinstance(answer, Completion)
    assert len(tried) == 2
    assert tried[1].started_at - tried[0].started_at >= timedelta(seconds=1)
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("years", [1, 70])
def test_a_date_beyond_the_deadline_is_not_waited_for(script, years: int):
    at = format_datetime(datetime.now(UTC) + timedelta(days=365 * years), usegmt=True)
    fault, tried = asked(script, json_reply(429, SLOW_DOWN, {"retry-after": at}))
    assert isinstance(fault, ProviderFault) and fault.kind is FaultKind.RATE_LIMIT
    assert len(tried) == 1


def test_nobody_is_held_up_for_longer_than_the_deadline(script):
    used_up = {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "2h"}
    told = Reply(ANSWER.pieces, headers=used_up)
    answer, tried = asked(script, told, times=2, deadline_s=1.0)
    assert isinstance(answer, Completion)
    assert timedelta(seconds=0.9) < tried[1].started_at - tried[0].started_at < timedelta(seconds=10)


def test_json_that_breaks_off_may_be_an_answer_that_began(script):
    half = json.dumps({"choices": [{"message": {"content": "Half of it"}}]}).encode()[:-9]
    fault, tried = asked(script, Reply([half]), ANSWER)
    assert isinstance(fault, Completion)
    assert tried[0].fault is not None and tried[0].fault.kind is FaultKind.MALFORMED
