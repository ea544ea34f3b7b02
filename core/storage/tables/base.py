"""What every table stands on: the registry, and the kinds of columns."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, DateTime, Dialect, ForeignKey, Integer, Text, TypeDecorator
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from core.domain.facts import OverTurns

BigId = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes on every database; SQLite itself keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive times, store the rest as UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give every stored time its zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(SQLModel, registry=registry()):
    """The base of all tables, on a registry of our own: Streamlit's hot reload may import this twice."""


def row_id(**kwargs: Any) -> Any:
    return Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True, **kwargs))


def reference(target: str, *, null: bool = False, index: bool = False) -> Any:
    return Field(
        default=None if null else ...,
        sa_column=Column(BigId, ForeignKey(f"{target}.id"), nullable=null, index=index),
    )


def moment(*, null: bool = False) -> Any:
    return Field(default=None if null else ..., sa_column=Column(UtcDateTime(), nullable=null))


def json_value(*, null: bool = False) -> Any:
    return Field(default=None if null else ..., sa_column=Column(JSON(none_as_null=True), nullable=null))


def fact(unit: str, over_turns: OverTurns, *, of_turn: str = "", is_exported: bool = True) -> Any:
    """A column that holds a fact of a response; see domain.facts. ``of_turn``: its name there, where it is another."""
    told = {"unit": unit, "over_turns": over_turns, "of_turn": of_turn, "is_exported": is_exported}
    return Field(default=None, sa_column_kwargs={"info": {"fact": told}})


def long_text(default: str = "") -> Any:
    return Field(default=default, sa_column=Column(Text, nullable=False))
