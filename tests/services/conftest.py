"""Two planted servers for all of these tests; each test says first how they are to behave."""

from collections.abc import Iterator

import pytest

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
