"""Both adapters against a server that answers by script: what models say and do that llmock cannot be made to."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from core.domain.answering import FaultKind, FinishReason, TokenUsage
from core.providers import open_provider
from core.providers.base import Completion, ProviderFault
from tests.providers.conftest import QUESTION, ask, ask_all, fault_from
from tests.providers.dialects import Dialect
from tests.providers.scripted import Reply, ScriptedServer, json_reply

CANARY = "canary/9f+8e7d=6c5b4a"


def test_thoughts_come_first_and_apart_from_the_answer(dialect: Dialect, script: ScriptedServer) -> None:
    script.say(dialect.stream(["Forty", "-two."], thinks=["Let me ", "see."], thinks_for_s=0.6))
    answer = ask(dialect.endpoint(script.url))
    assert (answer.text, answer.reasoning) == ("Forty-two.", "Let me see.")
    times = answer.timings
    assert times.first_token_ms is not None and times.first_visible_ms is not None
    assert times.first_visible_ms - times.first_token_ms > 100


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("stop", FinishReason.STOP),
        ("length", FinishReason.LENGTH),
        ("tool_calls", FinishReason.TOOL_CALLS),
        ("other", FinishReason.OTHER),
    ],
)
def test_finish_reasons_go_by_one_name(
    dialect: Dialect, script: ScriptedServer, said: str, reason: FinishReason
) -> None:
    script.say(dialect.stream(["Yes"], finish=said))
    assert ask(dialect.endpoint(script.url)).finish_reason is reason


def test_an_answer_without_any_content_is_an_answer(dialect: Dialect, script: ScriptedServer) -> None:
    script.say(dialect.stream([]))
    answer = ask(dialect.endpoint(script.url))
    assert (answer.text, answer.finish_reason, answer.timings.first_visible_ms) == ("", FinishReason.STOP, None)


def test_a_filter_that_refuses_the_request_is_a_content_filter_fault(dialect: Dialect, script: ScriptedServer) -> None:
    kinds = {"openai": "content_filter", "anthropic": "invalid_request_error"}
    words = "Output blocked by content filtering policy"
    script.say(json_reply(400, dialect.error(kinds[dialect.name], words)))
    fault = fault_from(dialect.endpoint(script.url))
    assert (fault.kind, fault.http_status) == (FaultKind.CONTENT_FILTER, 400)
    assert words in str(fault) and not fault.kind.is_passing


def test_a_stream_may_report_a_fault_of_its_own(dialect: Dialect, script: ScriptedServer) -> None:
    begun = dialect.stream(["Half an "], finish=None)
    script.say(Reply([*begun.pieces, dialect.error_in_stream("overloaded_error", "Overloaded")]))
    fault = fault_from(dialect.endpoint(script.url))
    assert (fault.kind, fault.http_status, fault.text) == (FaultKind.OVERLOAD, None, "Half an ")


def test_an_answer_whose_end_was_heard_is_whole_though_the_connection_breaks(
    dialect: Dialect, script: ScriptedServer
) -> None:
    script.say(dialect.stream(["All of it."], broken=True))
    answer = ask(dialect.endpoint(script.url))
    assert (answer.text, answer.finish_reason) == ("All of it.", FinishReason.STOP)


def test_the_deadline_holds_for_the_whole_answer_and_not_for_each_piece(
    dialect: Dialect, script: ScriptedServer
) -> None:
    told = dialect.stream(["a ", "b ", "c ", "d ", "e ", "f "])
    script.say(Reply([part for piece in told.pieces for part in (piece, 0.15)]))
    fault = fault_from(dialect.endpoint(script.url), timeout_s=0.7)
    assert fault.kind is FaultKind.TIMEOUT and fault.text.startswith("a ")
    assert fault.timings.latency_ms > 500


def test_silence_before_the_first_byte_is_a_timeout_that_knows_no_times(
    dialect: Dialect, script: ScriptedServer
) -> None:
    script.say(Reply(wait_s=5))
    fault = fault_from(dialect.endpoint(script.url), timeout_s=0.3)
    assert (fault.kind, fault.timings.first_byte_ms, fault.text) == (FaultKind.TIMEOUT, None, "")


def test_a_server_that_is_not_there_is_a_connection_fault(dialect: Dialect) -> None:
    fault = fault_from(dialect.endpoint("http://127.0.0.1:9"))
    assert fault.kind is FaultKind.CONNECTION and "base_url" in str(fault)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_when_to_come_back_is_read_in_its_several_spellings(
    dialect: Dialect, script: ScriptedServer, headers: dict[str, str], seconds: float | None
) -> None:
    script.say(json_reply(429, dialect.error("rate_limit_error", "Slow down"), headers))
    assert fault_from(dialect.endpoint(script.url)).retry_after_s == seconds


def test_a_date_to_come_back_at_becomes_seconds(dialect: Dialect, script: ScriptedServer) -> None:
    at = datetime.now(UTC) + timedelta(seconds=60)
    script.say(json_reply(503, "busy", {"retry-after": format_datetime(at, usegmt=True)}))
    wait = fault_from(dialect.endpoint(script.url)).retry_after_s
    assert wait is not None and 50 < wait <= 60


def test_an_error_page_is_quoted_without_its_markup(dialect: Dialect, script: ScriptedServer) -> None:
    script.say(json_reply(502, "<html><body><h1>Bad gateway</h1><hr>nginx</body></html>"))
    fault = fault_from(dialect.endpoint(script.url))
    assert fault.kind is FaultKind.SERVER and "Bad gateway nginx" in str(fault)


def test_a_redirect_is_not_followed_with_the_key(
    dialect: Dialect, script: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_API_KEY", CANARY)
    script.say(json_reply(307, "elsewhere", {"location": "/elsewhere"}))
    assert fault_from(dialect.endpoint(script.url, api_key_env="CANARY_API_KEY")).kind is FaultKind.BAD_REQUEST
    assert len(script.received) == 1


def test_a_key_that_the_server_sends_back_is_never_in_the_message(
    dialect: Dialect, script: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_API_KEY", CANARY)
    told = f"Incorrect API key provided: {CANARY}, at https://me:{CANARY}@host/v1?key={CANARY} (sk-1234****5678)"
    script.say(json_reply(401, dialect.error("authentication_error", told), {"retry-after": CANARY, "x-key": CANARY}))
    fault = fault_from(dialect.endpoint(script.url, api_key_env="CANARY_API_KEY"))
    assert script.received[0].headers["authorization"] == f"Bearer {CANARY}"
    assert fault.kind is FaultKind.AUTH and "CANARY_API_KEY" in str(fault)
    shown = repr([str(fault), vars(fault)])
    assert CANARY not in shown and "9f%2B8e" not in shown and "5678" not in shown


def test_without_the_key_nothing_is_sent(
    dialect: Dialect, script: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ABSENT_API_KEY", raising=False)
    script.say(dialect.stream(["Hello"]))
    fault = fault_from(dialect.endpoint(script.url, api_key_env="ABSENT_API_KEY"))
    assert fault.kind is FaultKind.AUTH and "ABSENT_API_KEY" in str(fault) and "set" in str(fault)
    assert script.received == []


def test_an_endpoint_that_needs_no_key_is_sent_none(
    dialect: Dialect, script: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(name, CANARY)
    script.say(dialect.stream(["Hello"]))
    ask(dialect.endpoint(script.url, api_key_env=""))
    assert CANARY not in repr(script.received[0].headers)
    assert "authorization" not in script.received[0].headers


def test_the_first_request_opens_the_connection_and_the_next_finds_it_warm(
    dialect: Dialect, script: ScriptedServer
) -> None:
    script.say(json_reply(500, "no"), dialect.stream(["Hello"]))
    assert fault_from(dialect.endpoint(script.url)).is_warm is False
    script.say(dialect.stream(["Hello"]))
    answers = ask_all(dialect.endpoint(script.url), [QUESTION] * 3)
    assert [answer.is_warm for answer in answers] == [False, True, True]


def test_more_at_once_than_one_pool_carries_share_a_provider_and_keep_apart(
    dialect: Dialect, script: ScriptedServer
) -> None:
    endpoint = dialect.endpoint(script.url)
    script.say(*(dialect.stream([f"answer {n}"], thinks_for_s=0.05) for n in range(80)))

    async def run() -> list[Completion]:
        provider = open_provider(endpoint)
        answers = await asyncio.gather(*(provider.complete(endpoint, QUESTION, timeout_s=20) for _ in range(80)))
        await provider.close()
        return answers

    assert sorted(answer.text for answer in asyncio.run(run())) == sorted(f"answer {n}" for n in range(80))


def test_cancelling_passes_through_and_leaves_the_provider_usable(dialect: Dialect, script: ScriptedServer) -> None:
    endpoint = dialect.endpoint(script.url)
    script.say(dialect.stream(["Never "], thinks=["hm"], thinks_for_s=30), dialect.stream(["Again."]))

    async def run() -> Completion:
        provider = open_provider(endpoint)
        first = asyncio.create_task(provider.complete(endpoint, QUESTION, timeout_s=60))
        while not script.received:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        answer = await provider.complete(endpoint, QUESTION, timeout_s=10)
        await provider.close()
        return answer

    answer = asyncio.run(run())
    assert (answer.text, answer.is_warm) == ("Again.", False)


def test_what_was_asked_arrives_as_the_protocol_wants_it(dialect: Dialect, script: ScriptedServer) -> None:
    script.say(dialect.stream(["Hello"]))
    ask(dialect.endpoint(script.url))
    sent = script.received[0]
    assert sent.path == {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}[dialect.name]
    assert (sent.body["model"], sent.body["stream"]) == ("model", True)
    assert sent.body["messages"] == [{"role": "user", "content": "Say something."}]
    assert "64" in json.dumps(sent.body)


def test_a_fault_in_a_chunk_nobody_expected_is_malformed_and_nothing_else_escapes(
    dialect: Dialect, script: ScriptedServer
) -> None:
    for odd in (
        b"data: []\n\n",
        b'data: {"choices": [3]}\n\n',
        b'event: message_start\ndata: {"type": "message_start"}\n\n',
    ):
        script.say(Reply([odd]))
        with pytest.raises(ProviderFault):
            ask(dialect.endpoint(script.url))


def test_tokens_heard_before_the_stream_broke_are_kept(script: ScriptedServer) -> None:
    dialect = Dialect("anthropic")
    script.say(dialect.stream(["Half"], finish=None, usage={"input_tokens": 11, "cache_read_input_tokens": 5}))
    fault = fault_from(dialect.endpoint(script.url))
    assert fault.kind is FaultKind.TRUNCATED
    assert fault.usage == TokenUsage(input_tokens=16, cached_tokens=5)
    assert fault.answered_by == "model-2026"
