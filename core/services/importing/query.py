"""The result of an SQL query as JSON lines in a temporary file, so that it is read as a file is."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from core.errors import BadInput

_AT_ONCE = 1000


@contextmanager
def queried(url: str, query: str, called: str) -> Iterator[BinaryIO]:
    """A file with one JSON object for each row. Raises BadInput where the database or the query fails."""
    with tempfile.TemporaryFile() as kept:
        engine = _engine(url)
        try:
            with engine.connect() as connection:
                _copy(connection, query, kept)
        except DBAPIError as error:
            reason = str(error.orig).strip().splitlines()
            said = reason[0] if reason else "no reason given"
            raise BadInput(f"{called}: the database refused: {said}. Nothing was imported.") from None
        except SQLAlchemyError as error:
            raise BadInput(f"{called}: the query failed ({type(error).__name__}). Nothing was imported.") from None
        finally:
            engine.dispose()
        yield kept


def _engine(url: str) -> Engine:
    address = _address(url)
    try:
        engine = create_engine(address)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError):
        raise BadInput(f"No driver is installed here for '{address.drivername}' databases.") from None
    if address.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _refuse_writes)
    return engine


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise BadInput("That is no database address, such as postgresql://user:password@host/name.") from None
    if address.drivername in ("postgresql", "postgres"):
        return address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
        raise BadInput(f"There is no SQLite file '{address.database}'.")
    return address


def _refuse_writes(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA query_only=ON")


def _copy(connection: Connection, query: str, kept: BinaryIO) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION READ ONLY"))
    options = {"no_parameters": True, "stream_results": True, "yield_per": _AT_ONCE}
    result = connection.exec_driver_sql(query, execution_options=options)
    if not result.returns_rows:
        raise BadInput("The query gives no rows; it must be a SELECT.")
    titles = list(result.keys())
    for row in result:
        record = dict(zip(titles, row, strict=True))
        kept.write(json.dumps(record, default=_as_json, ensure_ascii=False).encode(errors="surrogatepass") + b"\n")
    kept.flush()


def _as_json(found: Any) -> Any:
    if isinstance(found, datetime | date):
        return found.isoformat()
    if isinstance(found, Decimal):
        return float(found)
    if isinstance(found, UUID):
        return str(found)
    raise BadInput(f"The query gives values of a kind that cannot be imported ({type(found).__name__}).")
