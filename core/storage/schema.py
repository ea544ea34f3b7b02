"""Bringing a database to the newest schema: at start, one process at a time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

_ADVISORY_LOCK = 0x45564E48


def upgrade(engine: Engine, *, to: str = "head") -> None:
    """Apply the migrations that ``engine``'s database lacks, under a lock that other processes wait for.

    ``to``: the revision to stop at.
    """
    with engine.execution_options(writes=True).connect() as connection, _alone(connection):
        command.upgrade(_config(connection), to)
        connection.commit()


def _config(connection: Connection) -> Config:
    config = Config(stdout=sys.stderr)
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """SQLite: the write lock of the transaction itself. PostgreSQL: an advisory lock until commit."""
    connection.begin()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    yield
