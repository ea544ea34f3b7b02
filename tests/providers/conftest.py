"""Servers that the adapters are held against: llmock, one that answers by script, and a real model."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest
from llmock.pytest_plugin import LLMock
from llmock.testing import LLMockServer

from core.providers import open_provider
from core.providers.base import ChatRequest, Completion, Endpoint, ProviderFault
from core.providers.local import THE_MODEL
from tests.providers.dialects import Dialect
from tests.providers.scripted import ScriptedServer

QUESTION = ChatRequest([{"role": "user", "content": "Say something."}], max_tokens=64)


@pytest.fixture(params=["openai", "anthropic"])
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Each protocol in turn."""
    return Dialect(request.param)


@pytest.fixture(scope="session")
def script_server() -> Iterator[ScriptedServer]:
    """One server for the session."""
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def script(script_server: ScriptedServer) -> ScriptedServer:
    """The server that answers by script, with nothing received yet."""
    script_server.say()
    return script_server


@pytest.fixture
def mock(llmock_server: LLMockServer) -> LLMock:
    """llmock's own handle, without the environment variables that its ``llmock`` fixture sets."""
    return LLMock(llmock_server).reset()


@pytest.fixture(scope="session")
def model_url() -> Iterator[str]:
    """A real model: SmolLM2 on xllamacpp, loaded once."""
    pytest.importorskip("xllamacpp")
    yield THE_MODEL.borrow()
    THE_MODEL.give_back()


def ask(endpoint: Endpoint, request: ChatRequest = QUESTION, *, timeout_s: float = 10.0) -> Completion:
    """One attempt on a connection of its own."""
    return ask_all(endpoint, [request], timeout_s=timeout_s)[0]


def ask_all(endpoint: Endpoint, requests: Sequence[ChatRequest], *, timeout_s: float = 10.0) -> list[Completion]:
    """One attempt after the other on the same connection."""

    async def run() -> list[Completion]:
        provider = open_provider(endpoint)
        try:
            return [await provider.complete(endpoint, request, timeout_s=timeout_s) for request in requests]
        finally:
            await provider.close()

    return asyncio.run(run())


def fault_from(endpoint: Endpoint, request: ChatRequest = QUESTION, *, timeout_s: float = 10.0) -> ProviderFault:
    """The fault that an attempt must end in."""
    with pytest.raises(ProviderFault) as caught:
        ask(endpoint, request, timeout_s=timeout_s)
    return caught.value
