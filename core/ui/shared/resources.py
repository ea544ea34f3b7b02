"""What pages share: the database engine and the clock."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from core.storage.engine import get_engine


def engine() -> Engine:
    """The process's engine; opened once."""
    return get_engine()


def now() -> datetime:
    """This moment, in UTC; the one clock of the pages."""
    return datetime.now(UTC)
