"""Asking a model once, however many attempts it takes: our own retries, a deadline, a second endpoint."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from types import TracebackType
from typing import Protocol, Self

from core import clock
from core.domain.answering import FaultKind, Timings
from core.errors import EvenhandError
from core.providers.base import ChatRequest, Completion, Endpoint, Provider, ProviderFault
from core.services.asking.backing_off import MOST_ATTEMPTS, Tries
from core.services.asking.pacing import Pace
from core.settings import without_secrets

DEADLINE_S = 120.0
_log = logging.getLogger(__name__)
Opening = Callable[[Endpoint], Provider]
Place = tuple[str, str | None, str | None]


class SpendingStopped(EvenhandError):
    """A spending cap does not allow the next attempt; nothing was sent."""


@dataclass(frozen=True)
class Tried:
    """One attempt that has ended: with a ``completion``, or with a ``fault``.

    ``number`` counts the attempts of one ``ask`` from 1. A cancelled attempt has a fault of kind CANCELLED and is not
    the last: the asking was ended, not given up.
    """

    number: int
    endpoint: Endpoint
    is_fallback: bool
    started_at: datetime
    completion: Completion | None = None
    fault: ProviderFault | None = None
    is_last: bool = False
    """A fault after which ``ask`` makes no more."""


class Journal(Protocol):
    """Who keeps account of attempts. Each ``before`` that returned is followed by exactly one ``after``."""

    async def before(self, endpoint: Endpoint, number: int) -> None:
        """An attempt is about to be sent; it is not if this raises (SpendingStopped, for instance)."""
        ...

    async def after(self, attempt: Tried) -> None:
        """It has ended. Must not wait long: it is also called while being cancelled."""
        ...


class NoJournal:
    """Keeps no account."""

    async def before(self, endpoint: Endpoint, number: int) -> None:
        """Nothing to note."""

    async def after(self, attempt: Tried) -> None:
        """Nothing to note."""


class Connections:
    """One Provider and one Pace for each place, opened when first asked; for use in one event loop.

    ``async with Connections() as connections``: the providers are closed at the end.
    """

    def __init__(self, opening: Opening | None = None, *, rng: Random | None = None) -> None:
        self._opening = opening
        self.rng = rng or Random()  # noqa: S311
        self._open: dict[Place, tuple[Provider, Pace]] = {}
        self._loaded: set[str] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def to(self, endpoint: Endpoint) -> tuple[Provider, Pace]:
        """The provider and the pace of ``endpoint``'s place. Raises EvenhandError where it cannot be opened."""
        found = self._open.get(endpoint.place)
        if found is None:
            provider = (self._opening or _open_provider)(endpoint)
            found = self._open[endpoint.place] = (provider, Pace(_most_at_once(provider, endpoint)))
        return found

    async def load(self, endpoints: Iterable[Endpoint]) -> None:
        """Import what asking these takes, apart from the loop: that is no time of theirs, nor of who is being asked."""
        missing = {each.api: each for each in endpoints if each.api not in self._loaded}
        if not missing:
            return
        if self._opening is None:
            await asyncio.to_thread(_load, list(missing.values()))
        self._loaded |= missing.keys()

    async def close(self) -> None:
        """Close every provider."""
        there, self._open = list(self._open.values()), {}
        for provider, _ in there:
            try:
                await provider.close()
            except Exception:
                _log.exception("a connection could not be closed")


def _most_at_once(provider: Provider, endpoint: Endpoint) -> int | None:
    """What the provider says it can take (``most_at_once``); the model on this machine answers one by one."""
    told: int | None = getattr(provider, "most_at_once", None)
    return 1 if told is None and endpoint.api == "local" else told


def _open_provider(endpoint: Endpoint) -> Provider:
    from core.providers import open_provider

    return open_provider(endpoint)


def _load(endpoints: Iterable[Endpoint]) -> None:
    from core.providers.opening import load_sdk

    for endpoint in endpoints:
        load_sdk(endpoint)


async def ask(
    connections: Connections,
    endpoints: Sequence[Endpoint],
    request: ChatRequest,
    *,
    deadline_s: float = DEADLINE_S,
    journal: Journal | None = None,
    most_attempts: int = MOST_ATTEMPTS,
) -> Completion:
    """Ask ``endpoints[0]``, and where that fails for good or twice in passing the next one, until there is an answer.

    Passing faults are tried again after a full-jitter exponential back-off, never sooner than Retry-After says; the
    last fault is raised when it does not pass, after ``most_attempts``, or when the next attempt would begin past the
    deadline. ``deadline_s`` runs over attempts and back-offs; waiting for a turn (pace, journal) does not count. An
    attempt may take what is left of it, half of it while there is another endpoint to go to. Raises ProviderFault, and
    whatever ``journal.before`` raises.
    """
    await connections.load(endpoints)
    tries = Tries(endpoints, deadline_s, most_attempts, connections.rng)
    while True:
        tried = await _attempt(connections, tries, request, journal or NoJournal())
        if tried.completion is not None:
            return tried.completion
        assert tried.fault is not None
        if tried.is_last:
            raise tried.fault
        await asyncio.sleep(tries.wait_s)


async def _attempt(connections: Connections, tries: Tries, request: ChatRequest, journal: Journal) -> Tried:
    loop = asyncio.get_running_loop()
    number, endpoint, is_fallback = tries.begin()
    provider, pace = _connect(connections, endpoint)
    entered_at = await pace.enter()
    try:
        await journal.before(endpoint, number)
        started_at, began = clock.now(), loop.time()
        try:
            completion = await provider.complete(endpoint, request, timeout_s=tries.timeout_s)
        except asyncio.CancelledError:
            await journal.after(Tried(number, endpoint, is_fallback, started_at, fault=_cancelled(loop.time() - began)))
            raise
        except ProviderFault as found:
            fault = found
        except EvenhandError as error:
            fault = _refused(str(error))
        except Exception as error:  # a provider raises nothing else, but one that does must not end a run
            _log.error("an answer of %s could not be read: %s", endpoint.model, without_secrets(repr(error)))
            fault = _unreadable(error, loop.time() - began)
        else:
            pace.went_well(completion.limits, most_s=tries.deadline_s)
            done = Tried(number, endpoint, is_fallback, started_at, completion=completion)
            await journal.after(done)
            return done
        pace.went_wrong(
            fault.kind,
            fault.limits,
            entered_at=entered_at,
            retry_after_s=fault.retry_after_s,
            most_s=tries.deadline_s,
        )
        is_last = tries.failed(fault, took_s=loop.time() - began)
        failed = Tried(number, endpoint, is_fallback, started_at, fault=fault, is_last=is_last)
        await journal.after(failed)
        return failed
    finally:
        pace.leave()


class _Refusing:
    """Stands for a provider that could not be opened (a model that is not installed, say): fails without sending."""

    def __init__(self, problem: str) -> None:
        self._problem = problem

    async def complete(self, endpoint: Endpoint, request: ChatRequest, *, timeout_s: float) -> Completion:  # noqa: ARG002
        raise _refused(self._problem)

    async def close(self) -> None:
        """Nothing is open."""


def _connect(connections: Connections, endpoint: Endpoint) -> tuple[Provider, Pace]:
    try:
        return connections.to(endpoint)
    except EvenhandError as error:
        return _Refusing(str(error)), Pace()


def _cancelled(took_s: float) -> ProviderFault:
    return ProviderFault(FaultKind.CANCELLED, "Cancelled while it ran.", timings=Timings(latency_ms=took_s * 1000))


def _refused(problem: str) -> ProviderFault:
    return ProviderFault(FaultKind.BAD_REQUEST, without_secrets(problem), timings=Timings(latency_ms=0.0))


def _unreadable(error: Exception, took_s: float) -> ProviderFault:
    message = f"The answer could not be read ({type(error).__name__}: {without_secrets(str(error))})."
    return ProviderFault(FaultKind.MALFORMED, message, timings=Timings(latency_ms=took_s * 1000))
