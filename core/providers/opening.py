"""Opens the adapter that speaks an endpoint's protocol. Each imports its SDK only when it first sends."""

import logging
from importlib import import_module

from core.providers.base import Endpoint, Provider

# At DEBUG these log whole requests and the headers of responses, in which a key may stand.
_TALKATIVE = ("openai", "anthropic", "httpx2", "httpcore2")
_OF_EVERY_REQUEST = ("httpx2", "httpcore2", "anyio")


def open_provider(endpoint: Endpoint) -> Provider:
    """A connection to ``endpoint.place``, for every endpoint of that place. Cheap: nothing is sent or started yet."""
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.INFO))
    match endpoint.api:
        case "openai":
            from core.providers.openai_compatible import OpenAICompatible

            return OpenAICompatible(endpoint)
        case "anthropic":
            from core.providers.anthropic_messages import AnthropicMessages

            return AnthropicMessages(endpoint)
        case "local":
            from core.providers.local import LocalProvider

            return LocalProvider()


def load_sdk(endpoint: Endpoint) -> None:
    """Import what the first request to ``endpoint`` would import, for whoever counts its milliseconds."""
    match endpoint.api:
        case "openai":
            import_module("openai.resources.chat.completions")
            import_module("core.providers.openai_compatible")
        case "anthropic":
            import_module("anthropic.resources.messages")
            import_module("core.providers.anthropic_messages")
    for name in _OF_EVERY_REQUEST:
        import_module(name)
