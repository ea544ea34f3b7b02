"""When and where to try again: full-jitter exponential back-off, Retry-After, a deadline, the next endpoint."""

from collections.abc import Sequence
from random import Random

from core.domain.answering import FaultKind
from core.providers.base import Endpoint, ProviderFault

MOST_ATTEMPTS = 6
FIRST_BACK_OFF_S = 0.5
LONGEST_BACK_OFF_S = 30.0
PASSING_FAULTS_BEFORE_FALLBACK = 2
_ELSEWHERE_PERHAPS = frozenset({FaultKind.AUTH, FaultKind.QUOTA, FaultKind.BAD_REQUEST})


class Tries:
    """The tries of one question: where the next goes, how long it may take and how long to wait before it.

    Full jitter: uniform in [0, min(30 s, 0.5 s · 2^n)] after the n-th fault at an endpoint (Brooker, "Exponential
    Backoff And Jitter", AWS Architecture Blog, 2015), on top of Retry-After where the endpoint gives one.
    """

    def __init__(self, endpoints: Sequence[Endpoint], deadline_s: float, most: int, rng: Random) -> None:
        self._endpoints, self._most, self._rng = endpoints, most, rng
        self.deadline_s = self._left_s = deadline_s
        self._at, self._number, self._faults_here = 0, 0, 0
        self.wait_s = 0.0

    def begin(self) -> tuple[int, Endpoint, bool]:
        """The next attempt: its number from 1, its endpoint, and whether that is a fallback."""
        self._number += 1
        return self._number, self._endpoints[self._at], self._at > 0

    @property
    def timeout_s(self) -> float:
        """How long it may take: what is left, or half of it while there is another endpoint to go to."""
        return self._left_s / 2 if self._has_another else self._left_s

    def failed(self, fault: ProviderFault, *, took_s: float) -> bool:
        """Take note of ``fault``; whether it was the last try. Otherwise ``wait_s`` is how long to wait."""
        self._left_s -= took_s
        self._faults_here += 1
        wait_s = self._back_off_s(fault)
        if self._number >= self._most or self._left_s <= 0:
            return True
        if self._has_another and self._is_to_move_on(fault, wait_s):
            self._at, self._faults_here, wait_s = self._at + 1, 0, 0.0
        elif not fault.kind.is_passing or wait_s >= self._left_s:
            return True
        self.wait_s = wait_s
        self._left_s -= wait_s
        return False

    @property
    def _has_another(self) -> bool:
        return self._at + 1 < len(self._endpoints)

    def _is_to_move_on(self, fault: ProviderFault, wait_s: float) -> bool:
        if not fault.kind.is_passing:
            return fault.kind in _ELSEWHERE_PERHAPS
        return self._faults_here >= PASSING_FAULTS_BEFORE_FALLBACK or wait_s >= self._left_s

    def _back_off_s(self, fault: ProviderFault) -> float:
        longest = min(LONGEST_BACK_OFF_S, FIRST_BACK_OFF_S * 2 ** (self._faults_here - 1))
        return (fault.retry_after_s or 0.0) + self._rng.uniform(0.0, longest)
