"""What takes longer under `make test-long` than under `make test`."""

import os
from collections.abc import Sequence
from itertools import product

import pytest

IS_LONG = os.environ.get("EVENHAND_LONG_TESTS") == "1"


def times(usual: int, long: int) -> int:
    """How many of something are tried: ``long`` under `make test-long`."""
    return long if IS_LONG else usual


def usual_first(*usual: object, long: tuple[object, ...]) -> list[object]:
    """Parameters of a test, a tuple for several: ``usual`` under `make test`, ``long`` too under `make test-long`."""
    several = [one if isinstance(one, tuple) else (one,) for one in long]
    return [*usual, *(pytest.param(*one, marks=pytest.mark.long) for one in several)]


def crossed(ones: Sequence[object], others: Sequence[object]) -> list[object]:
    """Pairs for a test: under `make test` the first one with each other and each one with some, else all."""
    pairs = [(ones.index(one) in (0, others.index(other)), one, other) for one, other in product(ones, others)]
    return [pytest.param(one, other, marks=() if is_usual else pytest.mark.long) for is_usual, one, other in pairs]
