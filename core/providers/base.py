"""What every provider is: an endpoint to ask, a request, and a completion or a fault that comes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from core.domain.answering import FaultKind, FinishReason, Timings, TokenUsage
from core.domain.storable_text import storable
from core.errors import EvenhandError

Api = Literal["openai", "anthropic", "local"]
Message = Mapping[str, str]


@dataclass(frozen=True)
class Endpoint:
    """Where a model is asked."""

    provider: str
    """The preset's name as the candidate gives it, for prices and for people."""
    api: Api
    model: str
    base_url: str | None = None
    api_key_env: str | None = None
    """The name of the variable that holds the key, never the key."""
    quirks: frozenset[str] = frozenset()
    """Names of what differs from the protocol's standard, known to presets and adapters alone."""
    is_key_optional: bool = False
    """It is asked without a key where the variable is not set."""
    headers: tuple[tuple[str, str], ...] = ()
    """Further ones, as the candidate writes them."""
    variables: tuple[str, ...] = ()
    """Every variable whose content is sent."""

    @property
    def most_at_once(self) -> int | None:
        """How many requests it works on at the same time, more would only queue inside it; None: unknown, many."""
        return 1 if self.api == "local" else None

    @property
    def place(self) -> tuple[str, str | None, str | None]:
        """What shares a connection pool and a rate limit: the protocol, the address and the key's name."""
        return (self.api, self.base_url, self.api_key_env)


@dataclass(frozen=True)
class ChatRequest:
    """One question: ``messages`` with roles system, user, assistant. None leaves the choice to the provider."""

    messages: Sequence[Message]
    max_tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RateLimits:
    """What the endpoint says of its limits; None where it says nothing."""

    remaining_requests: int | None = None
    reset_s: float | None = None
    """Until what is used up is full again; until all is, where something remains of all."""
    is_used_up: bool = False
    """Nothing remains of something that it counts: requests, tokens …"""

    @property
    def wait_s(self) -> float | None:
        """How long nothing more can be asked; None where it can, or where that is not told."""
        return self.reset_s if self.is_used_up or self.remaining_requests == 0 else None


@dataclass(frozen=True)
class Completion:
    """A whole answer. ``text`` is what a user sees, ``reasoning`` what the model thought aloud before.

    Every text in it can be stored, whichever provider it comes from.
    """

    text: str
    finish_reason: FinishReason
    timings: Timings
    usage: TokenUsage | None = None
    reasoning: str = ""
    answered_by: str | None = None
    """The model's name as the response gives it."""
    fingerprint: str | None = None
    is_warm: bool | None = None
    """Whether the connection was open already."""
    limits: RateLimits | None = None

    def __post_init__(self) -> None:
        for name in ("text", "reasoning", "answered_by", "fingerprint"):
            object.__setattr__(self, name, _kept(getattr(self, name)))


class ProviderFault(EvenhandError):
    """An attempt that brought no whole answer. ``text``: what had arrived of it; no message ever holds a key.

    Like those of a Completion, its texts can be stored.
    """

    def __init__(
        self,
        kind: FaultKind,
        message: str,
        *,
        timings: Timings,
        http_status: int | None = None,
        retry_after_s: float | None = None,
        text: str = "",
        reasoning: str = "",
        usage: TokenUsage | None = None,
        answered_by: str | None = None,
        is_warm: bool | None = None,
        limits: RateLimits | None = None,
    ) -> None:
        super().__init__(storable(message))
        self.kind, self.timings = kind, timings
        self.http_status, self.retry_after_s = http_status, retry_after_s
        self.text, self.reasoning, self.usage = storable(text), storable(reasoning), usage
        self.answered_by, self.is_warm, self.limits = _kept(answered_by), is_warm, limits


class Provider(Protocol):
    """A connection to one place (see Endpoint.place), for any number of requests at once, in one event loop."""

    async def complete(self, endpoint: Endpoint, request: ChatRequest, *, timeout_s: float) -> Completion:
        """One attempt, streamed. Raises ProviderFault, and nothing else but cancellation."""
        ...

    async def close(self) -> None:
        """Let go of its connections (and of a server that it started)."""
        ...


def _kept(text: str | None) -> str | None:
    return None if text is None else storable(text)


@dataclass(frozen=True)
class Preset:
    """A provider known by ``name``.

    ``more_hosts``, ``more_variables``: others of the provider's own.
    """

    name: str
    title: str
    api: Api
    base_url: str | None
    api_key_env: str | None
    """The variable that usually holds its key, None where none is needed."""
    price_provider: str | None = None
    """Its id in genai-prices, None where that cannot know (a gateway's own prices, a model of one's own)."""
    quirks: frozenset[str] = frozenset()
    is_self_hosted: bool = False
    """The base URL is only the usual one on the same machine, or there is none, and whether a key is wanted is up to
    whoever runs it."""
    docs: str = ""
    more_hosts: tuple[str, ...] = ()
    more_variables: tuple[str, ...] = ()
    is_openai_below_v1: bool = False
    """It speaks OpenAI's API, too: at an address that ends in /v1."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The provider's own hosts."""
        return tuple(filter(None, (urlsplit(self.base_url or "").hostname, *self.more_hosts)))

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that are the provider's own."""
        return tuple(filter(None, (self.api_key_env, *self.more_variables)))
