"""The database: one engine a process, SQLite tuned for many writers, transactions that retry when it is busy."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock, RLock
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, create_engine

from core.errors import BadInput
from core.settings import PROJECT_ROOT, get_settings

T = TypeVar("T")
_log = logging.getLogger(__name__)

DATA = PROJECT_ROOT / "data"
_LONGEST_TURN_S = 30.0
_turns: dict[str, RLock] = {}
_turns_lock = Lock()


def resolve_url(address: str) -> URL:
    """The SQLAlchemy URL of ``address``: psycopg for PostgreSQL, SQLite files relative to the project."""
    try:
        url = make_url(address)
    except Exception as error:
        raise BadInput(
            "EVENHAND_DATABASE_URL is not a database address. "
            "Use for example sqlite:///data/evenhand.db or postgresql://user:password@host/name."
        ) from error
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database:
        path = Path(url.database)
        path = path if path.is_absolute() else PROJECT_ROOT / path
        _keep_to_ourselves(path)
        return url.set(database=str(path))
    return url


def _keep_to_ourselves(path: Path) -> None:
    """Make the file and the folders on its way, for this user alone; what is there already stays as it is.

    SQLite gives the files beside it the same permissions. The app's own ``data/`` is closed in any case.
    """
    for folder in reversed([each for each in path.parents if not each.exists()]):
        folder.mkdir(mode=0o700, exist_ok=True)
    if path.parent == DATA:
        with suppress(OSError):
            DATA.chmod(0o700)
    with suppress(OSError):  # it is there already; or SQLite says what is wrong with the place
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def open_engine(address: str) -> Engine:
    """A new engine for ``address``, with SQLite in WAL mode and its write transactions begun as such."""
    url = resolve_url(address)
    if url.get_backend_name() != "sqlite":
        return create_engine(url, pool_size=20, max_overflow=20, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False}, pool_size=20, max_overflow=40)
    event.listen(engine, "connect", _tune_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _tune_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    mode = "IMMEDIATE" if connection.get_execution_options().get("writes") else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {mode}")


@lru_cache
def get_engine() -> Engine:
    """The process's engine, from the settings."""
    return open_engine(get_settings().database_url)


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only reads; whatever it holds stays usable after it closes."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session in one write transaction: committed at the end, rolled back on any error.

    On SQLite it takes the write lock first (BEGIN IMMEDIATE), so a read inside it is never stale.
    """
    with (
        _turn(engine),
        Session(engine.execution_options(writes=True), expire_on_commit=False) as session,
        session.begin(),
    ):
        yield session


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """Queue the writers of this process for SQLite, whose own waiting is sleeping and looking again.

    A courtesy only: who waited long enough asks the database itself, as other processes do.
    """
    if engine.dialect.name != "sqlite":
        yield
        return
    with _turns_lock:
        turn = _turns.setdefault(str(engine.url), RLock())
    mine = turn.acquire(timeout=_LONGEST_TURN_S)
    try:
        yield
    finally:
        if mine:
            turn.release()


def is_passing(error: OperationalError) -> bool:
    """Whether trying again may help: a busy SQLite, a PostgreSQL deadlock or serialisation failure."""
    words = str(error.orig).lower()
    return any(word in words for word in ("database is locked", "deadlock detected", "could not serialize"))


def write(engine: Engine, work: Callable[[Session], T], *, tries: int = 5) -> T:
    """Run ``work`` in a write transaction, again when the database was only busy; ``work`` must be repeatable."""
    for attempt in range(tries):
        try:
            with writing(engine) as session:
                return work(session)
        except OperationalError as error:
            if attempt == tries - 1 or not is_passing(error):
                raise
            _log.info("the database was busy, trying again")
    raise AssertionError("unreachable")
