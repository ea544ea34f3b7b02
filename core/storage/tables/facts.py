"""The list of a response's facts, as the columns of its table declare them."""

from typing import Any, get_args

from core.domain.facts import Fact
from core.storage.tables.compared import Response

_columns: Any = Response.__table__.columns  # type: ignore[attr-defined]


def _of(column: Any) -> Fact:
    told = column.info["fact"] | {"of_turn": column.info["fact"]["of_turn"] or column.name}
    kind, _ = get_args(Response.model_fields[column.name].annotation)
    return Fact(column.name, kind, **told)


FACTS = tuple(_of(column) for column in _columns if "fact" in column.info)
"""What is known of a response beside its texts, in the order in which files have it."""
EXPORTED = tuple(fact for fact in FACTS if fact.is_exported)
TOKENS = tuple(fact.name for fact in FACTS if fact.unit == "tokens")
