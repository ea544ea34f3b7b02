"""Writing many rows at once, inside the session's transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session


class BulkAdd:
    """Adds the last columns of tuples to the rows of ``table`` with the same ``keys``, or inserts them."""

    def __init__(self, session: Session, table: str, keys: Sequence[str], sums: Sequence[str]) -> None:
        connection = session.connection()
        self._cursor: Any = connection.connection.cursor()
        marks = ", ".join(["%s" if connection.dialect.name == "postgresql" else "?"] * (len(keys) + len(sums)))
        adding = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in sums)
        self._statement = (
            f"INSERT INTO {table} ({', '.join([*keys, *sums])}) VALUES ({marks}) "  # noqa: S608
            f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {adding}"
        )

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add ``rows``."""
        if rows:
            self._cursor.executemany(self._statement, rows)


def staged_moment(when: datetime) -> str:
    """``when`` as SQLite keeps it, and as PostgreSQL reads it: UTC, without the offset."""
    return when.isoformat(" ", "microseconds")[:26]
