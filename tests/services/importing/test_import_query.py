"""An import by SQL reads, and does nothing else: whatever the query tries, and wherever the address leads."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text

from core.errors import BadInput
from core.services.importing import Kind, import_query
from core.settings import get_settings
from core.storage.engine import open_engine
from tests.services.importing.test_import_native import counts

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
QUERY = "SELECT id, turns FROM asked"
COUNTED = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n {}) SELECT {} AS id, 'x' AS turns FROM n"
FAULT = pytest.mark.regression("2.7")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Somebody's SQLite file with two prompts, and one beside it that nobody asked for."""
    for name in ("elsewhere.db", "payroll.db"):
        connection = sqlite3.connect(tmp_path / name)
        connection.execute("CREATE TABLE asked (id TEXT, turns TEXT)")
        connection.executemany("INSERT INTO asked VALUES (?, ?)", [("1", "Where is my order?"), ("2", "Hello")])
        connection.commit()
        connection.close()
    return tmp_path / "elsewhere.db"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def there(request: pytest.FixtureRequest, elsewhere: Path) -> str | Path:
    """A database to read from, once SQLite and once PostgreSQL."""
    return elsewhere if request.param == "sqlite" else str(request.getfixturevalue("postgres_database"))


def take(engine: Engine, address: str | Path, query: str = QUERY) -> int:
    url = f"sqlite:///{address}" if isinstance(address, Path) else address
    return import_query(engine, url, query, Kind.PROMPTS, name="asked", now=NOW).created


def refused(engine: Engine, address: str | Path, query: str = QUERY) -> str:
    before = counts(engine)
    with pytest.raises(BadInput) as caught:
        take(engine, address, query)
    assert counts(engine) == before
    return str(caught.value)


LET_THROUGH = (
    "ATTACH DATABASE '{folder}/payroll.db' AS other",
    "ATTACH DATABASE '{folder}/new.db' AS other",
    "VACUUM INTO '{folder}/copy.db'",
    "PRAGMA query_only = OFF",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA table_info(asked)",
    "SELECT name AS id, type AS turns FROM pragma_table_info('asked')",
)
REFUSED_BEFORE = (
    "SELECT load_extension('{folder}/evil.so') AS id, 'x' AS turns",
    "DELETE FROM asked RETURNING id, turns",
    "INSERT INTO asked VALUES ('3', 'x') RETURNING id, turns",
    "UPDATE asked SET turns = 'changed' RETURNING id, turns",
    "CREATE TABLE t (id TEXT)",
    "CREATE TEMP TABLE t AS SELECT * FROM asked",
    "DROP TABLE asked",
    "BEGIN IMMEDIATE",
    "SELECT id, turns FROM asked; DELETE FROM asked",
)


@pytest.mark.parametrize("query", [*(pytest.param(each, marks=FAULT) for each in LET_THROUGH), *REFUSED_BEFORE])
def test_a_query_on_sqlite_does_nothing_but_read(sqlite_engine: Engine, elsewhere: Path, query: str) -> None:
    before = {file.name: file.read_bytes() for file in elsewhere.parent.glob("*.db") if "evenhand" not in file.name}
    said = refused(sqlite_engine, elsewhere, query.format(folder=elsewhere.parent))
    after = {file.name: file.read_bytes() for file in elsewhere.parent.glob("*.db") if "evenhand" not in file.name}
    assert after == before
    assert "may only read" in said or "refused" in said or "one statement" in said


def test_what_was_attached_by_an_address_is_not_read_either(sqlite_engine: Engine, elsewhere: Path) -> None:
    assert take(sqlite_engine, elsewhere) == 2
    assert "refused" in refused(sqlite_engine, elsewhere, "SELECT id, turns FROM payroll.asked")


@FAULT
def test_a_query_without_an_end_is_stopped(
    sqlite_engine: Engine, there: str | Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.services.importing import query

    monkeypatch.setattr(query, "LONGEST_S", 1.0)
    began = time.monotonic()
    assert "longer than 1 s" in refused(sqlite_engine, there, COUNTED.format("", "max(i)"))
    assert time.monotonic() - began < 30


@FAULT
@pytest.mark.postgres
def test_a_query_cannot_lift_its_own_limit_of_time(
    sqlite_engine: Engine, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.services.importing import query

    monkeypatch.setattr(query, "LONGEST_S", 1.0)
    lifting = "SELECT set_config('statement_timeout', '0', true) AS id, pg_sleep(0.3)::text AS turns FROM "
    lifting += "generate_series(1, 5000)"
    assert "longer than 1 s" in refused(sqlite_engine, postgres_database, lifting)


@FAULT
def test_a_query_of_too_many_rows_is_refused(
    sqlite_engine: Engine, there: str | Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.services.importing import query

    monkeypatch.setattr(query, "MOST_ROWS", 1000)
    assert "more than 1,000 rows" in refused(sqlite_engine, there, COUNTED.format("WHERE i < 1001", "i"))
    assert take(sqlite_engine, there, COUNTED.format("WHERE i < 1000", "i")) == 1000


@pytest.mark.postgres
@pytest.mark.parametrize(
    "query",
    [
        "SELECT 'a' AS id, 'b' AS turns; COMMIT; DROP TABLE bystander",
        "SELECT 'a' AS id, 'b' AS turns; SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        "COMMIT; DROP TABLE bystander; SELECT 'a' AS id, 'b' AS turns",
        "WITH gone AS (DELETE FROM bystander RETURNING i) SELECT i AS id, 'b' AS turns FROM gone",
        "COPY (SELECT 1) TO PROGRAM 'touch {folder}/owned'",
        "COPY (SELECT 1) TO '{folder}/owned'",
        "DO $$ BEGIN DELETE FROM bystander; END $$",
        "SELECT set_config('transaction_read_only', 'off', false) AS id, 'b' AS turns",
    ],
)
def test_a_query_on_postgres_does_nothing_but_read(
    sqlite_engine: Engine, postgres_database: str, tmp_path: Path, query: str
) -> None:
    there = open_engine(postgres_database)
    tmp_path.chmod(0o777)
    with there.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS bystander"))
        connection.execute(text("CREATE TABLE bystander AS SELECT 1 AS i"))
    try:
        refused(sqlite_engine, postgres_database, query.format(folder=tmp_path))
        with there.begin() as connection:
            assert connection.execute(text("SELECT count(*) FROM bystander")).scalar_one() == 1
            connection.execute(text("DROP TABLE bystander"))
        assert not (tmp_path / "owned").exists()
    finally:
        there.dispose()


@pytest.fixture
def listing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """A workspace of several people; the function says what its operator listed."""

    def list_sources(listed: str) -> None:
        monkeypatch.setenv("EVENHAND_AUTH", "link")
        monkeypatch.setenv("EVENHAND_SQL_SOURCES", listed)
        get_settings.cache_clear()

    yield list_sources
    monkeypatch.undo()
    get_settings.cache_clear()


@FAULT
def test_outside_local_mode_only_listed_files_are_read(
    sqlite_engine: Engine, elsewhere: Path, listing: Callable[[str], None], tmp_path: Path
) -> None:
    listing("")
    said = refused(sqlite_engine, elsewhere)
    assert "EVENHAND_SQL_SOURCES" in said
    assert str(elsewhere) in said
    listing(f"db.example.org, {elsewhere}")
    assert take(sqlite_engine, elsewhere) == 2
    assert "EVENHAND_SQL_SOURCES" in refused(sqlite_engine, tmp_path / "payroll.db")
    assert "EVENHAND_SQL_SOURCES" in refused(sqlite_engine, tmp_path / "no" / "such.db")
    (tmp_path / "link.db").symlink_to(tmp_path / "payroll.db")
    listing(f"{tmp_path}/link.db.d")
    assert "EVENHAND_SQL_SOURCES" in refused(sqlite_engine, tmp_path / "link.db")
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "link.db").symlink_to(tmp_path / "payroll.db")
    listing(f"{tmp_path}/exports")
    assert "EVENHAND_SQL_SOURCES" in refused(sqlite_engine, tmp_path / "exports" / "link.db")
    assert "EVENHAND_SQL_SOURCES" in refused(sqlite_engine, tmp_path / "exports" / ".." / "payroll.db")


@FAULT
@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:p@10.0.0.5/db",
        "postgres://u:p@db.example.org.evil.example/db",
        "postgresql+psycopg://u:p@db.example.org,10.0.0.5/db",
        "postgresql://u:p@db.example.org/db?host=10.0.0.5",
        "postgresql://u:p@db.example.org/db?hostaddr=10.0.0.5",
        "postgresql://u:p@db.example.org/db?service=other",
        "postgresql://u:p@db.example.org:6543/db",
        "postgresql://u:p@/db?host=/var/run/postgresql",
        "postgresql:///db",
        "mysql+pymysql://u:p@10.0.0.5/db",
    ],
)
def test_outside_local_mode_only_listed_hosts_are_asked(
    sqlite_engine: Engine, listing: Callable[[str], None], address: str
) -> None:
    listing("db.example.org:5432")
    said = refused(sqlite_engine, address)
    assert "EVENHAND_SQL_SOURCES" in said or "may not set" in said
    assert ":p@" not in said


@pytest.mark.parametrize("more", ["host=10.0.0.5", "read_default_file=/etc/passwd", "local_infile=1"])
def test_no_other_library_is_told_a_host_or_a_file_beside_the_listed_one(
    sqlite_engine: Engine, listing: Callable[[str], None], more: str
) -> None:
    listing("db.example.org")
    assert "may not set" in refused(sqlite_engine, f"mysql+pymysql://u:p@db.example.org/db?{more}")


@pytest.mark.postgres
def test_a_listed_host_is_read(sqlite_engine: Engine, postgres_database: str, listing: Callable[[str], None]) -> None:
    listing(str(make_url(postgres_database).query["host"]))
    assert take(sqlite_engine, postgres_database, "SELECT 'a' AS id, 'b' AS turns") == 1
