"""What response headers tell of rate limits and of when to come back."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from core.providers.base import RateLimits

_PREFIXES = (b"x-ratelimit-", b"anthropic-ratelimit-")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_REQUESTS = ("x-ratelimit-remaining-requests", "anthropic-ratelimit-requests-remaining", "x-ratelimit-remaining")


def rate_limits(headers: Iterable[tuple[bytes, bytes]], *, now: datetime) -> RateLimits | None:
    """The limits told by OpenAI's ``x-ratelimit-…`` or ``anthropic-ratelimit-…`` headers; None where none are."""
    told = {
        name.lower().decode("latin-1"): content.decode("latin-1")
        for name, content in headers
        if name.lower().startswith(_PREFIXES)
    }
    if not told:
        return None
    resets = [duration_s(told[name], now=now) for name in told if "reset" in name]
    return RateLimits(
        remaining_requests=_first_number(told, _REQUESTS),
        reset_s=max((reset for reset in resets if reset is not None), default=None),
    )


def retry_after_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds to wait, from ``retry-after-ms`` or ``retry-after`` (seconds or an HTTP date); None: not told."""
    in_ms = headers.get("retry-after-ms")
    if in_ms is not None:
        milliseconds = _number(in_ms)
        if milliseconds is not None:
            return milliseconds / 1000
    told = headers.get("retry-after")
    if told is None:
        return None
    seconds = _number(told)
    if seconds is not None:
        return seconds
    try:
        at = parsedate_to_datetime(told)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


def duration_s(told: str, *, now: datetime) -> float | None:
    """Seconds from "6m0.5s", "250ms", "12" or a moment such as 2026-11-22T12:00:00Z; None where it is none of them."""
    plain = _number(told)
    if plain is not None:
        return plain
    parts = _DURATION.findall(told)
    if parts and "".join(count + unit for count, unit in parts) == told.strip():
        return sum(float(count) * _SECONDS[unit] for count, unit in parts)
    try:
        at = datetime.fromisoformat(told.strip())
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


def _number(told: str) -> float | None:
    try:
        found = float(told)
    except ValueError:
        return None
    return found if 0 <= found < float("inf") else None


def _first_number(told: Mapping[str, str], names: Iterable[str]) -> int | None:
    for name in names:
        found = _number(told.get(name, ""))
        if found is not None:
            return int(found)
    return None
