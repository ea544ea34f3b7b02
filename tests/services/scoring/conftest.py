from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from core.storage.engine import open_engine
from core.storage.schema import upgrade


@pytest.fixture
def sqlite_engine(sqlite_database: str) -> Iterator[Engine]:
    """For what is about judges and fences and not about the database: half the time of both."""
    engine = open_engine(sqlite_database)
    upgrade(engine)
    yield engine
    engine.dispose()
