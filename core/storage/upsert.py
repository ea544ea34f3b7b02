"""INSERT … ON CONFLICT, spelt the same for both databases."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session


def add_to(session: Session, table: sa.Table, row: dict[str, Any], counters: Sequence[str]) -> None:
    """Insert ``row``, or where its primary key is there already, add its ``counters`` to those."""
    session.execute(_adding(session.get_bind().dialect.name, table, tuple(counters)), row)


def insert_ignoring(session: Session, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the ``rows`` whose unique keys are not there yet."""
    session.execute(_insert(session.get_bind().dialect.name, table).on_conflict_do_nothing(), rows)


@lru_cache
def _adding(dialect: str, table: sa.Table, counters: tuple[str, ...]) -> sa.Insert:
    statement = _insert(dialect, table)
    sums = {name: table.c[name] + statement.excluded[name] for name in counters}
    adding: sa.Insert = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=sums)
    return adding


def _insert(dialect: str, table: sa.Table) -> Any:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
