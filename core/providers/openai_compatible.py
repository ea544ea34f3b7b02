"""OpenAI's chat completions, at any base URL: always streamed, no retries of the SDK's own.

Chunks are read as plain objects rather than as the SDK's models: that costs a fraction of the time a chunk, and fields
of other providers (``reasoning_content``, ``x_groq`` …) are simply there.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.domain.answering import FinishReason, TokenUsage
from core.providers.attempting import attempt
from core.providers.authorising import headers_of, key_of
from core.providers.base import ChatRequest, Completion, Endpoint
from core.providers.faults import StreamError
from core.providers.hearing import Hearing, whole
from core.providers.quirks import chat_body, connection_headers, key_headers, output_tokens
from core.providers.wire import Lanes

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

_FINISH = {
    "stop": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
    "refusal": FinishReason.REFUSAL,
    "tool_calls": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
}
_FAILED = frozenset({"error", "abort", "insufficient_system_resource"})


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
                await self._listen(client, body, headers, endpoint, hearing)

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
        endpoint: Endpoint,
        hearing: Hearing,
    ) -> None:
        import openai

        async with self._lanes.stream(openai, client, "/chat/completions", body, headers, hearing) as chunks:
            async for chunk in chunks:
                _hear(chunk, hearing, endpoint.quirks)


def _hear(chunk: Any, hearing: Hearing, quirks: frozenset[str]) -> None:
    """Take in one chunk. Raises StreamError for one that reports a fault."""
    for choice in chunk.get("choices") or ():
        delta = choice.get("delta")
        if delta:
            content = delta.get("content")
            if content:
                _hear_content(content, hearing)
            thought = delta.get("reasoning_content") or delta.get("reasoning")
            if thought:
                hearing.think(thought)
            if delta.get("refusal"):
                hearing.refuses = True
                hearing.say(delta["refusal"])
            if delta.get("tool_calls"):
                hearing.token()
        reason = choice.get("finish_reason")
        if reason:
            _hear_finish(reason, chunk, hearing)
    if hearing.answered_by is None:
        hearing.answered_by = chunk.get("model")
    if hearing.fingerprint is None:
        hearing.fingerprint = chunk.get("system_fingerprint")
    usage = chunk.get("usage") or (chunk.get("x_groq") or {}).get("usage")
    if usage:
        hearing.usage = usage_of(usage, quirks)
    elif chunk.get("error"):
        raise StreamError(chunk["error"])


def _hear_content(content: Any, hearing: Hearing) -> None:
    """A text, or Mistral's list of parts of which some are thoughts."""
    if isinstance(content, str):
        hearing.say(content)
        return
    for part in content:
        if part.get("type") == "thinking":
            for thought in part.get("thinking") or ():
                hearing.think(thought.get("text") or "")
        elif part.get("text"):
            hearing.say(part["text"])


def _hear_finish(reason: str, chunk: Mapping[str, Any], hearing: Hearing) -> None:
    if reason in _FAILED:
        raise StreamError(chunk.get("error") or {"code": reason, "message": f"the answer ended with '{reason}'"})
    known = FinishReason.CONTENT_FILTER if reason.startswith("content_filter") else _FINISH.get(reason)
    is_refusal = hearing.refuses and known is FinishReason.STOP
    hearing.finish(FinishReason.REFUSAL if is_refusal else known or FinishReason.OTHER)


def usage_of(usage: Mapping[str, Any], quirks: frozenset[str] = frozenset()) -> TokenUsage:
    """The tokens of OpenAI's usage object, in the dialects of the providers that fill it differently."""
    cached = whole(usage, "prompt_tokens_details", "cached_tokens")
    written = whole(usage, "prompt_tokens_details", "cache_write_tokens")
    given, output = whole(usage, "prompt_tokens"), whole(usage, "completion_tokens")
    return TokenUsage(
        input_tokens=given,
        cached_tokens=whole(usage, "prompt_cache_hit_tokens") if cached is None else cached,
        cache_write_tokens=whole(usage, "cache_creation_input_tokens") if written is None else written,
        reasoning_tokens=whole(usage, "completion_tokens_details", "reasoning_tokens"),
        output_tokens=output_tokens(output, whole(usage, "total_tokens"), given, quirks),
    )
