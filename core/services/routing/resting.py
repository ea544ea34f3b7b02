"""Leaving a candidate alone for a while that failed several times in a row: each wait for it costs a user time."""

from dataclasses import dataclass, field

from core.domain.routing import FellBack

FAILURES, REST_S = 3, 30.0


@dataclass
class Resting:
    """Who rests, in one process. Times are of any steady clock, in seconds."""

    _failures: dict[int, int] = field(default_factory=dict)
    _until: dict[int, tuple[float, FellBack]] = field(default_factory=dict)

    def why(self, candidate: int, now_s: float) -> FellBack | None:
        """Why it is not asked now; None: it is."""
        until = self._until.get(candidate)
        return until[1] if until is not None and now_s < until[0] else None

    def answered(self, candidate: int) -> None:
        """It is well again."""
        self._failures.pop(candidate, None)
        self._until.pop(candidate, None)

    def failed(self, candidate: int, because: FellBack, now_s: float) -> None:
        """After FAILURES in a row it rests for REST_S; then one more failure is enough."""
        self._failures[candidate] = self._failures.get(candidate, 0) + 1
        if self._failures[candidate] >= FAILURES:
            self._until[candidate] = (now_s + REST_S, because)
