"""What has arrived of an answer so far, and the stopwatch."""

import asyncio
from contextvars import ContextVar
from time import perf_counter
from typing import Any
from weakref import WeakSet

from core import clock
from core.domain.answering import FaultKind, FinishReason, Timings, TokenUsage
from core.domain.storable_text import storable
from core.domain.thoughts import answer_begins_at, split_thoughts
from core.providers.base import Completion, ProviderFault, RateLimits
from core.providers.bounds import TooMuch
from core.providers.limits import rate_limits
from core.providers.pieces import Moments, Piecemeal
from core.settings import without_secrets

MOST_CHARACTERS = 4_000_000  # of one answer and its thoughts, several times what any model can write
LONGEST_NAME = 400  # characters of a model's name and of a fingerprint
_TOO_MANY_REQUESTS = 429
FOR_USAGE_S = 4.0  # after the last token, for the usage to come
FOR_THE_END_S = 1.0  # after all that is wanted, for the stream to end, so that its connection can be used again


class Hearing:
    """What has arrived of one answer. Adapters fill it chunk by chunk; times are of ``perf_counter``, in seconds."""

    __slots__ = (
        "_deadline",
        "_ends_at",
        "_moments",
        "answered_by",
        "choice",
        "fingerprint",
        "finish_reason",
        "finished",
        "first_byte",
        "first_token",
        "first_visible",
        "is_warm",
        "is_whole",
        "last_token",
        "limits",
        "refuses",
        "started",
        "texts",
        "thoughts",
        "usage",
    )

    def __init__(self, deadline: asyncio.Timeout | None = None) -> None:
        self.started = perf_counter()
        self.first_byte: float | None = None
        self.first_token: float | None = None
        self.first_visible: float | None = None
        self.last_token: float | None = None
        self.finished: float | None = None
        self.texts, self.thoughts = Piecemeal(), Piecemeal()
        self.refuses = False
        self.finish_reason: FinishReason | None = None
        self.usage: TokenUsage | None = None
        self.answered_by: str | None = None
        self.fingerprint: str | None = None
        self.choice: object = None
        """Which of several choices is heard: the first one's index."""
        self.is_warm: bool | None = None
        self.limits: RateLimits | None = None
        self.is_whole = False
        """It came in one piece, so that nobody knows when its first token was there."""
        self._moments = Moments()
        self._deadline = deadline
        self._ends_at = None if deadline is None else deadline.when()

    def headers(self, response: Any, open_connections: "WeakSet[Any]") -> None:
        """Note a response's head: its moment, the limits it tells, and whether its connection was used before."""
        if self.first_byte is None:
            self.first_byte = perf_counter()
        self.limits = rate_limits(
            response.headers.raw, now=clock.now(), is_refused=response.status_code == _TOO_MANY_REQUESTS
        )
        connection = response.extensions.get("network_stream")
        if connection is not None:
            self.is_warm = connection in open_connections
            open_connections.add(connection)

    @property
    def has_begun(self) -> bool:
        """Whether anything of the answer has arrived."""
        return self.last_token is not None

    def token(self) -> float:
        """A piece of any channel arrives; gives the moment."""
        now = self.last_token = perf_counter()
        if self.first_token is None:
            self.first_token = now
        if self.finished is not None:
            self._go_on()
        return now

    def say(self, text: str) -> None:
        """A piece of the answer arrives."""
        now = self.token()
        if self.first_visible is None:
            self.first_visible = now
        self._moments.note(self.texts.length, now)
        self._add(self.texts, text)

    def think(self, text: str) -> None:
        """A piece of what the model thinks aloud arrives."""
        self.token()
        self._add(self.thoughts, text)

    def _add(self, to: Piecemeal, piece: str) -> None:
        if not isinstance(piece, str):
            raise TypeError("a piece of an answer is no text")
        to.add(piece)
        if self.texts.length + self.thoughts.length > MOST_CHARACTERS:
            raise TooMuch(f"more than {MOST_CHARACTERS:,} characters of an answer")

    def count(self, usage: TokenUsage) -> None:
        """The endpoint tells what tokens there were; see TokenUsage.then."""
        self.usage = usage if self.usage is None else self.usage.then(usage)
        if self.finished is not None:
            self._end_within(FOR_THE_END_S)

    def finish(self, reason: FinishReason) -> None:
        """The stream says why the answer ends; what is still to come is not waited for long."""
        self.finish_reason = reason
        if self.finished is None:
            self.finished = perf_counter()
            self._end_within(FOR_USAGE_S if self.usage is None else FOR_THE_END_S)

    def end(self) -> None:
        """The stream says that it is over: an answer that gave no reason for its end has ended well."""
        if self.finish_reason is not None or self.has_begun:
            self.finish(self.finish_reason or FinishReason.STOP)
            self._end_within(FOR_THE_END_S)

    def _go_on(self) -> None:
        """More comes after the end that was announced."""
        self.finished = None
        if self._deadline is not None:
            self._deadline.reschedule(self._ends_at)

    def _end_within(self, seconds: float) -> None:
        if self._deadline is not None:
            soon = asyncio.get_running_loop().time() + seconds
            self._deadline.reschedule(soon if self._ends_at is None else min(soon, self._ends_at))

    def timings(self, ended: float, first_visible: float | None) -> Timings:
        """Milliseconds since the start."""
        start = self.started
        return Timings(
            latency_ms=1000 * (ended - start),
            first_byte_ms=_since(start, self.first_byte),
            first_token_ms=None if self.is_whole else _since(start, self.first_token),
            first_visible_ms=None if self.is_whole else _since(start, first_visible),
        )

    def completion(self) -> Completion:
        """The whole answer; it must have a finish reason. It lasted until its last token."""
        text, reasoning, first_visible = self._parted()
        text, reasoning, answered_by, fingerprint = self._without_secrets(text, reasoning)
        return Completion(
            text=text,
            finish_reason=self.finish_reason or FinishReason.TRUNCATED,
            timings=self.timings(self.last_token or self.finished or perf_counter(), first_visible),
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
        text, reasoning, first_visible = self._parted()
        text, reasoning, answered_by, _ = self._without_secrets(text, reasoning)
        return ProviderFault(
            kind,
            message,
            timings=self.timings(perf_counter(), first_visible),
            http_status=http_status,
            retry_after_s=retry_after_s,
            text=text,
            reasoning=reasoning,
            usage=self.usage,
            answered_by=answered_by or None,
            is_warm=self.is_warm,
            limits=self.limits,
        )

    def _parted(self) -> tuple[str, str, float | None]:
        """The answer proper, all that was thought aloud, and when the first of the answer had arrived."""
        text, reasoning = str(self.texts), str(self.thoughts)
        aloud, answer = split_thoughts(text)
        if answer == text:
            return text, reasoning, self.first_visible
        begins_at = answer_begins_at(text)
        first_visible = None if begins_at is None else self._moments.at(begins_at)
        return answer, "\n\n".join(filter(None, (reasoning, aloud))), first_visible

    def _without_secrets(self, text: str, reasoning: str) -> tuple[str, str, str, str]:
        """Text, reasoning, model and fingerprint. An endpoint may send back the key it was asked with, even as text."""
        heard = (storable(text), storable(reasoning), _name(self.answered_by), _name(self.fingerprint))
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


def begin(deadline: asyncio.Timeout | None = None) -> Hearing:
    """A new hearing: the one whose stopwatch ``sending`` starts, in this task.

    ``deadline``: its attempt's; it is drawn nearer once the answer has ended.
    """
    hearing = Hearing(deadline)
    _CURRENT.set(hearing)
    return hearing


def _name(told: object) -> str:
    return storable(told[:LONGEST_NAME]) if isinstance(told, str) else ""


def _since(start: float, moment: float | None) -> float | None:
    return None if moment is None else 1000 * (moment - start)
