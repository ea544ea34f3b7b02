"""Where an OpenAI-compatible endpoint differs from the protocol's standard: each difference named, and met, here."""

from enum import StrEnum
from typing import Any

from core.providers.base import ChatRequest, Endpoint
from core.providers.keys import filled


class Quirk(StrEnum):
    """One difference.

    MAX_COMPLETION_TOKENS: the limit goes by that name (OpenAI's newer models refuse ``max_tokens``).
    NO_STREAM_OPTIONS: the field is refused; usage comes with the last chunk all the same.
    RANDOM_SEED: the seed is called ``random_seed``. NO_SEED: a seed is refused, so none is sent.
    PORTKEY_KEY: the key goes into ``x-portkey-api-key``, Authorization being the model provider's own.
    NO_PROMPT_CACHE: llama.cpp must not reuse the last prompt, or a latency depends on what was asked before.
    NO_KEEP_ALIVE: it closes a connection after a stream though it promises not to, which would break the next request.
    """

    MAX_COMPLETION_TOKENS = "max_completion_tokens"
    NO_STREAM_OPTIONS = "no_stream_options"
    RANDOM_SEED = "random_seed"
    NO_SEED = "no_seed"
    PORTKEY_KEY = "portkey_key"
    NO_PROMPT_CACHE = "no_prompt_cache"
    NO_KEEP_ALIVE = "no_keep_alive"


def chat_body(endpoint: Endpoint, request: ChatRequest) -> dict[str, Any]:
    """The JSON of a streamed chat request as this endpoint wants it; ``request.extra`` adds fields of its own."""
    quirks = endpoint.quirks
    body: dict[str, Any] = {
        **filled(request.extra, endpoint.variables),
        "model": endpoint.model,
        "messages": [dict(message) for message in request.messages],
        "stream": True,
    }
    if Quirk.NO_STREAM_OPTIONS not in quirks:
        body["stream_options"] = {"include_usage": True}
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.max_tokens is not None:
        name = "max_completion_tokens" if Quirk.MAX_COMPLETION_TOKENS in quirks else "max_tokens"
        body[name] = request.max_tokens
    if request.seed is not None and Quirk.NO_SEED not in quirks:
        body["random_seed" if Quirk.RANDOM_SEED in quirks else "seed"] = request.seed
    if Quirk.NO_PROMPT_CACHE in quirks:
        body["cache_prompt"] = False
    return body


def key_headers(endpoint: Endpoint, key: str | None) -> dict[str, str | None]:
    """The headers that carry the key; None for one that must not be sent."""
    if Quirk.PORTKEY_KEY in endpoint.quirks:
        return {"Authorization": None, "x-portkey-api-key": key}
    return {"Authorization": None if key is None else f"Bearer {key}"}


def connection_headers(endpoint: Endpoint) -> dict[str, str | None]:
    """The headers about the connection itself, for either protocol."""
    return {"Connection": "close"} if Quirk.NO_KEEP_ALIVE in endpoint.quirks else {}
