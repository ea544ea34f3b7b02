"""Parts read from the facts, some thousands of rows at a time."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session

from core.services.columns.parts import Chosen, Kind, Part

Block = dict[str, NDArray[Any]]
"""Column → its values, ``run_id`` among them."""
Blocks = Iterator[Block]
AT_ONCE = 10_000
_TYPES: dict[Kind, type] = {Kind.ID: np.int64, Kind.WHOLE: np.float64, Kind.NUMBER: np.float64, Kind.WORD: object}


def from_facts(session: Session, part: Part, chosen: Chosen) -> Blocks:
    """The part of the chosen runs, in blocks of the part's order; nothing is kept of those that were given."""
    if not chosen:
        return
    kinds = (Kind.ID, *part.columns.values())
    found = session.connection().execute(part.query(chosen), execution_options={"yield_per": AT_ONCE})
    for rows in found.partitions():
        columns = zip(*rows, strict=True)
        arrays: list[NDArray[Any]] = [
            np.array(column, dtype=_TYPES[kind]) for column, kind in zip(columns, kinds, strict=True)
        ]
        yield dict(zip(("run_id", *part.columns), arrays, strict=True))


def nothing(part: Part) -> Block:
    """A block without a row."""
    kinds = {"run_id": Kind.ID, **part.columns}
    return {name: np.zeros(0, dtype=_TYPES[kind]) for name, kind in kinds.items()}


def together(part: Part, blocks: Sequence[Block]) -> Block:
    """One block of all; ``blocks`` are emptied on the way, so that no column is held twice for long."""
    if not blocks:
        return nothing(part)
    return {name: np.concatenate([block.pop(name) for block in blocks]) for name in ("run_id", *part.columns)}
