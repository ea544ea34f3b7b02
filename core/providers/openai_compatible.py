"""OpenAI's chat completions, at any base URL: always streamed, no retries of the SDK's own.

Chunks are read as plain objects rather than as the SDK's models: that costs a fraction of the time a chunk, and fields
of other providers (``reasoning_content``, ``x_groq`` …) are simply there.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.domain.answering import TokenUsage
from core.providers.attempting import attempt
from core.providers.authorising import headers_of, key_of
from core.providers.base import ChatRequest, Completion, Endpoint
from core.providers.counts import first_whole, whole, whole_output
from core.providers.hearing import Hearing
from core.providers.listening import hear_content, hear_finish, hear_thought, listen, text_in
from core.providers.quirks import chat_body, connection_headers, key_headers
from core.providers.wire import Lanes

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "reasoning_text", "thought", "reasoning_details")
_FINISH = ("finish_reason", "finishReason")
_WRAPPINGS = ("output", "data", "result", "body")


class OpenAICompatible:
    """A connection to one place that speaks OpenAI's chat completions; opened by its first request, in one loop."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._base_url = endpoint.base_url
        self._lanes = Lanes(endpoint.base_url, self._client_over)

    async def complete(self, endpoint: Endpoint, request: ChatRequest, *, timeout_s: float) -> Completion:
        """See Provider.complete."""
        headers = key_headers(endpoint, key_of(endpoint)) | headers_of(endpoint) | connection_headers(endpoint)
        body = chat_body(endpoint, request)

        with self._lanes.room() as client:

            async def listen(hearing: Hearing) -> None:
                await self._listen(client, body, headers, hearing)

            return await attempt(endpoint, listen, timeout_s=timeout_s)

    async def close(self) -> None:
        """See Provider.close."""
        await self._lanes.close()

    def _client_over(self, http_client: "httpx2.AsyncClient") -> "AsyncOpenAI":
        from openai import AsyncOpenAI

        key = "sent with each request"
        return AsyncOpenAI(base_url=self._base_url, api_key=key, max_retries=0, http_client=http_client)

    async def _listen(
        self,
        client: "AsyncOpenAI",
        body: Mapping[str, Any],
        headers: Mapping[str, str | None],
        hearing: Hearing,
    ) -> None:
        import openai

        async with self._lanes.stream(openai, client, "/chat/completions", body, headers, hearing) as told:
            await listen(told, hearing, lambda chunk, _: hear(chunk, hearing))


def hear(chunk: Mapping[str, Any], hearing: Hearing) -> None:
    """Take in one chunk, or a whole completion. Raises StreamError where it ends in a fault."""
    if "choices" not in chunk:
        wrapped: list[Any] = [chunk.get(name) for name in _WRAPPINGS]
        chunk = next((inner for inner in wrapped if isinstance(inner, Mapping) and "choices" in inner), chunk)
    if hearing.answered_by is None:
        hearing.answered_by = chunk.get("model")
    if hearing.fingerprint is None:
        hearing.fingerprint = chunk.get("system_fingerprint")
    choice = _first(chunk, hearing)
    usage = chunk.get("usage") or _usage_elsewhere(chunk, choice)
    if isinstance(usage, Mapping):
        hearing.count(usage_of(usage))
    if choice is not None:
        _hear_choice(choice, chunk, hearing)


def _first(chunk: Mapping[str, Any], hearing: Hearing) -> Mapping[str, Any] | None:
    """The chunk's part of the first choice: the one that was heard first, and of several at once the lowest."""
    choices = chunk.get("choices")
    if not choices:
        return _as_a_choice(chunk)
    told = [choices] if isinstance(choices, Mapping) else choices
    mine = [each for each in told if hearing.choice is None or each.get("index") in (None, hearing.choice)]
    found = min(mine, key=_index, default=None)
    if found is not None and hearing.choice is None:
        hearing.choice = found.get("index")
    return found


def _index(choice: Mapping[str, Any]) -> int:
    index = choice.get("index")
    return index if isinstance(index, int) else 0


def _as_a_choice(chunk: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What stands in a chunk without choices as if it stood in one: Ollama's own API sends such lines."""
    reason = chunk.get("done_reason") or ("stop" if chunk.get("done") is True else None)
    if isinstance(chunk.get("message"), Mapping):
        return {"message": chunk["message"], "finish_reason": reason}
    if isinstance(chunk.get("response"), str):
        return {"text": chunk["response"], "finish_reason": reason}
    return None


def _usage_elsewhere(chunk: Mapping[str, Any], choice: Mapping[str, Any] | None) -> object:
    if "prompt_eval_count" in chunk or "eval_count" in chunk:
        return chunk
    beside = chunk.get("x_groq")
    return (choice or {}).get("usage") or (beside.get("usage") if isinstance(beside, Mapping) else None)


def _hear_choice(choice: Mapping[str, Any], chunk: Mapping[str, Any], hearing: Hearing) -> None:
    delta, message = choice.get("delta"), choice.get("message")
    reason = next((choice[name] for name in _FINISH if choice.get(name)), None)
    if delta:
        _hear_delta(delta, hearing)
    elif message:
        is_all = reason is not None or chunk.get("object") == "chat.completion"
        _hear_message(message, hearing, is_all=is_all)
    elif choice.get("text"):
        hear_content(choice["text"], hearing)
    if reason is not None:
        hear_finish(reason, hearing, chunk.get("error") or choice.get("error"))


def _hear_message(message: Any, hearing: Hearing, *, is_all: bool) -> None:
    """A message where a delta should be: a piece, or all of the answer, though some of it may have come before."""
    if not hearing.has_begun:
        hearing.is_whole = is_all
    elif is_all and hearing.finished is None and isinstance(message, Mapping):
        said, text = str(hearing.texts), text_in(message.get("content"))
        if text.startswith(said):
            message = {"content": text[len(said) :]}
    _hear_delta(message, hearing)


def _hear_delta(delta: Any, hearing: Hearing) -> None:
    if not isinstance(delta, Mapping):
        hear_content(delta, hearing)
        return
    thought = next((found for name in _THOUGHTS if (found := delta.get(name))), None)
    if thought:
        hear_thought(thought, hearing)
    content = delta.get("content")
    if content:
        hear_content(content, hearing)
    if delta.get("refusal"):
        hearing.refuses = True
        hearing.say(text_in(delta["refusal"]))
    if delta.get("tool_calls") or delta.get("function_call"):
        hearing.token()


def usage_of(usage: Mapping[str, Any]) -> TokenUsage:
    """The tokens of OpenAI's usage object, in the dialects of the providers that fill it differently."""
    given = first_whole(usage, ("prompt_tokens",), ("input_tokens",), ("prompt_eval_count",))
    output = first_whole(usage, ("completion_tokens",), ("output_tokens",), ("eval_count",))
    cached = first_whole(
        usage,
        ("prompt_tokens_details", "cached_tokens"),
        ("input_tokens_details", "cached_tokens"),
        ("prompt_cache_hit_tokens",),
    )
    written = first_whole(usage, ("prompt_tokens_details", "cache_write_tokens"), ("cache_creation_input_tokens",))
    reasoning = first_whole(
        usage,
        ("completion_tokens_details", "reasoning_tokens"),
        ("output_tokens_details", "reasoning_tokens"),
        ("reasoning_tokens",),
    )
    total = whole(usage, "total_tokens")
    return TokenUsage(
        input_tokens=given,
        cached_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=reasoning,
        output_tokens=whole_output(
            output, reasoning=reasoning, total=total, given=given, beside_input=(cached, written)
        ),
    )
