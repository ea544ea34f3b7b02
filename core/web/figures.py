"""Families of samples that are computed in a thread, so that a scrape never waits for them."""

import logging
from collections.abc import Callable, Sequence
from threading import Condition, Thread
from time import monotonic

from core.web.exposition import Family

FRESH_S = 60.0
_PAUSES = 50
_WAITS_S = 0.5
_log = logging.getLogger(__name__)


class Figures:
    """What ``compute`` gives, computed in a thread when somebody asks, never twice at once, and not too often.

    Whoever asks gets what was computed last, at once; while there is nothing yet, or it is old, they wait half a second
    for it. It is computed anew when it is a minute old, or 50 times as old as computing it took.
    """

    def __init__(
        self,
        compute: Callable[[], Sequence[Family]],
        *,
        clock: Callable[[], float] = monotonic,
        wait_s: float = _WAITS_S,
    ) -> None:
        self._compute, self._clock, self._wait_s = compute, clock, wait_s
        self._changed = Condition()
        self._found: Sequence[Family] = ()
        self._due_at: float | None = None
        self._is_computing = False

    def now(self) -> Sequence[Family]:
        """The families; none where nothing could be computed yet."""
        with self._changed:
            if not self._is_computing and (self._due_at is None or self._clock() >= self._due_at):
                self._is_computing = True
                Thread(target=self._renew, name="evenhand-figures", daemon=True).start()
            if self._is_computing:
                self._changed.wait_for(lambda: not self._is_computing, self._wait_s)
            return self._found

    def _renew(self) -> None:
        began, found = self._clock(), None
        try:
            found = self._compute()
        except Exception:
            _log.exception("the figures for /metrics could not be computed and will be tried again")
        took = self._clock() - began
        with self._changed:
            self._found = self._found if found is None else found
            self._due_at = self._clock() + max(FRESH_S, _PAUSES * took)
            self._is_computing = False
            self._changed.notify_all()
