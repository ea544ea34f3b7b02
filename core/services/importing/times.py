"""Times as files write them."""

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from core.domain.fields import Flaw, Row

_ZONE_NAME = re.compile(r"(?<=[Zz\d])\[[\w/+-]{1,60}\]$")
"""The name of the zone that Java writes behind a time whose offset it gave."""
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def moment(row: Row, field: str) -> datetime | None:
    """A time, in UTC: ISO 8601 (naive is UTC) or seconds, ms, µs or ns since 1970; None where absent."""
    found = row.get(field)
    if found is None or found == "":
        return None
    try:
        when = as_moment(found)
    except (ValueError, OverflowError, OSError):
        raise Flaw("is not a time such as 2025-03-01T12:00:00Z, or seconds since 1970.", field=field) from None
    if not _EARLIEST <= when < _LATEST:
        raise Flaw("is a time before 1990 or after 2099.", field=field)
    return when


def as_moment(found: Any) -> datetime:
    """The time that ``found`` says; ValueError or OverflowError where it says none."""
    kind = type(found)
    if kind is str:
        try:
            when = datetime.fromisoformat(_ZONE_NAME.sub("", found))
        except ValueError:
            return _since_1970(float(found))
    elif kind is int or kind is float:
        return _since_1970(float(found))
    elif isinstance(found, datetime):
        when = found
    else:
        raise ValueError
    if when.tzinfo is UTC:
        return when
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _since_1970(number: float) -> datetime:
    if not math.isfinite(number):
        raise ValueError
    size = abs(number)
    unit = next((unit for limit, unit in ((1e11, 1.0), (1e14, 1e3), (1e17, 1e6)) if size < limit), 1e9)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=number / unit)


def elapsed_ms(start: datetime | None, end: datetime | None) -> float | None:
    """Milliseconds from ``start`` to ``end``; None where one is not known or the clock ran backwards."""
    if start is None or end is None or end < start:
        return None
    return (end - start).total_seconds() * 1000
