"""Words that the pages on studies share."""


def number_of(n: int, one: str, many: str = "") -> str:
    """A number with its noun: '1 pair', '1,200 pairs'."""
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"
