"""Hashes of content: equal values, equal hashes, on every machine."""

import hashlib
import json
from typing import Any


def canonical(found: Any) -> str:
    """``found`` as JSON with sorted keys and no spaces: equal values, equal text."""
    return json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(found: Any) -> str:
    """SHA-256, in hex, of the canonical JSON of ``found``."""
    return hashlib.sha256(canonical(found).encode(errors="surrogatepass")).hexdigest()
