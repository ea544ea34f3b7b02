"""What endpoints send instead of, or inside, the stream that was asked for: in both protocols, byte for byte."""

import json
from typing import Any

import pytest

from core.domain.answering import FaultKind, FinishReason, TokenUsage
from core.providers.base import Endpoint
from core.providers.presets import endpoint_of
from tests.providers.conftest import ask, fault_from
from tests.providers.scripted import Reply, ScriptedServer, anthropic_event, event, openai_chunk

DONE = event("[DONE]")
STOP = openai_chunk({}, "stop")
USAGE = {"prompt_tokens": 30, "completion_tokens": 8, "total_tokens": 38}
WHOLE = {
    "object": "chat.completion",
    "model": "model-2026",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Grüß Gott 🙂"}, "finish_reason": "stop"}],
    "usage": USAGE,
}
MESSAGE = {
    "type": "message",
    "model": "model-2026",
    "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Grüß Gott 🙂"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 30, "output_tokens": 8},
}


def at(script: ScriptedServer, api: str = "openai") -> Endpoint:
    root = f"{script.url}/v1" if api == "openai" else script.url
    return endpoint_of(api, "m", {"base_url": root, "api_key_env": ""})


def said(text: str, finish: str | None = None) -> bytes:
    return openai_chunk({"content": text}, finish)


def as_json(content: object) -> bytes:
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    ("api", "pieces"),
    [
        ("openai", [as_json(WHOLE)]),
        ("openai", [json.dumps(WHOLE, indent=2, ensure_ascii=False).encode()]),
        ("openai", [b"\xef\xbb\xbf" + as_json(WHOLE)]),
        ("openai", [json.dumps(WHOLE).encode("utf-16")]),
        ("openai", [b"data: " + as_json(WHOLE)]),
        ("openai", [as_json({"code": 0, "msg": "success", "data": WHOLE})]),
        ("openai", [as_json(WHOLE)[:50], 0.05, as_json(WHOLE)[50:]]),
        ("anthropic", [as_json(MESSAGE)]),
        ("anthropic", [b"data: " + as_json(MESSAGE) + b"\n\n"]),
        ("anthropic", [as_json({**MESSAGE, "content": "Grüß Gott 🙂", "stop_reason": None})]),
    ],
)
def test_a_whole_answer_is_read_and_when_its_first_token_came_is_unknown(
    script: ScriptedServer, api: str, pieces: list[Any]
) -> None:
    script.say(Reply(pieces, content_type="application/json"))
    answer = ask(at(script, api))
    assert (answer.text, answer.finish_reason, answer.answered_by) == ("Grüß Gott 🙂", FinishReason.STOP, "model-2026")
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (30, 8)
    assert (answer.timings.first_token_ms, answer.timings.first_visible_ms) == (None, None)
    assert answer.timings.latency_ms > 0


@pytest.mark.parametrize(
    "pieces",
    [
        [b"\xef\xbb\xbf" + said("Yes, "), said("indeed."), STOP, DONE],
        [piece.replace(b"\n", b"\r") for piece in (said("Yes, "), said("indeed."), STOP, DONE)],
        [piece[:-1] for piece in (said("Yes, "), said("indeed."), STOP, DONE)],
        [said("Yes, "), said("indeed."), STOP[:-2]],
        [b"data: " + said("Yes, "), said("indeed."), STOP],
        [bytes([byte]) for byte in said("Yes, ") + said("indeed.") + STOP + DONE],
        [b": still here\n\n", b"data: ping\n\n", b"data:\n\n", said("Yes, "), said("indeed."), STOP],
        [b"retry: 5\nid: 7\n", said("Yes, "), said("indeed."), STOP],
        [said("Yes, "), said("indeed."), DONE],
        [said("Yes, "), said("indeed."), b"[DONE]\n"],
        [said("Yes, ")[6:], said("indeed.")[6:], STOP[6:]],
        [b'{"message":{"content":"Yes, "},"done":false}\n{"message":{"content":"indeed."},"done":true}\n'],
        [b'{"response":"Yes, ","done":false}\n{"response":"indeed.","done":true,"done_reason":"stop"}\n'],
        [openai_chunk({"content": "Yes, "}, "null"), openai_chunk({"content": "indeed."}, "stop")],
        [openai_chunk({"content": "Yes, "}, "stop"), openai_chunk({"content": "indeed."}, "stop")],
        [openai_chunk({"content": ["Yes, ", "indeed."]}, "stop")],
        [openai_chunk({"content": {"type": "text", "text": "Yes, indeed."}}, "stop")],
        [event({"choices": [{"delta": "Yes, "}]}), event({"choices": [{"delta": "indeed."}]}), STOP],
        [event({"choices": [{"message": {"content": text}}]}) for text in ("Yes, ", "indeed.")] + [STOP],
        [said("Yes, "), event({"choices": [{"message": {"content": "Yes, indeed."}, "finish_reason": "stop"}]})],
        [event({"type": "status", "message": "Searching"}), said("Yes, "), said("indeed."), STOP],
        [event({"code": 0, "message": "Success", "choices": [{"delta": {"content": "Yes, indeed."}}]}), STOP],
    ],
)
def test_streams_of_every_spelling_are_read_to_the_same_answer(script: ScriptedServer, pieces: list[Any]) -> None:
    script.say(Reply(pieces))
    answer = ask(at(script))
    assert (answer.text, answer.finish_reason) == ("Yes, indeed.", FinishReason.STOP)


def test_of_several_choices_the_first_is_read(script: ScriptedServer) -> None:
    def chunk(*choices: tuple[int, str, str | None]) -> bytes:
        told = [{"index": at, "delta": {"content": text}, "finish_reason": end} for at, text, end in choices]
        return event({"choices": told})

    script.say(Reply([chunk((1, "x", None), (0, "a", None)), chunk((1, "y", "stop")), chunk((0, "b", "length")), DONE]))
    answer = ask(at(script))
    assert (answer.text, answer.finish_reason) == ("ab", FinishReason.LENGTH)


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"error": "Route POST:/v1/chat/completions is not here"}, FaultKind.BAD_REQUEST, "is not here"),
        ({"detail": "Not Found"}, FaultKind.BAD_REQUEST, "Not Found"),
        ({"detail": [{"loc": ["body"], "msg": "field required"}]}, FaultKind.BAD_REQUEST, "field required"),
        ({"message": "Invalid authentication credentials"}, FaultKind.AUTH, "Invalid authentication"),
        ({"success": False, "errors": [{"code": 7003, "message": "No way there"}]}, FaultKind.BAD_REQUEST, "No way"),
        ({"base_resp": {"status_code": 1004, "status_msg": "login fail"}}, FaultKind.AUTH, "login fail"),
        ({"code": "Throttling", "message": "later"}, FaultKind.RATE_LIMIT, "later"),
        ([{"error": {"code": 404, "message": "models/x is not found"}}], FaultKind.BAD_REQUEST, "models/x"),
        ({"error": {"message": "The engine is overloaded"}}, FaultKind.OVERLOAD, "overloaded"),
        ({"error": {"message": "model 'x-1.5' not found", "code": 500}}, FaultKind.BAD_REQUEST, "x-1.5"),
        ({"error": {"message": "prompt is too long", "type": "server_error"}}, FaultKind.BAD_REQUEST, "too long"),
        ({"type": "error", "error": {"type": "overloaded_error", "message": "Full"}}, FaultKind.OVERLOAD, "Full"),
        ({"hello": "world"}, FaultKind.BAD_REQUEST, "world"),
        ("<!DOCTYPE html><title>Anmelden</title><script>timeout()</script>", FaultKind.BAD_REQUEST, "HTML"),
        ("<html><h1>503 Service Unavailable</h1></html>", FaultKind.OVERLOAD, "503 Service"),
        ("Unauthorized", FaultKind.AUTH, "Unauthorized"),
        ("No such route", FaultKind.BAD_REQUEST, "No such route"),
    ],
)
@pytest.mark.parametrize("api", ["openai", "anthropic"])
def test_what_comes_instead_of_a_stream_is_a_fault_of_its_kind_in_the_servers_words(
    script: ScriptedServer, api: str, body: Any, kind: FaultKind, words: str
) -> None:
    script.say(Reply([body.encode() if isinstance(body, str) else as_json(body)], content_type="text/html"))
    fault = fault_from(at(script, api))
    assert (fault.kind, fault.text, fault.http_status) == (kind, "", None)
    assert words in str(fault)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (event({"object": "error", "message": "engine died", "type": "InternalServerError"}), FaultKind.SERVER),
        (event({"message": "engine died"}, "error"), FaultKind.SERVER),
        (event("the engine timed out", "error"), FaultKind.TIMEOUT),
        (event({"code": 429, "message": "Too many"}), FaultKind.RATE_LIMIT),
        (event({"error": {"message": "maximum context length is 9"}}), FaultKind.BAD_REQUEST),
        (event({"error": "Incorrect API key"}), FaultKind.AUTH),
        (event({"type": "error", "error": {"type": "api_error", "message": "x"}}), FaultKind.SERVER),
        (openai_chunk({}, "network_error"), FaultKind.SERVER),
        (event({"choices": [{"delta": {}, "finish_reason": "error", "error": {"code": 503}}]}), FaultKind.OVERLOAD),
    ],
)
def test_an_error_inside_a_stream_is_one_in_every_spelling(
    script: ScriptedServer, error: bytes, kind: FaultKind
) -> None:
    script.say(Reply([said("Half"), error, DONE]))
    fault = fault_from(at(script))
    assert (fault.kind, fault.text) == (kind, "Half")


def test_claudes_events_are_read_with_holes_in_them(script: ScriptedServer) -> None:
    holes = [
        event({"type": "message_start", "message": None}),
        event({"type": "message_start", "message": {"model": "c", "usage": {"input_tokens": 9, "output_tokens": 1}}}),
        event({"type": "content_block_start", "content_block": None}),
        event({"type": "content_block_delta", "delta": None}),
        event({"delta": {"text": "Hello"}}, "content_block_delta"),
        event({"type": "message_delta", "delta": None, "usage": {"input_tokens": 0, "output_tokens": 4}}),
        event({"type": "message_delta", "delta": {"stop_reason": "MAX_TOKENS"}, "usage": None}),
    ]
    script.say(Reply(holes))
    answer = ask(at(script, "anthropic"))
    assert (answer.text, answer.finish_reason) == ("Hello", FinishReason.LENGTH)
    assert answer.usage == TokenUsage(9, None, None, None, 4)


@pytest.mark.parametrize(
    ("told", "usage"),
    [
        ([{"completion_tokens_details": {"reasoning_tokens": 90}, "total_tokens": 128}], (30, 90, 98)),
        ([{"completion_tokens_details": {"reasoning_tokens": 5}}], (30, 5, 8)),
        ([{"completion_tokens_details": {"reasoning_tokens": 90}, "total_tokens": None}], (30, 90, 98)),
        ([{"total_tokens": 128}], (30, None, 98)),
        ([{"prompt_tokens_details": {"cached_tokens": 500}, "total_tokens": 538}], (30, None, 8)),
        ([{}, {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}], (30, None, 8)),
        ([{"completion_tokens": 1}, {}], (30, None, 8)),
    ],
)
def test_tokens_are_counted_whole_and_once(
    script: ScriptedServer, told: list[dict[str, Any]], usage: tuple[int, int | None, int]
) -> None:
    script.say(Reply([said("Yes"), STOP, *(openai_chunk(usage=USAGE | each) for each in told), DONE]))
    found = ask(at(script)).usage
    assert found is not None
    assert (found.input_tokens, found.reasoning_tokens, found.output_tokens) == usage


@pytest.mark.parametrize(
    "pieces",
    [
        [said("<think>Let me see."), said("</thi"), said("nk>"), 0.3, said("\n\nForty-two.")],
        [said("Let me see.\n"), said("</think>"), 0.3, said("\n\nForty-two.")],
        [openai_chunk({"reasoning": {"content": "Let me see."}}), 0.3, said("Forty-two.")],
        [openai_chunk({"reasoning_details": [{"text": "Let me see."}]}), 0.3, said("Forty-two.")],
        [openai_chunk({"content": [{"type": "thinking", "thinking": "Let me see."}]}), 0.3, said("Forty-two.")],
        [openai_chunk({"content": [{"thought": True, "text": "Let me see."}]}), 0.3, said("Forty-two.")],
    ],
)
def test_thoughts_are_no_part_of_the_answer_nor_its_first_token(script: ScriptedServer, pieces: list[Any]) -> None:
    script.say(Reply([*pieces, STOP, DONE]))
    answer = ask(at(script))
    assert (answer.text, answer.reasoning) == ("Forty-two.", "Let me see.")
    times = answer.timings
    assert times.first_token_ms is not None and times.first_visible_ms is not None
    assert times.first_visible_ms - times.first_token_ms > 200


def test_the_first_token_of_a_long_answer_after_long_thoughts_is_known(script: ScriptedServer) -> None:
    thoughts = [said("hm ") for _ in range(6000)]
    script.say(Reply([*thoughts, said("\n</think>\n"), 0.4, *(said("word ") for _ in range(100)), STOP, DONE]))
    answer = ask(at(script))
    times = answer.timings
    assert answer.text.startswith("word word") and answer.reasoning.startswith("hm hm")
    assert times.first_token_ms is not None and times.first_visible_ms is not None
    assert 0 <= times.latency_ms - times.first_visible_ms < 600


@pytest.mark.parametrize(
    "after",
    [
        [1.2, openai_chunk(usage=USAGE), DONE],
        [openai_chunk(usage=USAGE), 1.2, DONE],
        [openai_chunk(usage=USAGE), DONE, 30],
    ],
)
def test_what_follows_the_last_token_is_no_latency_and_is_not_waited_for_long(
    script: ScriptedServer, after: list[Any]
) -> None:
    script.say(Reply([said("Yes"), STOP, *after]))
    answer = ask(at(script), timeout_s=20)
    assert answer.usage == TokenUsage(30, None, None, None, 8)
    assert answer.timings.latency_ms < 900


def test_a_message_that_is_over_without_a_reason_is_whole(script: ScriptedServer) -> None:
    delta = {"type": "text_delta", "text": "Hello"}
    script.say(Reply([anthropic_event("content_block_delta", delta=delta), anthropic_event("message_stop"), 30]))
    answer = ask(at(script, "anthropic"), timeout_s=20)
    assert (answer.text, answer.finish_reason) == ("Hello", FinishReason.STOP)
