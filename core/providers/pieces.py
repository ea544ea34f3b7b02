"""A text that arrives in pieces, and when each part of it did."""

from array import array
from bisect import bisect_right

_PIECES_AT_ONCE = 1024
_MOST_MOMENTS = 2048


class Piecemeal:
    """A text that arrives in pieces. Many small ones are joined now and then: each takes 50 bytes and more."""

    __slots__ = ("_joined", "_pieces", "length")

    def __init__(self) -> None:
        self._joined: list[str] = []
        self._pieces: list[str] = []
        self.length = 0

    def add(self, piece: str) -> None:
        """One more piece."""
        self._pieces.append(piece)
        self.length += len(piece)
        if len(self._pieces) >= _PIECES_AT_ONCE:
            self._joined.append("".join(self._pieces))
            self._pieces = []

    def __str__(self) -> str:
        return "".join([*self._joined, *self._pieces])


class Moments:
    """When the text was how long: every piece's beginning, every second one's once there are many, and so on."""

    __slots__ = ("_every", "_offsets", "_seen", "_times")

    def __init__(self) -> None:
        self._offsets, self._times = array("q"), array("d")
        self._every, self._seen = 1, 0

    def note(self, offset: int, time: float) -> None:
        """The piece that begins at ``offset`` arrives now."""
        if self._seen % self._every == 0:
            if len(self._offsets) >= _MOST_MOMENTS:
                self._offsets, self._times = self._offsets[::2], self._times[::2]
                self._every *= 2
            self._offsets.append(offset)
            self._times.append(time)
        self._seen += 1

    def at(self, offset: int) -> float | None:
        """When what stands at ``offset`` had arrived; a little early in a long text."""
        found = bisect_right(self._offsets, offset) - 1
        return self._times[found] if found >= 0 else None
