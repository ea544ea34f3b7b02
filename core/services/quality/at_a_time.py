"""One at a time: what holds every response of a dataset at once, hundreds of megabytes where they are a million."""

import ctypes
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from threading import RLock
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
_turn = RLock()


def one_at_a_time(work: Callable[P, T]) -> Callable[P, T]:
    """``work``, which waits in this process until nothing else of the kind goes on; together it would take as long."""

    @wraps(work)
    def alone(*args: P.args, **kwargs: P.kwargs) -> T:
        with _turn:
            try:
                return work(*args, **kwargs)
            finally:
                _give_back()

    return alone


def _give_back() -> None:
    """What was freed goes back to the system: glibc keeps it, for each thread by itself; others have no such call."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
