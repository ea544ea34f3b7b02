"""Bringing a database to the newest schema: at start, one process at a time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

_ADVISORY_LOCK = 0x45564E48


def upgrade(engine: Engine, *, to: str = "head") -> None:
    """Apply the migrations that ``engine``'s database lacks, under a lock that other processes wait for.

    ``to``: the revision to stop at.
    """
    with engine.execution_options(writes=True).connect() as connection, _alone(connection):
        command.upgrade(_config(connection), to)
        connection.commit()


def write_revision(engine: Engine, message: str) -> None:
    """For developers: a new migration from the difference between the tables and ``engine``'s database."""
    with engine.connect() as connection:
        config = _config(connection)
        number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
        command.revision(config, message=message, autogenerate=True, rev_id=f"{number:04d}")


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
