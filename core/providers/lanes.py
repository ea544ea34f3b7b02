"""Many requests at once over connections that each know nothing of the others.

The usual pool looks at every connection, with two system calls for each idle one, whenever a request begins and ends:
with a hundred of them that takes longer than all the rest of a streamed call. Here each connection is a pool of its
own, and the one that was used last is used next.
"""

import asyncio
from collections.abc import AsyncIterator

import httpx2


class Lanes(httpx2.AsyncBaseTransport):
    """Connections to one place, ``most`` at most; a request beyond them waits for one. For use in one event loop."""

    def __init__(self, *, most: int, kept_open_s: float, trust_env: bool) -> None:
        self._certificates = httpx2.create_ssl_context(trust_env=trust_env)
        self._limits = httpx2.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=kept_open_s)
        self._room = asyncio.Semaphore(most)
        self._idle: list[httpx2.AsyncHTTPTransport] = []
        self._all: list[httpx2.AsyncHTTPTransport] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send ``request`` over an idle connection, or a new one."""
        await self._room.acquire()
        lane = self._idle.pop() if self._idle else self._another()
        try:
            response = await lane.handle_async_request(request)
            assert isinstance(response.stream, httpx2.AsyncByteStream)
            response.stream = _Stream(self, lane, response.stream)
        except BaseException:
            self.give_back(lane)
            raise
        return response

    def give_back(self, lane: httpx2.AsyncHTTPTransport) -> None:
        """The connection carries no request any more."""
        self._idle.append(lane)
        self._room.release()

    async def aclose(self) -> None:
        """Close every connection."""
        for lane in self._all:
            await lane.aclose()

    def _another(self) -> httpx2.AsyncHTTPTransport:
        lane = httpx2.AsyncHTTPTransport(verify=self._certificates, limits=self._limits)
        self._all.append(lane)
        return lane


class _Stream(httpx2.AsyncByteStream):
    """A response's bytes; its connection is given back when it is closed."""

    def __init__(self, lanes: Lanes, lane: httpx2.AsyncHTTPTransport, stream: httpx2.AsyncByteStream) -> None:
        self._lanes, self._stream = lanes, stream
        self._lane: httpx2.AsyncHTTPTransport | None = lane

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._stream:
            yield part

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            if self._lane is not None:
                self._lanes.give_back(self._lane)
                self._lane = None
