"""What only Anthropic's protocol has."""

import pytest

from core.domain.answering import FinishReason, TokenUsage
from core.providers.anthropic_messages import DEFAULT_MAX_TOKENS
from core.providers.base import ChatRequest
from tests.providers.conftest import ask
from tests.providers.dialects import Dialect
from tests.providers.scripted import Reply, ScriptedServer, anthropic_event

CLAUDE = Dialect("anthropic")


def test_input_tokens_are_all_of_them_those_from_the_cache_too(script: ScriptedServer) -> None:
    usage = {
        "input_tokens": 10,
        "cache_read_input_tokens": 200,
        "cache_creation_input_tokens": 30,
        "output_tokens": 25,
    }
    script.say(CLAUDE.stream(["Yes"], usage=usage))
    assert ask(CLAUDE.endpoint(script.url)).usage == TokenUsage(240, 200, 30, None, 25)


def test_reasoning_tokens_are_read_where_they_are_told(script: ScriptedServer) -> None:
    end = {"output_tokens": 25, "output_tokens_details": {"thinking_tokens": 20}}
    script.say(Reply([anthropic_event("message_delta", delta={"stop_reason": "end_turn"}, usage=end)]))
    answer = ask(CLAUDE.endpoint(script.url))
    assert answer.usage == TokenUsage(None, None, None, 20, 25)


@pytest.mark.parametrize("said", ["I won't write that.", ""])
def test_a_refusal_is_no_fault(script: ScriptedServer, said: str) -> None:
    script.say(CLAUDE.stream([said] if said else [], finish="refusal"))
    answer = ask(CLAUDE.endpoint(script.url))
    assert (answer.text, answer.finish_reason) == (said, FinishReason.REFUSAL)


def test_a_full_context_window_is_an_answer_cut_short(script: ScriptedServer) -> None:
    delta = {"stop_reason": "model_context_window_exceeded"}
    script.say(Reply([anthropic_event("message_delta", delta=delta, usage={"output_tokens": 1})]))
    assert ask(CLAUDE.endpoint(script.url)).finish_reason is FinishReason.LENGTH


def test_thoughts_that_are_kept_back_count_as_the_first_token(script: ScriptedServer) -> None:
    hidden = [
        anthropic_event("content_block_start", index=0, content_block={"type": "thinking", "thinking": ""}),
        anthropic_event("content_block_delta", index=0, delta={"type": "signature_delta", "signature": "c2ln"}),
        0.2,
    ]
    script.say(Reply([*hidden, *CLAUDE.stream(["Yes"]).pieces]))
    answer = ask(CLAUDE.endpoint(script.url))
    assert (answer.text, answer.reasoning) == ("Yes", "")
    assert answer.timings.first_visible_ms is not None and answer.timings.first_token_ms is not None
    assert answer.timings.first_visible_ms - answer.timings.first_token_ms > 50


def test_system_messages_go_into_their_own_field_and_a_limit_is_always_sent(script: ScriptedServer) -> None:
    script.say(CLAUDE.stream(["Yes"]))
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "?"}]
    ask(CLAUDE.endpoint(script.url), ChatRequest(turns, temperature=0.2, seed=4, extra={"top_k": 5}))
    sent = script.received[0].body
    assert (sent["system"], sent["messages"]) == ("Be brief.", [{"role": "user", "content": "?"}])
    assert (sent["max_tokens"], sent["temperature"], sent["top_k"]) == (DEFAULT_MAX_TOKENS, 0.2, 5)
    assert "seed" not in sent and script.received[0].headers["anthropic-version"]


def test_others_that_speak_this_protocol_get_the_key_in_x_api_key_too(
    script: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_LIKE_API_KEY", "ck-secret")
    script.say(CLAUDE.stream(["Yes"]))
    ask(CLAUDE.endpoint(script.url, api_key_env="CLAUDE_LIKE_API_KEY"))
    headers = script.received[0].headers
    assert (headers["x-api-key"], headers["authorization"]) == ("ck-secret", "Bearer ck-secret")


def test_limits_of_anthropics_headers_are_read(script: ScriptedServer) -> None:
    headers = {
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-requests-reset": "2020-01-01T00:00:00Z",
    }
    script.say(CLAUDE.stream(["Yes"], headers=headers))
    limits = ask(CLAUDE.endpoint(script.url)).limits
    assert limits is not None
    assert (limits.remaining_requests, limits.reset_s) == (49, 0.0)
