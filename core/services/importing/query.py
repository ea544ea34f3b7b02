"""The result of an SQL query as JSON lines in a temporary file, so that it is read as a file is.

Whoever gives the query may be mistaken or mean harm: it reads one statement's rows, for a limited time, and can
change nothing there.
"""

import json
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from threading import Timer
from time import monotonic
from typing import Any, BinaryIO
from uuid import UUID

import psycopg
from sqlalchemy import URL, create_engine
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from core.domain.storable_text import storable
from core.errors import BadInput
from core.services.importing.query_sources import address_of, file_of, libpq_uri
from core.services.importing.source import LONGEST_LINE

LONGEST_S = 600.0
MOST_ROWS = 10_000_000
_AT_ONCE = 1000
_STEPS_BETWEEN_LOOKS = 10_000
_CONNECTS_WITHIN_S = 15
_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_FORBIDDEN_FUNCTIONS = {"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"}
QueryRow = Sequence[Any]
Rows = tuple[list[str], Iterator[QueryRow]]


@contextmanager
def queried(url: str, query: str, called: str, *, first: int | None = None) -> Iterator[BinaryIO]:
    """A file with one JSON object for each row, or for the ``first`` ones.

    Raises BadInput where the database or the query fails, where it may not be read (``query_sources``), where it takes
    longer than LONGEST_S or gives more than MOST_ROWS rows.
    """
    address = address_of(url)
    with tempfile.TemporaryFile() as kept:
        try:
            with _OPENED.get(address.get_backend_name(), _any_other)(address, query) as (titles, rows):
                _copy(titles, rows if first is None else islice(rows, first), kept)
        except (sqlite3.Error, psycopg.Error, DBAPIError) as error:
            raise BadInput(f"{called}: {_said(error)} Nothing was imported.") from None
        except SQLAlchemyError as error:
            raise BadInput(f"{called}: the query failed ({type(error).__name__}). Nothing was imported.") from None
        kept.seek(0)
        yield kept


def _said(error: Exception) -> str:
    if isinstance(error, psycopg.errors.QueryCanceled) or str(error) == "interrupted":
        return f"the query took longer than {LONGEST_S:g} s. Let it give fewer rows, or import them in parts."
    if isinstance(error, sqlite3.DatabaseError) and "not authorized" in str(error):
        return "the query may only read (SELECT), from this one database."
    reason = str(getattr(error, "orig", error)).strip().splitlines()
    return f"the database refused: {reason[0] if reason else 'no reason given'}."


def _copy(titles: list[str], rows: Iterator[QueryRow], kept: BinaryIO) -> None:
    for number, row in enumerate(rows):
        if number == MOST_ROWS:
            raise BadInput(f"The query gives more than {MOST_ROWS:,} rows. Import them in parts.")
        record = dict(zip(titles, row, strict=True))
        kept.write(storable(json.dumps(record, default=_as_json, ensure_ascii=False)).encode() + b"\n")


@contextmanager
def _sqlite(address: URL, query: str) -> Iterator[Rows]:
    """Read-only, with an authorizer that lets nothing but reading pass, and looks at the clock as it goes."""
    uri = f"{file_of(address).as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
        until = monotonic() + LONGEST_S
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_LINE)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.set_progress_handler(lambda: monotonic() > until, _STEPS_BETWEEN_LOOKS)
        connection.set_authorizer(_may)
        cursor = connection.execute(query)
        yield _titles(cursor.description), cursor


def _may(action: int, _first: str | None, second: str | None, *_: str | None) -> int:
    is_reading = action in _READS
    if action == sqlite3.SQLITE_FUNCTION:
        is_reading = (second or "").lower() not in _FORBIDDEN_FUNCTIONS
    return sqlite3.SQLITE_OK if is_reading else sqlite3.SQLITE_DENY


@contextmanager
def _postgres(address: URL, query: str) -> Iterator[Rows]:
    """A cursor in a read-only transaction. Prepared, for then the server takes one statement and not several."""
    uri = libpq_uri(address)
    with closing(psycopg.connect(uri, connect_timeout=_CONNECTS_WITHIN_S)) as connection:
        connection.read_only = True
        connection.execute(f"SET LOCAL statement_timeout = {int(LONGEST_S * 1000)}")
        alarm = Timer(LONGEST_S, connection.cancel)
        alarm.start()
        try:
            connection.execute(f"DECLARE evenhand NO SCROLL CURSOR FOR {query}".encode(), prepare=True)
            head = connection.execute("FETCH FORWARD 0 FROM evenhand")
            yield _titles(head.description), _fetched(connection)
        finally:
            alarm.cancel()


def _fetched(connection: psycopg.Connection[Any]) -> Iterator[QueryRow]:
    until = monotonic() + LONGEST_S
    while rows := connection.execute(f"FETCH FORWARD {_AT_ONCE} FROM evenhand").fetchall():
        if monotonic() > until:
            raise psycopg.errors.QueryCanceled
        yield from rows


@contextmanager
def _any_other(address: URL, query: str) -> Iterator[Rows]:
    """Another database, whose driver the operator installed: one SELECT, never committed."""
    if not query.upper().lstrip().startswith(("SELECT", "WITH")):
        raise BadInput("The query must be a SELECT.")
    try:
        engine = create_engine(address)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError):
        raise BadInput(f"No driver is installed here for '{address.drivername}' databases.") from None
    until = monotonic() + LONGEST_S
    try:
        with engine.connect() as connection:
            options = {"no_parameters": True, "stream_results": True, "yield_per": _AT_ONCE}
            result = connection.exec_driver_sql(query, execution_options=options)
            yield list(result.keys()), (tuple(row) for row in result if _in_time(until))
    finally:
        engine.dispose()


def _in_time(until: float) -> bool:
    if monotonic() > until:
        raise BadInput(f"The query took longer than {LONGEST_S:g} s. Let it give fewer rows, or import them in parts.")
    return True


def _titles(described: Any) -> list[str]:
    if not described:
        raise BadInput("The query gives no rows; it must be a SELECT.")
    return [column[0] for column in described]


def _as_json(found: Any) -> Any:
    if isinstance(found, datetime | date):
        return found.isoformat()
    if isinstance(found, Decimal):
        return float(found)
    if isinstance(found, UUID):
        return str(found)
    raise BadInput(f"The query gives values of a kind that cannot be imported ({type(found).__name__}).")


_OPENED = {"sqlite": _sqlite, "postgresql": _postgres}
