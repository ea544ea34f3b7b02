"""What only OpenAI's protocol has, and the dialects that other providers speak of it."""

from typing import Any

import pytest

from core.domain.answering import FaultKind, FinishReason, TokenUsage
from core.providers.base import ChatRequest, Endpoint
from core.providers.presets import endpoint_of
from core.providers.quirks import chat_body
from tests.providers.conftest import ask, fault_from
from tests.providers.dialects import Dialect
from tests.providers.scripted import Reply, ScriptedServer, event, json_reply, openai_chunk

DONE = [openai_chunk({}, "stop"), event("[DONE]")]
ASKED = ChatRequest([{"role": "user", "content": "?"}], max_tokens=9, temperature=0.5, seed=3, extra={"top_p": 0.9})


def at(script: ScriptedServer, provider: str = "openai", **settings: Any) -> Endpoint:
    return endpoint_of(provider, "m", {"base_url": f"{script.url}/v1", **settings})


def test_cached_and_reasoning_tokens_are_read(script: ScriptedServer) -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 40,
        "total_tokens": 140,
        "prompt_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 10},
        "completion_tokens_details": {"reasoning_tokens": 30},
    }
    script.say(Dialect("openai").stream(["Yes"], usage=usage))
    answer = ask(at(script))
    assert answer.usage == TokenUsage(100, 64, 10, 30, 40)
    assert answer.fingerprint == "fp"


def test_tokens_that_are_not_told_are_unknown_and_not_zero(script: ScriptedServer) -> None:
    script.say(Dialect("openai").stream(["Yes"]))
    assert ask(at(script)).usage is None


def test_deepseek_names_its_cache_hits_differently(script: ScriptedServer) -> None:
    usage = {"prompt_tokens": 20, "completion_tokens": 4, "prompt_cache_hit_tokens": 12}
    script.say(Dialect("openai").stream(["Yes"], usage=usage))
    assert ask(at(script, "deepseek")).usage == TokenUsage(20, 12, None, None, 4)


def test_gemini_counts_thoughts_beside_the_output(script: ScriptedServer) -> None:
    usage = {"prompt_tokens": 20, "completion_tokens": 4, "total_tokens": 124}
    script.say(Dialect("openai").stream(["Yes"], usage=usage))
    assert ask(at(script, "gemini")).usage == TokenUsage(20, None, None, None, 104)


def test_usage_in_every_chunk_is_taken_from_the_last(script: ScriptedServer) -> None:
    counts = [{"prompt_tokens": 5, "completion_tokens": n} for n in (1, 2, 3)]
    script.say(Reply([*(openai_chunk({"content": "x"}, usage=count) for count in counts)]))
    fault = fault_from(at(script))
    assert fault.kind is FaultKind.TRUNCATED and fault.usage == TokenUsage(5, None, None, None, 3)


def test_the_refusal_channel_is_a_refusal_with_its_text(script: ScriptedServer) -> None:
    script.say(Reply([openai_chunk({"refusal": "I can't "}), openai_chunk({"refusal": "help."}), *DONE]))
    answer = ask(at(script))
    assert (answer.text, answer.finish_reason) == ("I can't help.", FinishReason.REFUSAL)


def test_a_content_filter_that_ends_the_answer_is_a_fault_with_the_text_so_far(script: ScriptedServer) -> None:
    script.say(Reply([openai_chunk({"content": "First"}), openai_chunk({}, "content_filter"), event("[DONE]")]))
    fault = fault_from(at(script))
    assert (fault.kind, fault.text, fault.http_status) == (FaultKind.CONTENT_FILTER, "First", None)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thoughts_go_by_two_names(script: ScriptedServer, field: str) -> None:
    script.say(Reply([openai_chunk({field: "Hm"}), openai_chunk({"content": "Yes"}), *DONE]))
    answer = ask(at(script))
    assert (answer.text, answer.reasoning) == ("Yes", "Hm")


def test_mistral_sends_thoughts_as_parts_of_the_content(script: ScriptedServer) -> None:
    thought = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]
    said = [{"type": "text", "text": "Yes"}]
    script.say(Reply([openai_chunk({"content": thought}), openai_chunk({"content": said}), *DONE]))
    answer = ask(at(script, "mistral"))
    assert (answer.text, answer.reasoning) == ("Yes", "Hm")


@pytest.mark.parametrize(
    ("provider", "there", "absent"),
    [
        ("openai", {"max_tokens": 9, "seed": 3, "stream_options": {"include_usage": True}}, {"max_completion_tokens"}),
        ("mistral", {"max_tokens": 9, "random_seed": 3}, {"seed", "stream_options"}),
        ("gemini", {"max_tokens": 9}, {"seed"}),
        ("vllm", {"max_tokens": 9, "seed": 3, "stream_options": {"include_usage": True}}, {"cache_prompt"}),
    ],
)
def test_each_provider_is_asked_in_the_fields_it_knows(
    script: ScriptedServer, provider: str, there: dict[str, Any], absent: set[str]
) -> None:
    script.say(Dialect("openai").stream(["Yes"]))
    ask(at(script, provider), ASKED)
    sent = script.received[0].body
    assert there.items() <= sent.items() and not absent & set(sent)
    assert (sent["temperature"], sent["top_p"]) == (0.5, 0.9)


def test_openai_itself_is_told_the_limit_by_its_newer_name() -> None:
    for settings in ({}, {"base_url": "https://eu.api.openai.com/v1"}):
        sent = chat_body(endpoint_of("openai", "gpt", settings), ASKED)
        assert sent["max_completion_tokens"] == 9 and "max_tokens" not in sent


def test_portkey_gets_its_key_in_a_header_of_its_own(script: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTKEY_API_KEY", "pk-secret")
    script.say(Dialect("openai").stream(["Yes"]))
    ask(at(script, "portkey"))
    headers = script.received[0].headers
    assert headers["x-portkey-api-key"] == "pk-secret" and "authorization" not in headers


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (
            400,
            [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}],
            FaultKind.AUTH,
        ),
        (402, {"error": {"message": "Insufficient Balance", "type": "unknown_error"}}, FaultKind.QUOTA),
        (400, {"error": {"code": "data_inspection_failed", "message": "no"}}, FaultKind.CONTENT_FILTER),
        (403, {"error": {"code": 403, "message": "Your input was flagged"}}, FaultKind.CONTENT_FILTER),
        (429, {"error": {"type": "server_error", "message": "busy"}}, FaultKind.RATE_LIMIT),
        (498, {"error": {"message": "flex capacity"}}, FaultKind.OVERLOAD),
        (422, {"object": "error", "detail": [{"msg": "Extra inputs"}]}, FaultKind.BAD_REQUEST),
        (500, {"error": "out of memory"}, FaultKind.SERVER),
    ],
)
def test_errors_of_many_shapes_are_understood(script: ScriptedServer, status: int, body: Any, kind: FaultKind) -> None:
    script.say(json_reply(status, body))
    assert fault_from(at(script)).kind is kind


@pytest.mark.parametrize("key", ["sk-with-a-curly-’-quote", "sk-with-a\nnew-line"])
def test_a_key_that_cannot_be_sent_is_a_fault_that_does_not_repeat_it(
    script: ScriptedServer, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("ODD_API_KEY", key)
    script.say(Dialect("openai").stream(["Yes"]))
    fault = fault_from(at(script, api_key_env="ODD_API_KEY"))
    assert fault.kind is FaultKind.BAD_REQUEST and "key" in str(fault) and "sk-with" not in str(fault)


def test_google_hides_when_to_come_back_in_the_body(script: ScriptedServer) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}]
    script.say(json_reply(429, [{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": details}}]))
    fault = fault_from(at(script, "gemini"))
    assert (fault.kind, fault.retry_after_s) == (FaultKind.RATE_LIMIT, 34.0)


@pytest.mark.parametrize(
    ("chunk", "kind"),
    [
        (openai_chunk({}, "error", error={"code": 502, "message": "Provider returned error"}), FaultKind.SERVER),
        (openai_chunk({}, "insufficient_system_resource"), FaultKind.OVERLOAD),
        (event({"error": {"code": 429, "message": "Rate limited upstream"}}), FaultKind.RATE_LIMIT),
    ],
)
def test_gateways_report_faults_inside_the_stream(script: ScriptedServer, chunk: bytes, kind: FaultKind) -> None:
    script.say(Reply([openai_chunk({"content": "Half"}), chunk, event("[DONE]")]))
    fault = fault_from(at(script))
    assert (fault.kind, fault.text) == (kind, "Half")
