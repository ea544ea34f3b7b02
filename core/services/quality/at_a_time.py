"""One at a time: what holds every response of a dataset at once, hundreds of megabytes where they are a million."""

from collections.abc import Callable
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
            return work(*args, **kwargs)

    return alone
