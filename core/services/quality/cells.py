"""Whose answers to which prompt count, out of which run: what makes candidates comparable."""

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session

from core.services.columns import ANSWERED, TRIED, Stored
from core.services.quality.scope import ENDED, IMPORTED, LeftOut, RunRef, Scope
from core.storage.tables import metadata

_candidate = metadata.tables["candidate"]
Ids = NDArray[np.int64]
Grid = NDArray[np.bool_]
Parts = dict[int, frozenset[int]]
_AHEAD = 10**12
_NOWHERE, _EVERYWHERE, _IMPORTS = 0, -1, -2


class Basis(StrEnum):
    """Whose prompts candidates are compared on. ANY: all that anybody was asked."""

    CHAMPION = "champion"
    WIDEST = "widest"
    SHARED = "shared"
    ANY = "any"


@dataclass(frozen=True)
class Cells:
    """``prompts_of``: [prompts] those that candidates are compared on, which are those of ``basis_id`` where it is one
    candidate's.
    """

    dataset_id: int
    candidates: Ids
    prompts: Ids
    source: Ids
    """[candidates, prompts] the run that counts, or that none or every one does; ids ascend."""
    parts: Parts
    """Run → candidates that have a cell in it."""
    imports: Ids
    """The runs that count as one."""
    basis: Basis
    basis_id: int | None
    prompts_of: Grid
    asked: frozenset[int]
    """The candidates that were asked anything, there or elsewhere."""
    stored: Stored
    """What of the runs is read from their columns."""
    left_out: tuple[LeftOut, ...] = ()

    def hold(self, run: Ids, candidate: Ids, prompt: Ids) -> Grid:
        """[n] whether what is of this run, candidate and prompt counts."""
        if not len(run) or not self.source.size:
            return np.zeros(len(run), dtype=bool)
        row, place = (
            np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
            for ids, wanted in ((self.candidates, candidate), (self.prompts, prompt))
        )
        there = (self.candidates[row] == candidate) & (self.prompts[place] == prompt)
        source = self.source[row, place]
        same = source == np.where(np.isin(run, self.imports), _IMPORTS, run)
        counts = there & (same | (source == _EVERYWHERE))
        for one in self.left_out:
            counts &= ~one.holds(run, candidate, prompt)
        return np.asarray(counts)


def cells(session: Session, listed: list[RunRef], prompts: Ids, scope: Scope) -> Cells:
    """What counts in ``scope``. ``listed``: the dataset's runs as ``runs`` gives them; ``prompts``: ids, ascending."""
    inside = [run for run in listed if scope.run_id in (None, run.id)]
    imports = np.array([run.id for run in inside if run.source == IMPORTED], dtype=np.int64)
    candidates = np.array(sorted(frozenset().union(*(run.candidates for run in inside))), dtype=np.int64)
    stored = Stored(session, [run.id for run in inside])
    newest = _newest(session, stored, inside, candidates, prompts)
    asked = newest > 0
    is_newest = scope.run_id is None and not scope.all_runs
    basis, basis_id, compared = _basis(session, asked, candidates, scope, is_newest=is_newest)
    source = np.where(np.isin(newest, imports), _IMPORTS, newest) if is_newest else np.where(asked, _EVERYWHERE, 0)
    source = np.where(compared, source, _NOWHERE)
    return Cells(
        dataset_id=scope.dataset_id,
        candidates=candidates,
        prompts=prompts,
        source=source,
        parts=_parts(source, candidates, inside),
        imports=imports,
        basis=basis,
        basis_id=basis_id,
        prompts_of=compared,
        asked=frozenset(candidates[asked.any(axis=1)].tolist()) if asked.size else frozenset(),
        stored=stored,
        left_out=scope.left_out,
    )


def _newest(session: Session, stored: Stored, inside: list[RunRef], candidates: Ids, prompts: Ids) -> Ids:
    """[candidates, prompts] the newest run that asked; of those that came to their end, else of all; 0: none did."""
    newest = np.zeros((len(candidates), len(prompts)), dtype=np.int64)
    unfinished = [run.id for run in inside if run.state != ENDED]
    for part in (ANSWERED, TRIED):
        for block in stored.blocks(session, part, {run.id: run.candidates for run in inside}):
            run_id = block["run_id"]
            rank = np.where(np.isin(run_id, unfinished), run_id, run_id + _AHEAD)
            row = np.searchsorted(candidates, block["candidate_id"])
            np.maximum.at(newest, (row, np.searchsorted(prompts, block["prompt_id"])), rank)
    return newest % _AHEAD


def _basis(
    session: Session, asked: Grid, candidates: Ids, scope: Scope, *, is_newest: bool
) -> tuple[Basis, int | None, Grid]:
    """Whose prompts, and [prompts] which these are."""
    if not asked.any():
        return Basis.ANY, None, np.zeros(asked.shape[1], dtype=bool)
    if scope.shared:
        here = asked.any(axis=1) & (np.isin(candidates, list(scope.among)) if scope.among else True)
        return Basis.SHARED, None, np.asarray(asked[here].all(axis=0) & here.any())
    if not is_newest:
        return Basis.ANY, None, np.asarray(asked.any(axis=0))
    c = _candidate.c
    champions = set(session.execute(sa.select(c.id).where(c.is_champion)).scalars())
    for row, candidate in enumerate(candidates.tolist()):
        if candidate in champions and asked[row].any():
            return Basis.CHAMPION, candidate, asked[row]
    widest = int(asked.sum(axis=1).argmax())
    return Basis.WIDEST, int(candidates[widest]), asked[widest]


def _parts(source: Ids, candidates: Ids, inside: list[RunRef]) -> Parts:
    found: dict[int, set[int]] = defaultdict(set)
    for row, candidate in enumerate(candidates.tolist()):
        wanted = set(np.unique(source[row]).tolist())
        for run in inside:
            group = _IMPORTS if run.source == IMPORTED else run.id
            if candidate in run.candidates and (_EVERYWHERE in wanted or group in wanted):
                found[run.id].add(candidate)
    return {run_id: frozenset(those) for run_id, those in found.items()}
