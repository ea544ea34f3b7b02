"""How much an endpoint may send, so that none fills memory: bounds on what it answers, packed or not."""

from collections.abc import AsyncIterator
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2

MOST_OF_AN_ANSWER = 256 * 2**20  # bytes of a stream, frames and all: none of it is kept but its words
MOST_EVENTS = 250_000  # pieces of a stream, of which the longest answers have one a token
MOST_OF_AN_EVENT = 2 * 2**20  # bytes up to a blank line, which are kept until it comes
MOST_OF_AN_ERROR = 256 * 2**10  # bytes of a refusal's body
_READ = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})


class TooMuch(Exception):
    """An endpoint sends more than an answer is; the message says of what."""


async def keep_in_bounds(response: "httpx2.Response") -> None:
    """Let ``response`` be read no further than the bounds: a hook of an HTTP client, called when its head is there.

    One packing is undone, a piece at a time; what is packed twice can grow a million times over. Raises TooMuch.
    """
    packing = str(response.headers.get("content-encoding", "")).strip().lower()
    if packing not in _READ:
        raise TooMuch(f"an answer packed as '{packing[:40]}', which nobody asked for")
    response.stream = _bounded_stream()(response.stream, packing, is_error=response.status_code >= 300)
    response.headers.pop("content-encoding", None)


@cache
def _bounded_stream() -> Any:
    """The class of bounded streams; made when it is first wanted, for the HTTP client loads late."""
    import httpx2

    class Bounded(httpx2.AsyncByteStream):
        """Who goes on reading goes on where the last one stopped."""

        def __init__(self, stream: Any, packing: str, *, is_error: bool) -> None:
            self._stream, self._pieces = stream, _pieces(stream, packing, is_error=is_error)

        def __aiter__(self) -> AsyncIterator[bytes]:
            return self._pieces

        async def aclose(self) -> None:
            await self._stream.aclose()

    return Bounded


async def _pieces(stream: Any, packing: str, *, is_error: bool) -> AsyncIterator[bytes]:
    import httpx2

    most, what = (MOST_OF_AN_ERROR, "an error") if is_error else (MOST_OF_AN_ANSWER, "an answer")
    arrived, events = 0, _Events()
    unpacked = httpx2.Response(200, headers={"content-encoding": packing} if packing else {}, stream=stream)
    async for piece in unpacked.aiter_bytes():
        arrived += len(piece)
        if arrived > most:
            raise TooMuch(f"more than {most // 1024:,} KiB of {what}")
        events.take(piece)
        yield piece


class _Events:
    """How many events have come, and how many bytes since the last one ended with a blank line."""

    def __init__(self) -> None:
        self._count, self._size, self._last = 0, 0, b""

    def take(self, piece: bytes) -> None:
        if piece.endswith(b"\n\n"):  # whole events, as they nearly always come
            self._count, self._size, self._last = self._count + piece.count(b"\n\n"), 0, b""
        else:
            self._take_part(piece)
        if self._size > MOST_OF_AN_EVENT:
            raise TooMuch(f"more than {MOST_OF_AN_EVENT // 1024:,} KiB in one piece of an answer")
        if self._count > MOST_EVENTS:
            raise TooMuch(f"more than {MOST_EVENTS:,} pieces of an answer")

    def _take_part(self, piece: bytes) -> None:
        seen = self._last + piece
        self._last = seen[-2:]
        end = seen.rfind(b"\n\n")
        self._count += seen.count(b"\n\n")
        if b"\r" in seen:
            end = max(end, seen.rfind(b"\n\r\n"), seen.rfind(b"\r\r"))
            self._count += seen.count(b"\n\r\n") + seen.count(b"\r\r")
        self._size = self._size + len(piece) if end < 0 else len(seen) - end
