"""Alembic's environment: migrations run on the connection that storage.schema hands over."""

from typing import Any, Literal

from alembic import context
from sqlmodel import AutoString

from core.storage.tables import UtcDateTime, metadata


def _plain_types(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations name only SQLAlchemy's own types, so that they outlive ours."""
    if kind == "type" and isinstance(item, AutoString):
        return "sa.String()"
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=_plain_types,
)
with context.begin_transaction():
    context.run_migrations()
