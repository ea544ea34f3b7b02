"""What logs write of an exchange: its messages, its answers and why they ended, its tokens, in every vendor's words."""

import json
from typing import Any

import pytest

from core.domain.fields import Flaw
from core.services.importing import conversations, finishing, usage
from core.services.importing.answers import answers, several


def said(text: Any, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **more}


def completion(message: dict[str, Any], reason: str = "stop") -> dict[str, Any]:
    return {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": reason}]}


def items(*found: dict[str, Any], status: str = "completed", **more: Any) -> dict[str, Any]:
    return {"object": "response", "status": status, "output": list(found), **more}


def item(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "role": "assistant", "content": list(parts)}


def chain(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {"lc": 1, "type": "constructor", "id": ["langchain", "AIMessage"], "kwargs": kwargs}


TEXT = {"type": "output_text", "text": "Tuesday."}
GEMINI = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Tuesday."}]}, "finishReason": "MAX_TOKENS"}]}
CONVERSE = {"output": {"message": {"role": "assistant", "content": [{"text": "Tuesday."}]}}, "stopReason": "max_tokens"}
CUT: dict[str, Any] = {
    "chat": completion(said("Tuesday."), "length"),
    "chat in a text": json.dumps(completion(said("Tuesday."), "length")),
    "completions": {"choices": [{"text": "Tuesday.", "finish_reason": "length"}]},
    "messages": {"type": "message", "stop_reason": "max_tokens", **said([{"type": "text", "text": "Tuesday."}])},
    "context": {"type": "message", "stop_reason": "model_context_window_exceeded", **said("Tuesday.")},
    "responses": items(item(TEXT), status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
    "responses without a why": items(item(TEXT), status="incomplete"),
    "gemini": GEMINI,
    "converse": CONVERSE,
    "ollama": {"message": said("Tuesday."), "done": True, "done_reason": "length"},
    "ollama's generate": {"response": "Tuesday.", "done": True, "done_reason": "length", "context": [1, 2]},
    "generation": {"generations": [[{"text": "Tuesday.", "generation_info": {"finish_reason": "length"}}]]},
    "metadata": {
        "generations": [
            [{"message": chain({"content": "Tuesday.", "response_metadata": {"stop_reason": "max_tokens"}})}]
        ]
    },
    "ai sdk": {"text": "Tuesday.", "finishReason": "length", "usage": {"inputTokens": 3}},
    "older claude": {"completion": "Tuesday.", "stop_reason": "max_tokens", "model": "c"},
}


@pytest.mark.parametrize("name", CUT)
def test_a_stop_by_length_is_one_in_every_form(name: str) -> None:
    assert answers(CUT[name], "output") == [("Tuesday.", "length")]


WORDS = {
    "length": ["LENGTH", "max_tokens", "MAX_TOKENS", "FinishReason.MAX_TOKENS", "model_length", "max_output_tokens"],
    "stop": ["STOP", "end_turn", "eos_token", "stop_sequence", "COMPLETE", "completed"],
    "content_filter": ["content-filter", "SAFETY", "FINISH_REASON_SAFETY", "RECITATION", "guardrail_intervened"],
    "tool_calls": ["tool-calls", "tool_use", "function_call"],
    "refusal": ["refusal"],
    "solar flare": ["solar flare"],
}


@pytest.mark.parametrize(("reason", "word"), [(reason, word) for reason, words in WORDS.items() for word in words])
def test_every_vendors_word_for_the_end_is_ours(reason: str, word: str) -> None:
    assert finishing.reason_of(word) == reason


WHOLE: dict[str, tuple[Any, str]] = {
    "object": ('{"answer": "parcels", "confidence": 1}', '{"answer": "parcels", "confidence": 1}'),
    "its blanks": ('{ "a":1 }\n', '{ "a":1 }\n'),
    "a single field": ('{"text": "parcels"}', '{"text": "parcels"}'),
    "list": ('["late", "lost"]', '["late", "lost"]'),
    "list of a role's name": ('["user", "admin"]', '["user", "admin"]'),
    "people with roles": ('{"role": "nurse", "content": "x"}', '{"role": "nurse", "content": "x"}'),
    "job candidates": ('{"candidates": [{"name": "Ann"}]}', '{"candidates": [{"name": "Ann"}]}'),
    "a quiz": ('{"choices": [{"text": "A"}]}', '{"choices": [{"text": "A"}]}'),
    "a parsed object": ({"label": "späť", "urgent": True}, '{"label": "späť", "urgent": true}'),
    "a parsed object with a known name": ({"text": "x", "score": 2}, '{"text": "x", "score": 2}'),
    "a dose": ({"usage": "twice", "object": "pill"}, '{"usage": "twice", "object": "pill"}'),
    "its own status": ({"order": 7, "status": "incomplete"}, '{"order": 7, "status": "incomplete"}'),
    "a parsed list": (["late", "lost"], '["late", "lost"]'),
    "a number": (7, "7"),
    "wrapped": ({"output": {"label": "x"}}, '{"label": "x"}'),
    "of a chat": (completion(said('{"content": "x"}')), '{"content": "x"}'),
}


@pytest.mark.parametrize("name", WHOLE)
def test_an_answer_in_json_stays_whole(name: str) -> None:
    found, text = WHOLE[name]
    assert [each.text for each in answers(found, "output")] == [text]


ANSWERS: dict[str, tuple[Any, list[tuple[str, str | None]]]] = {
    "wrapped text": ({"answer": "Hi"}, [("Hi", None)]),
    "a message in a text": (json.dumps(said("Hi")), [("Hi", None)]),
    "a conversation": ([{"role": "user", "content": "q"}, said("Hi")], [("Hi", None)]),
    "a conversation without an answer": ([{"role": "user", "content": "q"}], []),
    "parts": (said([{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]), [("Hi", None)]),
    "texts": (said(["H", "i"]), [("Hi", None)]),
    "thinking": (said([{"type": "thinking", "thinking": "?"}, {"type": "text", "text": "Hi"}]), [("Hi", None)]),
    "thinking kept back": (
        said([{"type": "redacted_thinking", "data": "x"}, {"type": "text", "text": "Hi"}]),
        [("Hi", None)],
    ),
    "openrouter's thoughts": (
        said([{"type": "reasoning.summary", "summary": "?"}, {"type": "text", "text": "Hi"}]),
        [("Hi", None)],
    ),
    "gemini's thoughts": (said(None, parts=[{"text": "?", "thought": True}, {"text": "Hi"}]), [("Hi", None)]),
    "bedrock's thoughts": (said([{"reasoningContent": {"text": "?"}}, {"text": "Hi"}]), [("Hi", None)]),
    "mistral's thoughts": (
        said([{"type": "thinking", "thinking": [{"type": "text", "text": "?"}]}, {"type": "text", "text": "Hi"}]),
        [("Hi", None)],
    ),
    "reasoning items": (items({"type": "reasoning", "summary": []}, item(TEXT)), [("Tuesday.", "stop")]),
    "tags": (completion(said("<think>Hm.</think>\n\nHi")), [("<think>Hm.</think>\n\nHi", "stop")]),
    "thoughts alone": (
        said([{"type": "thinking", "thinking": "?"}], type="message", stop_reason="max_tokens"),
        [("", "length")],
    ),
    "refusal": (completion(said(None, refusal="No.")), [("No.", "refusal")]),
    "refusal beside an empty text": (completion(said("", refusal="No.")), [("No.", "refusal")]),
    "refusal in a part": (items(item({"type": "refusal", "refusal": "No."})), [("No.", "refusal")]),
    "refusal of a chain": (
        {"generations": [[{"message": chain({"content": "", "additional_kwargs": {"refusal": "No."}})}]]},
        [("No.", "refusal")],
    ),
    "refusal without a word": (said([], type="message", stop_reason="refusal"), [("", "refusal")]),
    "no refusal": (completion(said("Hi", refusal=None)), [("Hi", "stop")]),
    "blocked": (completion(said(None), "content_filter"), [("", "content_filter")]),
    "cut before its first word": (completion(said(None), "length"), [("", "length")]),
    "each choice its own end": (
        {
            "choices": [
                {"message": said("A"), "finish_reason": "stop"},
                {"message": said("B"), "finish_reason": "length"},
            ]
        },
        [("A", "stop"), ("B", "length")],
    ),
    "nothing": (None, []),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_the_answer_is_found_in_every_form(name: str) -> None:
    found, expected = ANSWERS[name]
    assert answers(found, "output") == expected


NO_ANSWER: dict[str, Any] = {
    "a tool's call": completion(said(None, tool_calls=[{"id": "c"}]), "tool_calls"),
    "a tool's call beside an empty text": completion(said("", tool_calls=[{"id": "c"}]), "tool_calls"),
    "a tool's call in a part": said([{"type": "tool_use", "id": "c"}], type="message", stop_reason="tool_use"),
    "a function's item": items({"type": "function_call", "name": "f"}),
    "null": completion(said(None)),
    "an error": {"error": {"message": "overloaded"}},
    "a failed response": items(status="failed", error={"code": "x"}),
    "an image": said([{"type": "image", "source": {}}]),
    "embeddings": {"object": "list", "data": [{"embedding": [0.1]}], "usage": {"total_tokens": 2}},
    "odd choices": {"choices": [None], "usage": {}},
    "an odd part": said([{"type": ["text"], "text": 7}]),
}


@pytest.mark.parametrize("name", NO_ANSWER)
def test_what_is_no_answer_is_told_so(name: str) -> None:
    with pytest.raises(Flaw):
        answers(NO_ANSWER[name], "output")


S, Q = {"role": "system", "content": "S"}, {"role": "user", "content": "q"}
ASKED: dict[str, tuple[Any, dict[str, Any], list[dict[str, str]]]] = {
    "system beside": ([Q], {"system": "S"}, [S, Q]),
    "system beside in blocks": ([Q], {"system": [{"type": "text", "text": "S", "cache_control": {}}]}, [S, Q]),
    "system beside in json": ([Q], {"system": '[{"type": "text", "text": "S"}]'}, [S, Q]),
    "instructions": ("q", {"instructions": "S"}, [S, Q]),
    "instructions as messages": ("q", {"instructions": [{"role": "developer", "content": "S"}]}, [S, Q]),
    "gemini's": (
        {"contents": [{"role": "user", "parts": [{"text": "q"}]}], "systemInstruction": {"parts": [{"text": "S"}]}},
        {},
        [S, Q],
    ),
    "within": ({"model": "m", "system": "S", "messages": [Q]}, {}, [S, Q]),
    "not twice": ([S, Q], {"system": "S"}, [S, Q]),
    "no system": ([Q], {"system": None}, [Q]),
    "system alone": ([S], {}, [S]),
    "system at the end": ([Q, S], {}, [Q, S]),
    "the answer behind": ([S, Q, said("x")], {}, [S, Q]),
    "json": ('{"order": 7}', {}, [{"role": "user", "content": '{"order": 7}'}]),
    "json of a list": ('["q", "r"]', {}, [{"role": "user", "content": '["q", "r"]'}]),
    "variables": ({"topic": "x", "tone": "y"}, {}, [{"role": "user", "content": '{"topic": "x", "tone": "y"}'}]),
    "one variable": ({"question": "q"}, {}, [Q]),
    "history": (
        {"input": "q", "chat_history": [["human", "a"], ["ai", "b"]]},
        {},
        [{"role": "user", "content": "a"}, said("b"), Q],
    ),
    "arguments": ({"args": [[S, Q]], "kwargs": {}}, {}, [S, Q]),
    "parts": ([{"role": "user", "content": [{"type": "text", "text": "q", "image": None}]}], {}, [Q]),
    "thoughts between": ([{"type": "reasoning", "summary": []}, Q], {}, [Q]),
    "sharegpt": ([{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}], {}, [Q]),
}


@pytest.mark.parametrize("name", ASKED)
def test_the_messages_are_found_in_every_form(name: str) -> None:
    found, request, expected = ASKED[name]
    assert conversations.asked(found, "input", request) == expected


NOT_ASKED: dict[str, Any] = {
    "an image": [{"role": "user", "content": [{"type": "text", "text": "q"}, {"type": "image_url", "image_url": {}}]}],
    "an image in a part of text": [{"role": "user", "content": [{"type": "text", "text": "q", "image": "http://x"}]}],
    "images beside": [{"role": "user", "content": "q", "images": ["x"]}],
    "parts alone": [{"type": "input_image", "image_url": "x"}],
    "a tool's answer": [Q, {"role": "tool", "content": "x"}],
    "a tool's call": [Q, said(None, tool_calls=[{}]), Q],
    "null": [{"role": "user", "content": None}],
    "nobody": [said("x")],
    "an unknown role": [{"role": "narrator", "content": "x"}],
    "an odd type": [{"role": "user", "content": [{"type": {}, "text": 7}]}],
    "blank": " ",
    "nothing": {},
}


@pytest.mark.parametrize("name", NOT_ASKED)
def test_what_is_no_conversation_of_texts_is_told_so(name: str) -> None:
    with pytest.raises(Flaw):
        conversations.asked(NOT_ASKED[name], "input")


USAGES: dict[str, tuple[dict[str, Any], tuple[int | None, ...]]] = {
    "openai": (
        {
            "prompt_tokens": 10,
            "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 2},
        },
        (10, 5, 4, 2),
    ),
    "anthropic": (
        {"input_tokens": 5, "cache_read_input_tokens": 70, "cache_creation_input_tokens": 10, "output_tokens": 3},
        (85, 3, 70, None),
    ),
    "responses": (
        {
            "input_tokens": 50,
            "output_tokens": 12,
            "input_tokens_details": {"cached_tokens": 9},
            "output_tokens_details": {"reasoning_tokens": 3},
        },
        (50, 12, 9, 3),
    ),
    "gemini": (
        {"promptTokenCount": 5, "candidatesTokenCount": 3, "thoughtsTokenCount": 10, "cachedContentTokenCount": 2},
        (5, 13, 2, 10),
    ),
    "bedrock": ({"inputTokens": 5, "cacheReadInputTokens": 7, "outputTokens": 3}, (12, 3, 7, None)),
    "langchain": (
        {
            "input_tokens": 12,
            "output_tokens": 20,
            "input_token_details": {"cache_read": 8},
            "output_token_details": {"reasoning": 6},
        },
        (12, 20, 8, 6),
    ),
    "litellm": ({"prompt_tokens": 90, "completion_tokens": 1, "cache_read_input_tokens": 80}, (90, 1, 80, None)),
    "nothing": ({}, (None, None, None, None)),
}


@pytest.mark.parametrize("name", USAGES)
def test_tokens_are_those_of_the_whole_input_and_output(name: str) -> None:
    found, expected = USAGES[name]
    assert tuple(usage.tokens(found).values()) == expected


BUCKETS: dict[str, tuple[dict[str, Any], tuple[int | None, ...]]] = {
    "apart": ({"input": 9, "input_cached_tokens": 90, "output": 1, "output_reasoning_tokens": 4}, (99, 5, 90, 4)),
    "apart with a total": ({"input": 9, "cache_read_input_tokens": 90, "output": 1, "total": 100}, (99, 1, 90, None)),
    "within": (
        {"input": 99, "input_cached_tokens": 90, "output": 5, "output_reasoning_tokens": 4, "total": 104},
        (99, 5, 90, 4),
    ),
    "written": ({"input": 9, "cache_creation_input_tokens": 30, "output": 1}, (39, 1, None, None)),
    "older": ({"promptTokens": 3, "completionTokens": 4, "totalTokens": 7}, (3, 4, None, None)),
    "with a unit": ({"input": 3, "output": 4, "unit": "TOKENS", "total": 7}, (3, 4, None, None)),
    "odd": ({"input": "x", "output": None, "input_cached_tokens": -1}, (None, None, None, None)),
}


@pytest.mark.parametrize("name", BUCKETS)
def test_langfuses_buckets_are_summed(name: str) -> None:
    found, expected = BUCKETS[name]
    assert tuple(usage.buckets(found).values()) == expected


def test_more_tokens_than_a_database_counts_are_a_flaw() -> None:
    with pytest.raises(Flaw):
        usage.buckets({"input": 2_000_000_000, "input_cached_tokens": 2_000_000_000})


def test_references_may_be_several_and_of_any_kind() -> None:
    assert several(["a", 4, {"b": 1}], "ideal") == ["a", "4", '{"b": 1}']
    assert several(4, "ideal") == ["4"]
    assert several(None, "ideal") is None
