"""Whose answers to which prompt count, out of which run: what makes candidates comparable."""

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session

from core.services.quality.scope import ENDED, IMPORTED, RunRef, Scope, within
from core.storage.tables import metadata

_response, _attempt, _candidate = (metadata.tables[name] for name in ("response", "attempt", "candidate"))
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
        return np.asarray(there & (same | (source == _EVERYWHERE)))


def cells(session: Session, listed: list[RunRef], prompts: Ids, scope: Scope) -> Cells:
    """What counts in ``scope``. ``listed``: the dataset's runs as ``runs`` gives them; ``prompts``: ids, ascending."""
    inside = [run for run in listed if scope.run_id in (None, run.id)]
    imports = np.array([run.id for run in inside if run.source == IMPORTED], dtype=np.int64)
    candidates = np.array(sorted(frozenset().union(*(run.candidates for run in inside))), dtype=np.int64)
    newest = _newest(session, inside, candidates, prompts)
    asked = newest > 0
    is_newest = scope.run_id is None and not scope.all_runs
    basis, basis_id, compared = _basis(session, asked, candidates, scope, is_newest=is_newest)
    source = np.where(np.isin(newest, imports), _IMPORTS, newest) if is_newest else np.where(asked, _EVERYWHERE, 0)
    source = np.where(compared, source, _NOWHERE)
    return Cells(
        candidates=candidates,
        prompts=prompts,
        source=source,
        parts=_parts(source, candidates, inside),
        imports=imports,
        basis=basis,
        basis_id=basis_id,
        prompts_of=compared,
        asked=frozenset(candidates[asked.any(axis=1)].tolist()) if asked.size else frozenset(),
    )


def _newest(session: Session, inside: list[RunRef], candidates: Ids, prompts: Ids) -> Ids:
    """[candidates, prompts] the newest run that asked; of those that came to their end, else of all; 0: none did."""
    newest = np.zeros((len(candidates), len(prompts)), dtype=np.int64)
    whole: Parts = {run.id: run.candidates for run in inside}
    unfinished = [run.id for run in inside if run.state != ENDED]
    for table in (_response, _attempt):
        c = table.c
        rank = sa.case((c.run_id.in_(unfinished), c.run_id), else_=c.run_id + sa.literal(_AHEAD, sa.BigInteger))
        query = sa.select(c.candidate_id, c.prompt_id, sa.func.max(rank)).where(within(table, whole))
        rows = session.execute(query.group_by(c.candidate_id, c.prompt_id)).all()
        if rows:
            who, what, ranks = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
            row, place = np.searchsorted(candidates, who), np.searchsorted(prompts, what)
            newest[row, place] = np.maximum(newest[row, place], ranks)
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
