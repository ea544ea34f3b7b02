"""Reads counts of tokens from usage objects, in which every gateway puts them differently."""

from collections.abc import Iterable, Mapping
from typing import Any

MOST_TOKENS = 20_000_000  # more than any model reads or writes; a sum over many turns can still be stored


def whole(usage: Mapping[str, Any], *path: str) -> int | None:
    """The count at ``path`` of a usage object, None where it or anything on the way is missing, or it is no count."""
    found: Any = usage
    for name in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    if type(found) is float and found.is_integer():
        found = int(found)
    return found if type(found) is int and 0 <= found <= MOST_TOKENS else None


def first_whole(usage: Mapping[str, Any], *paths: tuple[str, ...]) -> int | None:
    """The count at the first of ``paths`` that leads to one."""
    return next((count for path in paths if (count := whole(usage, *path)) is not None), None)


def whole_output(
    output: int | None,
    *,
    reasoning: int | None,
    total: int | None,
    given: int | None,
    beside_input: Iterable[int | None],
) -> int | None:
    """Tokens of the whole output, reasoning included, whether ``output`` includes them or not: ``total`` tells.

    ``given``: the input's tokens; ``beside_input``: counts that some leave out of it and add to the total, the cache's.
    """
    said = output or 0
    if total is None or given is None:
        return said + reasoning if reasoning and output is not None and reasoning > said else output
    beside = total - given - said
    if reasoning is not None:
        return said + reasoning if beside >= reasoning > 0 else output
    counts = [count for count in beside_input if count]
    return said + beside if beside > 0 and beside not in (*counts, sum(counts)) else output
