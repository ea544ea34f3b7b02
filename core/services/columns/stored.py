"""Which parts of some runs are stored, as of one moment, and reading them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session

from core.errors import NotFound
from core.services.columns.facts import Blocks, from_facts
from core.services.columns.packing import unpacked, unpacked_scores
from core.services.columns.parts import PARTS, Chosen, Part
from core.services.columns.scores import SCORES, SCORES_LAYOUT
from core.storage.tables import metadata

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]
LAYOUTS = {**{part.name: part.layout for part in PARTS}, SCORES: SCORES_LAYOUT}
_columns, _chunk = metadata.tables["run_columns"], metadata.tables["run_columns_chunk"]
_RUNS_AT_ONCE = 500
_CHUNKS_AT_ONCE = 16


@dataclass(frozen=True)
class Head:
    """A part of a run that is stored whole."""

    run_id: int
    part: str
    evaluator_id: int
    token: str
    rows: int
    chunks: int
    candidates: frozenset[int]


class Stored:
    """The parts of some runs that are stored; what is not is read from the facts.

    All was looked up by one statement, so that the parts are of one moment: scores stand in the order of the responses.
    """

    def __init__(self, session: Session, run_ids: Iterable[int], parts: Sequence[Part] = ()) -> None:
        """``parts``: those alone that are asked for; by default all."""
        found = heads(session, run_ids, [part.name for part in parts] or list(LAYOUTS))
        self._heads = {(head.run_id, head.part, head.evaluator_id): head for head in found}
        self._ids: dict[int, list[Ids]] = {}

    def candidates(self, run_id: int, part: Part) -> frozenset[int] | None:
        """The candidates in a part of a run; None where it is not stored."""
        head = self._heads.get((run_id, part.name, 0))
        return None if head is None else head.candidates

    def blocks(self, session: Session, part: Part, chosen: Chosen) -> Blocks:
        """The part of the chosen runs, from columns and from facts; of stored runs with all of their candidates."""
        there = [head for run_id in sorted(chosen) if (head := self._heads.get((run_id, part.name, 0))) is not None]
        for head, file in _files(session, there):
            block = unpacked(part, file)
            if "id" in block and part is PARTS[0]:
                self._ids.setdefault(head.run_id, []).append(block["id"])
            count = len(next(iter(block.values())))
            yield {"run_id": np.full(count, head.run_id), **block}
        stored = {head.run_id for head in there}
        yield from from_facts(session, part, {run: who for run, who in chosen.items() if run not in stored})

    def ids(self, run_id: int) -> Ids | None:
        """The ids of a stored run's responses, which ``blocks`` gave; None where the run's are not stored."""
        found = self._ids.get(run_id)
        if found is None:
            return np.zeros(0, dtype=np.int64) if (run_id, PARTS[0].name, 0) in self._heads else None
        return np.concatenate(found)

    def has_scores(self, run_id: int, evaluator_id: int) -> bool:
        """Whether that evaluator's scores of a run are stored."""
        return (run_id, SCORES, evaluator_id) in self._heads

    def scores(self, session: Session, run_id: int, evaluators: Sequence[int]) -> Iterator[tuple[int, int, Floats]]:
        """(evaluator, place of the first in ``ids``, values), chunk by chunk of what is stored."""
        there = [head for each in evaluators if (head := self._heads.get((run_id, SCORES, each))) is not None]
        for head, files in groupby(_files(session, there), key=lambda found: found[0]):
            start = 0
            for _, file in files:
                values = unpacked_scores(file)
                yield head.evaluator_id, start, values
                start += len(values)


def heads(session: Session, run_ids: Iterable[int], parts: Sequence[str]) -> Iterator[Head]:
    """What is stored whole of these runs, in today's layout."""
    wanted, c = sorted(run_ids), _columns.c
    names = ("run_id", "part", "evaluator_id", "token", "rows", "chunks", "candidates", "layout")
    query = sa.select(*(c[name] for name in names)).where(c.is_whole, c.part.in_(parts))
    for begin in range(0, len(wanted), _RUNS_AT_ONCE):
        for found in session.execute(query.where(c.run_id.in_(wanted[begin : begin + _RUNS_AT_ONCE]))):
            if found.layout == LAYOUTS.get(found.part):
                key = found.run_id, found.part, found.evaluator_id
                yield Head(*key, found.token, found.rows, found.chunks, frozenset(found.candidates or ()))


def _files(session: Session, wanted: Sequence[Head]) -> Iterator[tuple[Head, bytes]]:
    """The chunks of each in their order, some at a time. Raises NotFound where they were deleted since."""
    c = _chunk.c
    query = sa.select(c.token, c.number, c.packed)
    for some in _in_groups([(head, number) for head in wanted for number in range(head.chunks)]):
        of = {head.token: head for head, _ in some}
        numbers = {number for _, number in some}
        where = c.token.in_(of), c.number.between(min(numbers), max(numbers))
        found = {(row.token, row.number): row.packed for row in session.execute(query.where(*where))}
        for head, number in some:
            file = found.pop((head.token, number), None)
            if file is None:
                raise NotFound("What was being read was deleted meanwhile. Load the page again, or ask once more.")
            yield head, file


def _in_groups(wanted: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for begin in range(0, len(wanted), _CHUNKS_AT_ONCE):
        yield wanted[begin : begin + _CHUNKS_AT_ONCE]
