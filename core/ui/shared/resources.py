"""What pages share: the database engine."""

from sqlalchemy import Engine

from core.storage.engine import get_engine


def engine() -> Engine:
    """The process's engine; opened once."""
    return get_engine()
