"""Two planted servers for all of these tests; each test says first how they are to behave."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from core.storage.engine import open_engine
from core.storage.schema import upgrade
from tests.planted import PlantedPlan, PlantedServer


@pytest.fixture(scope="session")
def _servers() -> Iterator[tuple[PlantedServer, PlantedServer]]:
    servers = PlantedServer(), PlantedServer()
    yield servers
    for server in servers:
        server.close()


@pytest.fixture
def server(_servers: tuple[PlantedServer, PlantedServer]) -> PlantedServer:
    """A server that answers at once, until told otherwise with ``use``."""
    _servers[0].use(PlantedPlan())
    return _servers[0]


@pytest.fixture
def other_server(_servers: tuple[PlantedServer, PlantedServer]) -> PlantedServer:
    """Another one."""
    _servers[1].use(PlantedPlan())
    return _servers[1]


@pytest.fixture
def sqlite_engine(sqlite_database: str) -> Iterator[Engine]:
    """An engine on a migrated SQLite file, where one database is enough."""
    engine = open_engine(sqlite_database)
    upgrade(engine)
    yield engine
    engine.dispose()
