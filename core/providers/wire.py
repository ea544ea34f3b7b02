"""The HTTP clients that both adapters send through: one place, room for any number of streams at once."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import ModuleType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from weakref import WeakSet

from core.providers.bounds import keep_in_bounds
from core.providers.events import Told, events
from core.providers.fields import is_loopback
from core.providers.hearing import Hearing, sending

if TYPE_CHECKING:
    import ssl

    import httpx2

STREAMS_A_LANE = 64
CONNECT_WITHIN_S = 10.0
KEPT_OPEN_S = 30.0

_OF_THE_MESSAGE = ("Host", "Content-Length", "Transfer-Encoding")
_ALWAYS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "keep-alive",
    "Content-Type": "application/json",
    "User-Agent": "Evenhand",
}
_MEANT: ContextVar[Mapping[str, str]] = ContextVar("meant", default={})  # noqa: B039


async def as_meant(request: "httpx2.Request") -> None:
    """Send the headers that the adapter gave and no others: a hook of an HTTP client.

    The SDKs add some of their own, out of the environment too (organisations, projects, whole sets of headers).
    """
    import httpx2

    needed = {name: request.headers[name] for name in _OF_THE_MESSAGE if name in request.headers}
    request.headers = httpx2.Headers({**needed, **_ALWAYS})
    request.headers.update(_MEANT.get())


class Client(Protocol):
    """What an SDK's client can do for us."""

    @property
    def post(self) -> Callable[..., Any]:
        """Send a body to a path below the base URL."""
        ...

    async def close(self) -> None:
        """Let go of its connections."""
        ...


SdkClient = TypeVar("SdkClient", bound=Client)


@dataclass
class Lane(Generic[SdkClient]):
    """One SDK client with a connection pool of its own, and how many streams run through it."""

    client: SdkClient
    streams: int = 0


class Lanes(Generic[SdkClient]):
    """The clients of one place; each carries at most STREAMS_A_LANE streams, one more is opened when all are full.

    A connection pool goes over all its connections at each request and each end of one: with 512 connections in a
    single pool that is half of all the work. The first lane with room is taken, so that few streams keep their
    connections warm. ``connections``: every connection that has answered and is still there.
    """

    def __init__(self, base_url: str | None, client_over: Callable[["httpx2.AsyncClient"], SdkClient]) -> None:
        self._base_url = base_url
        self._client_over = client_over
        self._lanes: list[Lane[SdkClient]] = []
        self.connections: WeakSet[Any] = WeakSet()

    @contextmanager
    def room(self) -> Iterator[SdkClient]:
        """A client with room for one more stream, which is kept for it meanwhile."""
        lane = self._free()
        lane.streams += 1
        try:
            yield lane.client
        finally:
            lane.streams -= 1

    @asynccontextmanager
    async def stream(
        self,
        sdk: ModuleType,
        client: SdkClient,
        path: str,
        body: Mapping[str, Any],
        headers: Mapping[str, str | None],
        hearing: Hearing,
    ) -> AsyncIterator[AsyncIterator[Told]]:
        """What ``path`` answers to ``body``, event by event; ``hearing`` is told the answer's headers.

        The SDK sends; the answer is read by ``events``, alike for both protocols and in every form. Of ``headers``
        those that are None are left out. Raises what ``sdk``, its HTTP client and ``events`` raise, and TooMuch.
        """
        _MEANT.set({name: content for name, content in headers.items() if content is not None})
        try:
            stream = await client.post(
                path,
                body=body,
                cast_to=object,
                stream=True,
                stream_cls=sdk.AsyncStream[object],
            )
        except sdk.APIStatusError as error:
            hearing.headers(error.response, self.connections)
            raise
        hearing.headers(stream.response, self.connections)
        try:
            async with aclosing(events(stream.response.aiter_bytes())) as told:
                yield told
        finally:
            await stream.close()

    async def close(self) -> None:
        """Close every client; the next request opens a new one."""
        lanes, self._lanes = self._lanes, []
        for lane in lanes:
            await lane.client.close()

    def _free(self) -> Lane[SdkClient]:
        for lane in self._lanes:
            if lane.streams < STREAMS_A_LANE:
                return lane
        self._lanes.append(Lane(self._client_over(self._http_client())))
        return self._lanes[-1]

    def _http_client(self) -> "httpx2.AsyncClient":
        """The attempt's own deadline bounds everything but the connecting.

        No redirect is followed, so that a key goes nowhere but to the host that it is meant for, no cookie is kept, and
        no proxy is asked for what lies on this machine.
        """
        import anyio
        import httpx2

        # Most of anyio loads when it is first used: here, or its 20 ms would count as the first answer's.
        anyio.get_current_task()
        _ = anyio.connect_tcp
        return httpx2.AsyncClient(
            verify=self._trust,
            timeout=httpx2.Timeout(None, connect=CONNECT_WITHIN_S),
            limits=httpx2.Limits(
                max_connections=None, max_keepalive_connections=STREAMS_A_LANE, keepalive_expiry=KEPT_OPEN_S
            ),
            trust_env=not is_loopback(self._base_url),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            event_hooks={"request": [as_meant, sending], "response": [keep_in_bounds]},
        )

    @cached_property
    def _trust(self) -> "ssl.SSLContext":
        """The certificates to trust, read once for all lanes: that takes longer than a request."""
        import httpx2

        return httpx2.create_ssl_context(trust_env=not is_loopback(self._base_url))
