"""INSERT … ON CONFLICT, spelt the same for both databases."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session


def add_to(session: Session, table: sa.Table, rows: Sequence[dict[str, Any]], counters: Sequence[str]) -> None:
    """Insert the ``rows``, or where a primary key is there already, add the row's ``counters`` to those."""
    session.connection().execute(_adding(session.get_bind().dialect.name, table, tuple(counters)), rows)


def insert_into(dialect: str, table: sa.Table) -> Any:
    """An INSERT of that database, which knows ``on_conflict_do_…``."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@lru_cache
def _adding(dialect: str, table: sa.Table, counters: tuple[str, ...]) -> sa.Insert:
    statement = insert_into(dialect, table)
    sums = {name: table.c[name] + statement.excluded[name] for name in counters}
    adding: sa.Insert = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=sums)
    return adding
