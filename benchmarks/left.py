"""What a benchmark left for a bare page, read once a server: a page's own functions are made anew at every visit."""

import pickle
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache
def left(file: str) -> Any:
    """What was pickled into the file."""
    return pickle.loads(Path(file).read_bytes())
