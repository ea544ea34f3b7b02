"""What response headers tell of rate limits and of when to come back."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from core.providers.base import RateLimits

_DURATION = re.compile(
    r"(\d{1,18}(?:\.\d{1,18})?)\s?(ms|milliseconds?|seconds?|secs?|s|minutes?|mins?|m|hours?|h|days?|d)\s?"
)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_OF_LIMITS = re.compile(r"(?:x-|anthropic-|llm_provider-)*(?:x-)?rate-?limit-?(?P<rest>.*)", re.IGNORECASE)
_FIELD = re.compile(r"\b(r|remaining|t|reset)=(\d{1,18})\b")
_IN_SHORT = {"r": "remaining", "remaining": "remaining", "t": "reset", "reset": "reset"}
_LONGEST = 100  # characters of a header that are read
_NEAR_S = 10 * 365 * 86400.0  # a number this close to now is a moment and no wait
_PER_SECOND = (1.0, 1e3, 1e6, 1e9)
_RETRY_IN_MS = ("retry-after-ms", "x-ms-retry-after-ms")
_RETRY = ("retry-after", "x-retry-after")
_NOT_OF_A_BUDGET = frozenset({"limit", "remaining", "reset", "after", "ms", ""})


def rate_limits(
    headers: Iterable[tuple[bytes, bytes]], *, now: datetime, is_refused: bool = False
) -> RateLimits | None:
    """The limits told by ``x-ratelimit-…``, ``ratelimit-…`` or ``anthropic-ratelimit-…`` headers; None where none are.

    A place may keep several budgets (requests, tokens, a minute's, a day's), each with its own reset. ``is_refused``:
    one of them is used up, so where none says so it is one that does not say what remains.
    """
    budgets: dict[str, dict[str, str]] = {}
    for name, content in headers:
        found = _OF_LIMITS.fullmatch(name[:_LONGEST].decode("latin-1").lower())
        if found is not None:
            words = found["rest"].split("-")
            budget = budgets.setdefault("-".join(word for word in words if word not in _NOT_OF_A_BUDGET), {})
            what = next((word for word in words if word in ("limit", "remaining", "reset")), "")
            said = content[:_LONGEST].decode("latin-1")
            budget[f"{what}-ms" if "ms" in words else what] = said
            if not what:
                budget.update((_IN_SHORT[short], count) for short, count in _FIELD.findall(said))
    if not budgets:
        return None
    resets = {budget: _reset_s(told, now=now) for budget, told in budgets.items()}
    used_up = [budget for budget, told in budgets.items() if _is_used_up(told)]
    if is_refused and not used_up:
        used_up = [budget for budget, told in budgets.items() if "remaining" not in told]
    return RateLimits(
        remaining_requests=_remaining(budgets, ("requests", "request", "req", "")),
        reset_s=_longest(resets[budget] for budget in used_up or budgets),
        is_used_up=bool(used_up),
    )


def _reset_s(told: Mapping[str, str], *, now: datetime) -> float | None:
    if "reset-ms" in told:
        return duration_s(told["reset-ms"], now=now, unit_s=0.001)
    return duration_s(told["reset"], now=now) if "reset" in told else None


def _is_used_up(told: Mapping[str, str]) -> bool:
    """Whether nothing remains of a budget; one whose limit is 0 is none."""
    return _number(told.get("remaining", "")) == 0 and _number(told.get("limit", "1")) != 0


def _remaining(budgets: Mapping[str, Mapping[str, str]], names: Iterable[str]) -> int | None:
    """What remains of the first of these budgets that says so and is one."""
    for name in names:
        told = budgets.get(name, {})
        found = _number(told.get("remaining", ""))
        if found is not None and (found > 0 or _is_used_up(told)):
            return int(found)
    return None


def _longest(waits: Iterable[float | None]) -> float | None:
    return max((wait for wait in waits if wait is not None), default=None)


def retry_after_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds to wait, from ``retry-after-ms`` or ``retry-after`` (see duration_s, or an HTTP date); None: not told."""
    for name in _RETRY_IN_MS:
        if name in headers and (seconds := duration_s(headers[name], now=now, unit_s=0.001)) is not None:
            return seconds
    for name in _RETRY:
        if name in headers and (seconds := duration_s(headers[name], now=now)) is not None:
            return seconds
    return None


def duration_s(told: str, *, now: datetime, unit_s: float = 1.0) -> float | None:
    """Seconds from "6m0.5s", "250ms", "12", a moment as ISO 8601, HTTP date or epoch; None where it is none of them.

    A bare number counts in ``unit_s``, unless it is so near to now as an epoch's seconds, milli-, micro- or nanoseconds
    that it is a moment. What lies in the past is 0.
    """
    told = told[:_LONGEST].strip()
    plain = _number(told)
    if plain is not None:
        since = now.timestamp()
        moment = next((at for at in (plain / per for per in _PER_SECOND) if abs(at - since) < _NEAR_S), None)
        return plain * unit_s if moment is None else max(0.0, moment - since)
    parts = list(_DURATION.finditer(told))
    if parts and "".join(part[0] for part in parts) == told:
        return sum(float(part[1]) * _unit_s(part[2]) for part in parts)
    at = _moment(told)
    return None if at is None else max(0.0, (at - now).total_seconds())


def _unit_s(name: str) -> float:
    return _SECONDS["ms" if name.startswith(("ms", "milli")) else name[0]]


def _moment(told: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(told)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
        return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return None


def _number(told: str) -> float | None:
    try:
        found = float(told)
    except ValueError:
        return None
    return found if 0 <= found < float("inf") else None
