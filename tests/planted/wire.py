"""What goes over the wire: streams of both protocols as lists of moments, each with the bytes that are sent then."""

import json
from dataclasses import dataclass
from typing import Any

from tests.planted.plan import Outcome, PlantedPlan

REFUSAL_TEXT = "I can't help with that."
BREAK = None


@dataclass(frozen=True)
class Tokens:
    """What the request is charged for; input includes cached ones and those written to the cache."""

    input: int
    cached: int
    cache_write: int
    reasoning: int
    output: int


@dataclass
class Moment:
    """Bytes to send ``at_ms``; ``data`` None breaks the connection. ``mark``: what a client may notice then."""

    at_ms: float
    data: bytes | None
    mark: str = ""


def tokens_of(plan: PlantedPlan, request: dict[str, Any], text: str) -> Tokens:
    """The tokens of a request as planned; words where the plan says nothing."""
    said = [str(message.get("content", "")) for message in request.get("messages", ())]
    words = len(" ".join([str(request.get("system", "")), *said]).split())
    return Tokens(
        input=plan.input_tokens if plan.input_tokens is not None else words,
        cached=plan.cached_tokens,
        cache_write=plan.cache_write_tokens,
        reasoning=plan.reasoning_tokens,
        output=plan.output_tokens if plan.output_tokens is not None else len(text.split()) + plan.reasoning_tokens,
    )


def stream(plan: PlantedPlan, outcome: Outcome, api: str, request: dict[str, Any], text: str, spent: Tokens) -> list:
    """Every moment of the response to one request."""
    head = Moment(plan.first_byte_ms, _head(plan), "first_byte")
    speak = _openai if api == "openai" else _anthropic
    events = [event for event in speak(plan, outcome, request, text, spent) if event.data]
    if outcome.kind in ("truncated", "disconnect", "malformed"):
        spoken = [number for number, event in enumerate(events) if event.mark == "first_visible"]
        events = events[: spoken[0] + 1]
        last = {
            "truncated": Moment(plan.total_ms, b"0\r\n\r\n"),
            "disconnect": Moment(plan.total_ms, BREAK),
            "malformed": Moment(
                plan.total_ms, _chunk(b'event: content_block_delta\ndata: {"id": "cut\n\n') + b"0\r\n\r\n"
            ),
        }
        return [head, *events, last[outcome.kind]]
    return [head, *events, Moment(plan.total_ms, b"0\r\n\r\n")]


def failure(plan: PlantedPlan, outcome: Outcome, api: str) -> list[Moment]:
    """An HTTP error in the protocol's form."""
    if api == "openai":
        body: dict[str, Any] = {"error": {"message": outcome.message, "type": "planted", "code": str(outcome.status)}}
    else:
        body = {"type": "error", "error": {"type": "planted", "message": outcome.message}}
    headers = dict(plan.headers)
    if outcome.retry_after_s is not None:
        headers["retry-after"] = f"{outcome.retry_after_s:g}"
    return [Moment(plan.first_byte_ms, whole(outcome.status, json.dumps(body).encode(), headers), "first_byte")]


def whole(status: int, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    """A response that is no stream."""
    lines = [f"HTTP/1.1 {status} Planted", "content-type: application/json", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _head(plan: PlantedPlan) -> bytes:
    lines = ["HTTP/1.1 200 OK", "content-type: text/event-stream", "transfer-encoding: chunked"]
    lines += [f"{name}: {value}" for name, value in plan.headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _pieces(plan: PlantedPlan, text: str) -> list[tuple[float, str]]:
    """The answer's pieces with their moments: the first at first_visible_ms, the last at total_ms."""
    count = max(1, min(plan.pieces, len(text)))
    size = -(-len(text) // count)
    cuts = [text[start : start + size] for start in range(0, len(text), size)] or [""]
    gap = (plan.total_ms - plan.first_visible_ms) / max(1, len(cuts) - 1)
    return [(plan.first_visible_ms + number * gap, piece) for number, piece in enumerate(cuts)]


def _openai(plan: PlantedPlan, outcome: Outcome, request: dict[str, Any], text: str, spent: Tokens) -> list[Moment]:
    model = json.dumps(plan.answered_by or request.get("model"))
    frame = (
        f'data: {{"id":"planted","object":"chat.completion.chunk","created":1,"model":{model},'
        f'"system_fingerprint":{json.dumps(plan.fingerprint)},'
    )

    def event(at_ms: float, rest: str, mark: str = "") -> Moment:
        return Moment(at_ms, _chunk(f"{frame}{rest}}}\n\n".encode()), mark)

    def delta(at_ms: float, channel: str, piece: str, mark: str = "") -> Moment:
        said = f'"choices":[{{"index":0,"delta":{{"{channel}":{json.dumps(piece)}}},"finish_reason":null}}]'
        return event(at_ms, said, mark)

    is_refusal = outcome.kind == "refusal"
    finish = outcome.kind if outcome.kind in ("length", "content_filter") else "stop"
    events = [event(plan.first_byte_ms, '"choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}]')]
    if plan.reasoning:
        events.append(delta(plan.first_token_ms, "reasoning_content", plan.reasoning, "first_token"))
    for number, (at_ms, piece) in enumerate(_pieces(plan, text)):
        events.append(delta(at_ms, "refusal" if is_refusal else "content", piece, "" if number else "first_visible"))
    end = f'"choices":[{{"index":0,"delta":{{}},"finish_reason":"{finish}"}}]'
    usage = (
        f'"choices":[],"usage":{{"prompt_tokens":{spent.input},"completion_tokens":{spent.output},'
        f'"total_tokens":{spent.input + spent.output},"prompt_tokens_details":{{"cached_tokens":{spent.cached}}},'
        f'"completion_tokens_details":{{"reasoning_tokens":{spent.reasoning}}}}}'
    )
    events.append(event(plan.total_ms, end))
    if (request.get("stream_options") or {}).get("include_usage"):
        events.append(event(plan.total_ms, usage))
    events.append(Moment(plan.total_ms, _chunk(b"data: [DONE]\n\n")))
    return events


def _anthropic(plan: PlantedPlan, outcome: Outcome, request: dict[str, Any], text: str, spent: Tokens) -> list[Moment]:
    def event(at_ms: float, kind: str, mark: str = "", **rest: Any) -> Moment:
        said = json.dumps({"type": kind, **rest})
        return Moment(at_ms, _chunk(f"event: {kind}\ndata: {said}\n\n".encode()), mark)

    usage = {
        "input_tokens": spent.input - spent.cached - spent.cache_write,
        "cache_read_input_tokens": spent.cached,
        "cache_creation_input_tokens": spent.cache_write,
        "output_tokens": 1,
    }
    message = {
        "id": "planted",
        "type": "message",
        "role": "assistant",
        "model": plan.answered_by or request.get("model"),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    events, block = [event(plan.first_byte_ms, "message_start", message=message)], 0
    if plan.reasoning:
        at_ms, thought = plan.first_token_ms, {"type": "thinking_delta", "thinking": plan.reasoning}
        empty = {"type": "thinking", "thinking": "", "signature": ""}
        events.append(event(at_ms, "content_block_start", index=0, content_block=empty))
        events.append(event(at_ms, "content_block_delta", "first_token", index=0, delta=thought))
        events.append(event(at_ms, "content_block_stop", index=0))
        block = 1
    start = {"type": "text", "text": ""}
    events.append(event(plan.first_visible_ms, "content_block_start", index=block, content_block=start))
    for number, (at_ms, piece) in enumerate(_pieces(plan, text)):
        said, mark = {"type": "text_delta", "text": piece}, "" if number else "first_visible"
        events.append(event(at_ms, "content_block_delta", mark, index=block, delta=said))
    reasons = {"length": "max_tokens", "refusal": "refusal"}
    reason = {"stop_reason": reasons.get(outcome.kind, "end_turn"), "stop_sequence": None}
    events.append(event(plan.total_ms, "content_block_stop", index=block))
    events.append(event(plan.total_ms, "message_delta", delta=reason, usage={"output_tokens": spent.output}))
    events.append(event(plan.total_ms, "message_stop"))
    return events
