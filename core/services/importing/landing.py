"""The last step of an import: all that was staged goes into the workspace, in one short transaction."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Engine, event, text
from sqlmodel import Session

from core.services.importing.staging import Staging
from core.storage.engine import open_engine, write, writing

T = TypeVar("T")
_ADVISORY_LOCK = 0x45564E49


class Moved(Exception):
    """The workspace is no longer as it was when the file was read; it must be read again."""


@dataclass
class Landing:
    """The transaction, and the ids that new rows get: a row of code −n has the id ``base + n`` of its table."""

    session: Session
    staging: Staging
    bases: dict[str, int]

    def id_of(self, table: str, code: int) -> int:
        """The id that stands for a code."""
        return code if code > 0 else self.bases[table] - code

    def code_as_id(self, table: str, column: str) -> str:
        """The same as SQL over a staged table."""
        return f"CASE WHEN {column} < 0 THEN {self.bases[table]} - {column} ELSE {column} END"

    def put(self, table: str, columns: Mapping[str, str], source: str, values: Sequence[Any] = ()) -> None:
        """Append to ``table``: column → SQL over the staged ``source`` (a table, perhaps with WHERE)."""
        connection = self.session.connection()
        cursor: Any = connection.connection.cursor()
        named = ", ".join(columns)
        query = f"SELECT {', '.join(columns.values())} FROM {source}"  # noqa: S608
        if connection.dialect.name == "sqlite":
            cursor.execute(f"INSERT INTO {table} ({named}) {query}", values)
            return
        with cursor.copy(f"COPY {table} ({named}) FROM STDIN") as copy:
            for some in self.staging.read(query, *values):
                for row in some:
                    copy.write_row(row)


def land(engine: Engine, staging: Staging, new: Mapping[str, int], work: Callable[[Landing], T]) -> T:
    """Do ``work`` in one write transaction. ``new``: table → how many new rows of it have codes.

    On SQLite others wait for it, so it copies rows that are finished and does nothing else; on PostgreSQL nobody does.
    """
    staging.seal()
    if engine.dialect.name == "postgresql":
        bases = {table: _reserved(engine, table, count) if count else 0 for table, count in new.items()}
        return write(engine, lambda session: work(_alone(session, staging, bases)))
    attached = open_engine(engine.url.render_as_string(hide_password=False))
    event.listen(attached, "connect", lambda connection, _: _attach(connection, staging))
    try:
        return write(attached, lambda session: work(Landing(session, staging, _next_ids(session, new))))
    finally:
        attached.dispose()


def _attach(connection: Any, staging: Staging) -> None:
    """Every id was looked up or made in this transaction: to look it up again for each row takes as long again."""
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("ATTACH DATABASE ? AS staging", (str(staging.path),))


def _next_ids(session: Session, new: Mapping[str, int]) -> dict[str, int]:
    query = "SELECT coalesce(max(id), 0) FROM {}"
    return {table: session.execute(text(query.format(table))).scalar_one() for table in new}


def _alone(session: Session, staging: Staging, bases: dict[str, int]) -> Landing:
    """Imports come in one after another, and the staged times are UTC."""
    session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    session.connection().execute(text("SET LOCAL TIME ZONE 'UTC'"))
    return Landing(session, staging, bases)


def _reserved(engine: Engine, table: str, count: int) -> int:
    """The id before ``count`` that are ours alone: who inserts meanwhile waits, and draws later ones."""
    sequence = f"pg_get_serial_sequence('{table}', 'id')"
    with writing(engine) as session:
        session.execute(text(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
        last = session.execute(text(f"SELECT setval({sequence}, nextval({sequence}) + :count)"), {"count": count})
        return int(last.scalar_one()) - count
