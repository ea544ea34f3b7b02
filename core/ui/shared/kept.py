"""What pages computed and keep for whoever looks next: so many bytes at most, whatever was asked for."""

import logging
import pickle
import zlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock, Thread
from time import monotonic
from typing import Any, TypeVar, cast

from cachetools import LRUCache

T = TypeVar("T")
MOST_BYTES = 48 * 2**20
_STALE_TIMES = 10
_MOST_TURNS = 256
_log = logging.getLogger(__name__)


@dataclass
class _Entry:
    packed: bytes
    made_at: float
    fresh_s: float
    is_renewing: bool = False


class Kept:
    """Packed results by key, ``most_bytes`` of them in all: the ones looked at longest ago go first.

    A result that is no longer fresh is given once more while a thread computes it anew; one ten times as old is
    computed before it is given. What is larger than all of the room is computed each time.
    """

    def __init__(self, *, most_bytes: int = MOST_BYTES, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._entries: LRUCache[Hashable, _Entry] = LRUCache(most_bytes, getsizeof=lambda entry: len(entry.packed))
        self._computing: dict[Hashable, Lock] = {}
        self._lock = Lock()

    @property
    def bytes(self) -> int:
        """How much is kept."""
        return int(self._entries.currsize)

    def get(self, key: Hashable, compute: Callable[[], T], *, fresh_s: float) -> T:
        """What ``compute`` gives for ``key``. It must not touch Streamlit; two who ask at once wait for one answer."""
        entry = self._looked_at(key)
        if entry is not None:
            self._renew(key, entry, compute)
            return cast("T", _unpacked(entry.packed))
        with self._turn(key):
            entry = self._looked_at(key)
            if entry is not None:
                return cast("T", _unpacked(entry.packed))
            found = compute()
            self._keep(key, found, fresh_s)
            return found

    def _looked_at(self, key: Hashable) -> _Entry | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or self._clock() - entry.made_at > _STALE_TIMES * entry.fresh_s:
                return None
            return entry

    def _turn(self, key: Hashable) -> Lock:
        with self._lock:
            if len(self._computing) > _MOST_TURNS:
                self._computing = {one: lock for one, lock in self._computing.items() if lock.locked()}
            return self._computing.setdefault(key, Lock())

    def _renew(self, key: Hashable, entry: _Entry, compute: Callable[[], Any]) -> None:
        with self._lock:
            if entry.is_renewing or self._clock() - entry.made_at <= entry.fresh_s:
                return
            entry.is_renewing = True

        def work() -> None:
            try:
                self._keep(key, compute(), entry.fresh_s)
            except Exception:
                _log.exception("what a page shows could not be computed anew")
            finally:
                entry.is_renewing = False

        Thread(target=work, name="evenhand-renews", daemon=True).start()

    def _keep(self, key: Hashable, found: Any, fresh_s: float) -> None:
        packed = zlib.compress(pickle.dumps(found), 1)
        with self._lock:
            self._entries.pop(key, None)
            if len(packed) <= self._entries.maxsize:
                self._entries[key] = _Entry(packed, self._clock(), fresh_s)


def _unpacked(packed: bytes) -> Any:
    return pickle.loads(zlib.decompress(packed))  # noqa: S301  (our own, never from outside)


KEPT = Kept()
