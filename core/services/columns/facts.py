"""Parts read from the facts, some thousands of rows at a time."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session

from core.services.columns.parts import RESPONSES, Chosen, Kind, Part, responses_between
from core.storage.tables import metadata

Block = dict[str, NDArray[Any]]
"""Column → its values, ``run_id`` among them."""
Blocks = Iterator[Block]
AT_ONCE = 4_000
SPARSE = 4
_response = metadata.tables["response"]
_TYPES: dict[Kind, type] = {Kind.ID: np.int64, Kind.WHOLE: np.float64, Kind.NUMBER: np.float64, Kind.WORD: object}


def from_facts(session: Session, part: Part, chosen: Chosen) -> Blocks:
    """The part of the chosen runs, in blocks of the part's order."""
    if not chosen:
        return
    names, kinds = ("run_id", *part.columns), (Kind.ID, *part.columns.values())
    for query in _by_id(session, chosen) if part is RESPONSES else [part.query(chosen)]:
        for rows in rows_of(session, query):
            columns = zip(names, kinds, zip(*rows, strict=True), strict=True)
            yield {name: np.array(column, dtype=_TYPES[kind]) for name, kind, column in columns}


def rows_of(session: Session, query: sa.Select[Any]) -> Iterator[Sequence[Sequence[Any]]]:
    """Rows of numbers and words, AT_ONCE at a time; on SQLite as the driver gives them, which is a quarter quicker."""
    if session.get_bind().dialect.name != "sqlite":
        found = session.connection().execute(query, execution_options={"yield_per": AT_ONCE})
        yield from (list(map(tuple, rows)) for rows in found.partitions())
        return
    with session.connection().execute(query) as found:
        cursor: Any = found.cursor
        while rows := cursor.fetchmany(AT_ONCE):
            yield rows


def _by_id(session: Session, chosen: Chosen) -> Iterator[sa.Select[Any]]:
    """One stretch of ids after the other, where the runs fill most of it."""
    c = _response.c
    span = sa.select(sa.func.min(c.id), sa.func.max(c.id), sa.func.count()).where(c.run_id.in_(chosen))
    first, last, count = session.execute(span).one()
    if not count:
        return
    if last - first >= SPARSE * count:
        yield RESPONSES.query(chosen)
        return
    for begin in range(first, last + 1, AT_ONCE):
        yield responses_between(chosen, begin, begin + AT_ONCE - 1)


def nothing(part: Part) -> Block:
    """A block without a row."""
    kinds = {"run_id": Kind.ID, **part.columns}
    return {name: np.zeros(0, dtype=_TYPES[kind]) for name, kind in kinds.items()}


def together(part: Part, blocks: Sequence[Block]) -> Block:
    """One block of all; ``blocks`` are emptied on the way, so that no column is held twice for long."""
    if not blocks:
        return nothing(part)
    return {name: np.concatenate([block.pop(name) for block in blocks]) for name in ("run_id", *part.columns)}
