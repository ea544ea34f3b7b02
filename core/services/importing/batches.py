"""Records in batches, and ids by name looked up a batch at a time, so that memory stays bounded."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")
OnBatch = Callable[[int], None]
"""Called with the number of records just written."""
SIZE = 2000
_COLLECTING = gc.get_threshold()
_MOST_REMEMBERED = 200_000


def batches(records: Iterable[T], size: int = SIZE) -> Iterator[list[T]]:
    """``records`` in lists of at most ``size``."""
    remaining = iter(records)
    while batch := list(islice(remaining, size)):
        yield batch


@contextmanager
def rarely_collecting() -> Iterator[None]:
    """Look for garbage cycles a hundred times less often meanwhile: millions of plain tuples hold none.

    Saves a quarter of the time of a large import; memory is freed by reference counts as ever.
    """
    gc.set_threshold(100 * _COLLECTING[0], *_COLLECTING[1:])
    try:
        yield
    finally:
        gc.set_threshold(*_COLLECTING)


class Ids(Generic[T]):
    """Ids (or what stands for them) by name; the unknown are looked up with ``find``, too many are forgotten."""

    def __init__(self, find: Callable[[set[str]], dict[str, T]]) -> None:
        self._find = find
        self._known: dict[str, T] = {}

    def load(self, names: set[str]) -> tuple[dict[str, T], set[str]]:
        """(ids by name, at least of those of ``names`` that exist; the names that do not)."""
        if len(self._known) > _MOST_REMEMBERED:
            self._known = {}
        unknown = names - self._known.keys()
        if unknown:
            self._known |= self._find(unknown)
            unknown -= self._known.keys()
        return self._known, unknown

    def refresh(self, names: set[str]) -> dict[str, T]:
        """Look ``names`` up again, now that they exist; nothing is forgotten."""
        self._known |= self._find(names)
        return self._known
