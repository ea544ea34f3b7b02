"""Writing many rows at once: executemany on SQLite, COPY on PostgreSQL, inside the session's transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

StoredMoment = Callable[[datetime], Any]


class BulkInsert:
    """Appends tuples in the order of ``columns`` to ``table``; JSON columns as text, times by ``moment``.

    Values go to the driver as they are: they must have been checked.
    """

    def __init__(self, session: Session, table: str, columns: Sequence[str]) -> None:
        connection = session.connection()
        self._cursor: Any = connection.connection.cursor()
        self._copies = connection.dialect.name == "postgresql"
        named = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        self._statement = (
            f"COPY {table} ({named}) FROM STDIN" if self._copies else f"INSERT INTO {table} ({named}) VALUES ({marks})"  # noqa: S608
        )
        self.moment: StoredMoment = _as_it_is if self._copies else _sqlite_moment

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Append ``rows``; a sequence, for the connection can do nothing else meanwhile."""
        if not self._copies:
            self._cursor.executemany(self._statement, rows)
            return
        with self._cursor.copy(self._statement) as copy:
            for row in rows:
                copy.write_row(row)


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


def _as_it_is(when: datetime) -> datetime:
    return when


def _sqlite_moment(when: datetime) -> str:
    return when.isoformat(" ", "microseconds")[:26]  # as SQLAlchemy writes them: UTC, without the offset
