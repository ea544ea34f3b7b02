"""The attempt loop against a real server: what is tried again, when, where, and what is told of it."""

import asyncio
from itertools import pairwise
from random import Random

import pytest

from core.domain.answering import FaultKind, FinishReason
from core.providers.base import ChatRequest, Completion, Endpoint, ProviderFault
from core.services.asking.asking import Connections, SpendingStopped, Tried, ask
from tests.planted import Outcome, PlantedPlan, PlantedServer

QUESTION = ChatRequest(messages=[{"role": "user", "content": "Why?"}], max_tokens=20)


class Account:
    """Keeps what the loop tells of its attempts."""

    def __init__(self, *, allowed: int = 99) -> None:
        self.announced: list[tuple[str, int]] = []
        self.tried: list[Tried] = []
        self.allowed = allowed

    async def before(self, endpoint: Endpoint, number: int) -> None:
        if len(self.announced) == self.allowed:
            raise SpendingStopped("no more")
        self.announced.append((endpoint.model, number))

    async def after(self, attempt: Tried) -> None:
        self.tried.append(attempt)

    @property
    def kinds(self) -> list[str | None]:
        return [attempt.fault.kind.value if attempt.fault else None for attempt in self.tried]


def endpoint(server: PlantedServer, model: str = "primary", *, url: str | None = None) -> Endpoint:
    return Endpoint(provider="vllm", api="openai", model=model, base_url=url or server.base_url)


def asked(
    *endpoints: Endpoint, account: Account | None = None, seed: int = 1, **options: object
) -> Completion | ProviderFault:
    async def once() -> Completion | ProviderFault:
        async with Connections(rng=Random(seed)) as connections:
            try:
                return await ask(connections, endpoints, QUESTION, journal=account, **options)
            except ProviderFault as fault:
                return fault

    return asyncio.run(once())


def fails(status: int, **more: object) -> Outcome:
    return Outcome("status", status=status, **more)


def test_an_answer_at_the_first_try_is_one_attempt(server: PlantedServer):
    account = Account()
    answer = asked(endpoint(server), account=account)
    assert isinstance(answer, Completion)
    assert answer.text == "A planted answer to: Why?"
    assert account.announced == [("primary", 1)]
    assert account.tried[0].completion == answer
    assert not account.tried[0].is_fallback


def test_passing_faults_are_tried_again_until_there_is_an_answer(server: PlantedServer):
    server.use(PlantedPlan(tries=(fails(500), Outcome("truncated"), fails(529))))
    account = Account()
    answer = asked(endpoint(server), account=account)
    assert isinstance(answer, Completion)
    assert account.kinds == ["server_error", "truncated", "overload", None]
    assert [number for _, number in account.announced] == [1, 2, 3, 4]
    assert not any(attempt.is_last for attempt in account.tried)


def test_nobody_asks_again_sooner_than_the_server_said(server: PlantedServer):
    server.use(PlantedPlan(tries=(fails(429, retry_after_s=1.0),)))
    assert isinstance(asked(endpoint(server)), Completion)
    first, second = server.journal()
    assert second.received_at - first.received_at >= 1.0


def test_a_wait_beyond_the_deadline_is_not_begun(server: PlantedServer):
    server.use(PlantedPlan(tries=(fails(429, retry_after_s=60.0),)))
    account = Account()
    fault = asked(endpoint(server), account=account, deadline_s=5.0)
    assert isinstance(fault, ProviderFault)
    assert fault.kind is FaultKind.RATE_LIMIT
    assert account.tried[0].is_last
    assert len(server.journal()) == 1


def test_no_more_than_so_many_attempts_are_made(server: PlantedServer):
    server.use(PlantedPlan(outcomes=(fails(500),)))
    account = Account()
    fault = asked(endpoint(server), account=account, most_attempts=3)
    assert isinstance(fault, ProviderFault)
    assert account.kinds == ["server_error"] * 3
    assert [attempt.is_last for attempt in account.tried] == [False, False, True]


def test_the_deadline_runs_over_all_attempts_and_each_may_take_what_is_left(server: PlantedServer):
    server.use(PlantedPlan(tries=(fails(500), Outcome("hang"))))
    account = Account()
    fault = asked(endpoint(server), account=account, deadline_s=2.0)
    assert isinstance(fault, ProviderFault)
    assert account.kinds == ["server_error", "timeout"]
    assert account.tried[-1].is_last
    assert 1.0 <= sum(attempt.fault.timings.latency_ms for attempt in account.tried if attempt.fault) / 1000 < 2.5


@pytest.mark.parametrize(
    ("status", "kind"), [(400, "bad_request"), (401, "auth"), (402, "quota"), (404, "bad_request")]
)
def test_what_does_not_pass_is_not_tried_again(server: PlantedServer, status: int, kind: str):
    server.use(PlantedPlan(outcomes=(fails(status),)))
    account = Account()
    asked(endpoint(server), account=account)
    assert account.kinds == [kind]
    assert account.tried[0].is_last


def test_a_content_filters_verdict_is_not_tried_again_nor_taken_elsewhere(server: PlantedServer):
    server.use(PlantedPlan(outcomes=(Outcome("content_filter"),)))
    account = Account()
    asked(endpoint(server), endpoint(server, "second"), account=account)
    assert account.kinds == ["content_filter"]


def test_a_stream_that_always_breaks_off_ends_with_what_had_arrived(server: PlantedServer):
    server.use(PlantedPlan(outcomes=(Outcome("truncated"),), text="one two three four"))
    fault = asked(endpoint(server), most_attempts=2)
    assert isinstance(fault, ProviderFault)
    assert fault.kind is FaultKind.TRUNCATED
    assert "one two three four".startswith(fault.text.strip())
    assert fault.text


def test_a_refused_key_is_taken_to_the_fallback_at_once(server: PlantedServer, other_server: PlantedServer):
    server.use(PlantedPlan(outcomes=(fails(401),)))
    account = Account()
    answer = asked(endpoint(server), endpoint(other_server, "second"), account=account)
    assert isinstance(answer, Completion)
    assert account.announced == [("primary", 1), ("second", 2)]
    assert [attempt.is_fallback for attempt in account.tried] == [False, True]


def test_the_fallback_is_asked_after_two_passing_faults(server: PlantedServer, other_server: PlantedServer):
    server.use(PlantedPlan(outcomes=(fails(503),)))
    account = Account()
    answer = asked(endpoint(server), endpoint(other_server, "second"), account=account)
    assert isinstance(answer, Completion)
    assert [model for model, _ in account.announced] == ["primary", "primary", "second"]


def test_a_fallback_takes_over_where_nothing_listens(server: PlantedServer):
    account = Account()
    nowhere = endpoint(server, url="http://127.0.0.1:9/v1")
    answer = asked(nowhere, endpoint(server, "second"), account=account)
    assert isinstance(answer, Completion)
    assert account.kinds == ["connection", "connection", None]


def test_a_stalled_primary_leaves_time_for_the_fallback(server: PlantedServer, other_server: PlantedServer):
    server.use(PlantedPlan(outcomes=(Outcome("hang"),)))
    account = Account()
    answer = asked(endpoint(server), endpoint(other_server, "second"), account=account, deadline_s=3.0)
    assert isinstance(answer, Completion)
    assert account.kinds[-1] is None
    assert account.tried[-1].is_fallback


def test_spending_that_is_stopped_sends_nothing(server: PlantedServer):
    account = Account(allowed=0)
    with pytest.raises(SpendingStopped):
        asked(endpoint(server), account=account)
    assert server.journal() == []
    assert account.tried == []


def test_being_cancelled_is_told_as_an_attempt_that_was_not_given_up(server: PlantedServer):
    server.use(PlantedPlan(total_ms=5000, first_byte_ms=5000))
    account = Account()

    async def cancel_it() -> None:
        async with Connections() as connections:
            asking = asyncio.create_task(ask(connections, [endpoint(server)], QUESTION, journal=account))
            await asyncio.sleep(0.5)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking

    asyncio.run(cancel_it())
    assert account.kinds == ["cancelled"]
    assert not account.tried[0].is_last


def test_a_provider_that_cannot_be_opened_is_a_fault_that_says_why(server: PlantedServer):
    from core.errors import NotFound

    def opening(_endpoint: Endpoint) -> object:
        raise NotFound("The weights are not installed.")

    async def once() -> None:
        async with Connections(opening) as connections:
            await ask(connections, [endpoint(server)], QUESTION)

    with pytest.raises(ProviderFault, match=r"weights are not installed") as caught:
        asyncio.run(once())
    assert caught.value.kind is FaultKind.BAD_REQUEST


def test_a_refusal_is_an_answer(server: PlantedServer):
    server.use(PlantedPlan(outcomes=(Outcome("refusal"),)))
    answer = asked(endpoint(server))
    assert isinstance(answer, Completion)
    assert answer.finish_reason in (FinishReason.REFUSAL, FinishReason.STOP)


def test_back_offs_spread_over_a_widening_range():
    from core.domain.answering import Timings
    from core.services.asking.backing_off import Tries

    def waits(seed: int) -> list[float]:
        tries = Tries([None], 1e9, 8, Random(seed))  # type: ignore[list-item]
        found = []
        for _ in range(7):
            tries.begin()
            assert not tries.failed(ProviderFault(FaultKind.SERVER, "", timings=Timings(0.0)), took_s=0.0)
            found.append(tries.wait_s)
        return found

    many = [waits(seed) for seed in range(400)]
    means = [sum(column) / len(many) for column in zip(*many, strict=True)]
    for n, mean in enumerate(means[:6]):
        assert mean == pytest.approx(0.25 * 2**n, rel=0.15)
    assert all(0 <= wait_s <= 30 for row in many for wait_s in row)
    assert all(after > before for before, after in pairwise(means[:6]))
