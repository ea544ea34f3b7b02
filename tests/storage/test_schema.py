"""The migrations and the tables say the same."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlmodel import select

from core.storage.engine import reading
from core.storage.schema import upgrade
from core.storage.tables import Run, metadata
from tests.workspace import NOW


def test_migrations_lead_to_the_tables(engine: Engine):
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_upgrading_twice_changes_nothing(engine: Engine):
    upgrade(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_every_table_of_facts_takes_columns_away_whatever_is_done_to_it(engine: Engine):
    """A later migration that makes a table anew on SQLite loses its triggers, unless it makes them anew too."""
    of_facts = ("response", "attempt", "score", "judge_call")
    wanted = {f"columns_fall_with_{table}_{what}" for table in of_facts for what in ("insert", "update", "delete")}
    is_sqlite = engine.dialect.name == "sqlite"
    names = "SELECT name FROM sqlite_master WHERE type = 'trigger'" if is_sqlite else "SELECT tgname FROM pg_trigger"
    with engine.connect() as connection:
        assert wanted | {"columns_fall_with_run_delete"} <= set(connection.execute(text(names)).scalars())


def test_what_was_stored_before_evaluations_came_is_still_there(engine: Engine):
    with engine.begin() as connection:
        metadata.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
    upgrade(engine, to="0001")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO dataset (name, version, content_hash, is_demo, created_at) VALUES ('d', 1, 'h', :no, :at)"
            ),
            {"no": False, "at": NOW},
        )
        connection.execute(
            text("INSERT INTO run (dataset_id, source, created_at) VALUES (1, 'import', :at)"), {"at": NOW}
        )
    upgrade(engine)
    with reading(engine) as session:
        run = session.exec(select(Run)).one()
        assert (run.dataset_id, run.state, run.cost_usd, run.candidate_ids) == (1, "done", 0.0, None)
