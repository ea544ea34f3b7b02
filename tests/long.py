"""What takes longer under `make test-long` than under `make test`."""

import os

import pytest

IS_LONG = os.environ.get("EVENHAND_LONG_TESTS") == "1"


def times(usual: int, long: int) -> int:
    """How many of something are tried: ``long`` under `make test-long`."""
    return long if IS_LONG else usual


def usual_first(*usual: object, long: tuple[object, ...]) -> list[object]:
    """Parameters of a test: ``usual`` under `make test`, ``long`` as well under `make test-long`."""
    return [*usual, *(pytest.param(one, marks=pytest.mark.long) for one in long)]
