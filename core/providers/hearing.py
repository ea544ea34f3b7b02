"""What has arrived of an answer so far, and the stopwatch."""

from collections.abc import Mapping
from contextvars import ContextVar
from time import perf_counter
from typing import Any
from weakref import WeakSet

from core import clock
from core.domain.answering import FaultKind, FinishReason, Timings, TokenUsage
from core.domain.storable_text import storable
from core.providers.base import Completion, ProviderFault, RateLimits
from core.providers.bounds import TooMuch
from core.providers.limits import rate_limits
from core.settings import without_secrets

MOST_CHARACTERS = 4_000_000  # of one answer and its thoughts, several times what any model can write
LONGEST_NAME = 400  # characters of a model's name and of a fingerprint
MOST_TOKENS = 20_000_000  # more than any model reads or writes; a sum over many turns can still be stored
_PIECES_AT_ONCE = 1024


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


class Hearing:
    """What has arrived of one answer. Adapters fill it chunk by chunk; times are of ``perf_counter``, in seconds."""

    __slots__ = (
        "answered_by",
        "fingerprint",
        "finish_reason",
        "finished",
        "first_byte",
        "first_token",
        "first_visible",
        "is_warm",
        "limits",
        "refuses",
        "started",
        "texts",
        "thoughts",
        "usage",
    )

    def __init__(self) -> None:
        self.started = perf_counter()
        self.first_byte: float | None = None
        self.first_token: float | None = None
        self.first_visible: float | None = None
        self.finished: float | None = None
        self.texts, self.thoughts = Piecemeal(), Piecemeal()
        self.refuses = False
        self.finish_reason: FinishReason | None = None
        self.usage: TokenUsage | None = None
        self.answered_by: str | None = None
        self.fingerprint: str | None = None
        self.is_warm: bool | None = None
        self.limits: RateLimits | None = None

    def headers(self, response: Any, open_connections: "WeakSet[Any]") -> None:
        """Note a response's head: its moment, the limits it tells, and whether its connection was used before."""
        if self.first_byte is None:
            self.first_byte = perf_counter()
        self.limits = rate_limits(response.headers.raw, now=clock.now())
        connection = response.extensions.get("network_stream")
        if connection is not None:
            self.is_warm = connection in open_connections
            open_connections.add(connection)

    def token(self) -> None:
        """A piece of any channel arrives."""
        if self.first_token is None:
            self.first_token = perf_counter()

    def say(self, text: str) -> None:
        """A piece of the answer arrives."""
        if self.first_visible is None:
            self.first_visible = perf_counter()
            if self.first_token is None:
                self.first_token = self.first_visible
        self._add(self.texts, text)

    def think(self, text: str) -> None:
        """A piece of what the model thinks aloud arrives."""
        if self.first_token is None:
            self.first_token = perf_counter()
        self._add(self.thoughts, text)

    def _add(self, to: Piecemeal, piece: str) -> None:
        if not isinstance(piece, str):
            raise TypeError("a piece of an answer is no text")
        to.add(piece)
        if self.texts.length + self.thoughts.length > MOST_CHARACTERS:
            raise TooMuch(f"more than {MOST_CHARACTERS:,} characters of an answer")

    def finish(self, reason: FinishReason) -> None:
        """The stream says why the answer ends."""
        self.finish_reason, self.finished = reason, perf_counter()

    def timings(self, ended: float) -> Timings:
        """Milliseconds since the start."""
        start = self.started
        return Timings(
            latency_ms=1000 * (ended - start),
            first_byte_ms=_since(start, self.first_byte),
            first_token_ms=_since(start, self.first_token),
            first_visible_ms=_since(start, self.first_visible),
        )

    def completion(self, ended: float) -> Completion:
        """The whole answer; it must have a finish reason."""
        text, reasoning, answered_by, fingerprint = self._without_secrets()
        return Completion(
            text=text,
            finish_reason=self.finish_reason or FinishReason.TRUNCATED,
            timings=self.timings(ended),
            usage=self.usage,
            reasoning=reasoning,
            answered_by=answered_by or None,
            fingerprint=fingerprint or None,
            is_warm=self.is_warm,
            limits=self.limits,
        )

    def fault(
        self, kind: FaultKind, message: str, *, http_status: int | None = None, retry_after_s: float | None = None
    ) -> ProviderFault:
        """The fault, with everything that had arrived before it."""
        text, reasoning, answered_by, _ = self._without_secrets()
        return ProviderFault(
            kind,
            message,
            timings=self.timings(perf_counter()),
            http_status=http_status,
            retry_after_s=retry_after_s,
            text=text,
            reasoning=reasoning,
            usage=self.usage,
            answered_by=answered_by or None,
            is_warm=self.is_warm,
            limits=self.limits,
        )

    def _without_secrets(self) -> tuple[str, str, str, str]:
        """Text, reasoning, model and fingerprint. An endpoint may send back the key it was asked with, even as text."""
        heard = (
            storable(str(self.texts)),
            storable(str(self.thoughts)),
            _name(self.answered_by),
            _name(self.fingerprint),
        )
        whole = "\n".join(heard)
        if without_secrets(whole) == whole:
            return heard
        text, reasoning, answered_by, fingerprint = (without_secrets(part) for part in heard)
        return text, reasoning, answered_by, fingerprint


_CURRENT: ContextVar[Hearing | None] = ContextVar("hearing", default=None)


async def sending(request: object) -> None:  # noqa: ARG001 (the signature of an HTTP client's hook)
    """Start the stopwatch anew, the request being about to go: what the SDK did before is not the endpoint's time."""
    hearing = _CURRENT.get()
    if hearing is not None:
        hearing.started = perf_counter()


def begin() -> Hearing:
    """A new hearing: the one whose stopwatch ``sending`` starts, in this task."""
    hearing = Hearing()
    _CURRENT.set(hearing)
    return hearing


def whole(usage: Mapping[str, Any], *path: str) -> int | None:
    """The count at ``path`` of a usage object, None where it or anything on the way is missing, or it is no count."""
    found: Any = usage
    for name in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found if type(found) is int and 0 <= found <= MOST_TOKENS else None


def _name(told: object) -> str:
    return storable(told[:LONGEST_NAME]) if isinstance(told, str) else ""


def _since(start: float, moment: float | None) -> float | None:
    return None if moment is None else 1000 * (moment - start)
