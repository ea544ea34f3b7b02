"""Anthropic's Messages API, at any base URL: always streamed, no retries of the SDK's own.

Two differences from OpenAI's chat are met here. System messages go into a field of their own. And ``max_tokens`` is
required: where a candidate names none, DEFAULT_MAX_TOKENS is sent, which every Claude model accepts. There is no
seed; one that is given is not sent.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.domain.answering import TokenUsage
from core.providers.attempting import attempt
from core.providers.authorising import headers_of, key_of
from core.providers.base import ChatRequest, Completion, Endpoint
from core.providers.counts import whole
from core.providers.hearing import Hearing
from core.providers.keys import filled
from core.providers.listening import hear_content, hear_finish, listen
from core.providers.quirks import connection_headers
from core.providers.wire import Lanes

if TYPE_CHECKING:
    import httpx2
    from anthropic import AsyncAnthropic

DEFAULT_MAX_TOKENS = 4096

_COUNTED = (
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "output_tokens",
    "output_tokens_details",
)
_VERSION = "2023-06-01"
_OWN_HOST = "api.anthropic.com"


class AnthropicMessages:
    """A connection to one place that speaks the Messages API; opened by its first request, in one loop."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._base_url = endpoint.base_url
        self._lanes = Lanes(endpoint.base_url, self._client_over)

    async def complete(self, endpoint: Endpoint, request: ChatRequest, *, timeout_s: float) -> Completion:
        """See Provider.complete."""
        headers = {"anthropic-version": _VERSION} | self._key_headers(key_of(endpoint)) | headers_of(endpoint)
        headers |= connection_headers(endpoint)
        body = messages_body(endpoint, request)

        with self._lanes.room() as client:

            async def listen(hearing: Hearing) -> None:
                await self._listen(client, body, headers, hearing)

            return await attempt(endpoint, listen, timeout_s=timeout_s)

    async def close(self) -> None:
        """See Provider.close."""
        await self._lanes.close()

    def _client_over(self, http_client: "httpx2.AsyncClient") -> "AsyncAnthropic":
        from anthropic import AsyncAnthropic

        key = "sent with each request"
        return AsyncAnthropic(
            base_url=self._base_url, api_key=key, max_retries=0, http_client=http_client, open_telemetry=False
        )

    def _key_headers(self, key: str | None) -> dict[str, str | None]:
        """Both ways to send a key: others that speak this API know ``x-api-key`` alone."""
        bearer = None if key is None else f"Bearer {key}"
        if urlsplit(self._base_url or "").hostname == _OWN_HOST or key is None:
            return {"Authorization": bearer}
        return {"Authorization": bearer, "x-api-key": key}

    async def _listen(
        self, client: "AsyncAnthropic", body: Mapping[str, Any], headers: Mapping[str, str | None], hearing: Hearing
    ) -> None:
        import anthropic

        usage: dict[str, Any] = {}
        async with self._lanes.stream(anthropic, client, "/v1/messages", body, headers, hearing) as told:
            await listen(told, hearing, lambda event, name: hear(event, name, hearing, usage))


def messages_body(endpoint: Endpoint, request: ChatRequest) -> dict[str, Any]:
    """The JSON of a streamed Messages request; ``request.extra`` adds fields of its own."""
    system = [message["content"] for message in request.messages if message["role"] == "system"]
    body: dict[str, Any] = {
        **filled(request.extra, endpoint.variables),
        "model": endpoint.model,
        "messages": [dict(message) for message in request.messages if message["role"] != "system"],
        "max_tokens": request.max_tokens or DEFAULT_MAX_TOKENS,
        "stream": True,
    }
    if system:
        body["system"] = "\n\n".join(system)
    if request.temperature is not None:
        body["temperature"] = request.temperature
    return body


def hear(event: Mapping[str, Any], name: str, hearing: Hearing, usage: dict[str, Any]) -> None:
    """Take in one event of that ``name``, or a whole message; what it says of tokens is merged into ``usage``."""
    match event.get("type") or name:
        case "content_block_delta":
            _hear_delta(event.get("delta"), hearing)
        case "content_block_start":
            hear_content(event.get("content_block"), hearing)
        case "message_start":
            _hear_message(event.get("message"), hearing, usage, is_all=False)
        case "message_delta":
            _count(event.get("usage"), hearing, usage)
            _hear_finish(event, hearing)
        case "message_stop":
            hearing.end()
        case "message":
            _hear_message(event, hearing, usage, is_all=True)


def _hear_message(message: object, hearing: Hearing, usage: dict[str, Any], *, is_all: bool) -> None:
    """A whole message, or the frame of one whose content follows."""
    if not isinstance(message, Mapping):
        return
    hearing.answered_by = message.get("model")
    told = message.get("usage")
    if isinstance(told, Mapping):
        # The output counted at the start is that of the first token alone: it is not known before the last event.
        _count(told if is_all else {**told, "output_tokens": None}, hearing, usage)
    if is_all:
        hearing.is_whole = not hearing.has_begun
        hear_content(message.get("content"), hearing)
        _hear_finish(message, hearing)


def _hear_finish(told: Mapping[str, Any], hearing: Hearing) -> None:
    delta = told.get("delta")
    reason = delta.get("stop_reason") if isinstance(delta, Mapping) else None
    hear_finish(reason or told.get("stop_reason"), hearing)


def _hear_delta(delta: object, hearing: Hearing) -> None:
    if isinstance(delta, Mapping) and not delta.get("text") and not delta.get("thinking"):
        if delta.get("type") != "text_delta":
            hearing.token()
    else:
        hear_content(delta, hearing)


def _count(told: object, hearing: Hearing, usage: dict[str, Any]) -> None:
    """Merge what is told of tokens into ``usage``: later counts over earlier ones, save for zeros."""
    if isinstance(told, Mapping):
        usage.update(
            {name: told[name] for name in _COUNTED if told.get(name) or (name in told and not usage.get(name))}
        )
        counted = usage_of(usage)
        if counted is not None:
            hearing.count(counted)


def usage_of(usage: Mapping[str, Any]) -> TokenUsage | None:
    """The tokens of Anthropic's usage object, whose ``input_tokens`` leave out what a cache gave or took."""
    if not usage:
        return None
    cached, written = whole(usage, "cache_read_input_tokens"), whole(usage, "cache_creation_input_tokens")
    fresh = whole(usage, "input_tokens")
    if fresh is None and usage.get("output_tokens") is None and cached is None and written is None:
        return None
    return TokenUsage(
        input_tokens=None if fresh is None else fresh + (cached or 0) + (written or 0),
        cached_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=whole(usage, "output_tokens_details", "thinking_tokens"),
        output_tokens=whole(usage, "output_tokens"),
    )
