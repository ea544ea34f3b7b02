"""What takes longer under `make test-long` than under `make test`."""

import os

IS_LONG = os.environ.get("EVENHAND_LONG_TESTS") == "1"


def times(usual: int, long: int) -> int:
    """How many of something are tried: ``long`` under `make test-long`."""
    return long if IS_LONG else usual
