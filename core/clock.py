"""The one clock: what reads the time of day reads it here; a domain function is given it."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)
