"""All figures of a dataset at once."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.services.asking.conversation import asked_at
from core.services.quality import gathering
from core.services.quality.amounts import scores_quality
from core.services.quality.at_a_time import one_at_a_time
from core.services.quality.cells import Basis
from core.services.quality.figures import Line, Sources, line
from core.services.quality.gathering import Ids
from core.services.quality.judged import GateInUse, Judged, judged
from core.services.quality.parts import parts
from core.services.quality.prompt_table import prompt_table
from core.services.quality.rated import rated_sides
from core.services.quality.scope import RunRef, Scope
from core.services.quality.sendable import judged_by_models
from core.storage.tables import Candidate, metadata

_prompt = metadata.tables["prompt"]


@dataclass(frozen=True)
class CandidateRef:
    """A candidate as pages show it."""

    id: int
    name: str
    position: int
    is_champion: bool


@dataclass(frozen=True)
class QualityReport:
    """``basis``: whose prompts these are, of the candidate ``basis_id`` where they are one's."""

    scope: Scope
    candidates: list[CandidateRef]
    """All that were asked anything in scope, those included that were asked none of these prompts."""
    categories: list[str]
    lines: list[Line]
    """Every candidate, first over all (category None), then by category; candidates in order of position."""
    gates: list[GateInUse]
    evaluators: list[str]
    of_quality: list[str]
    """Those of them whose scores say how good an answer is."""
    runs: list[RunRef]
    """All of the dataset, the newest first."""
    counted: dict[int, frozenset[int]]
    """Run id → the candidates whose responses in it count."""
    prompts: int
    """How many the dataset has."""
    basis: Basis
    basis_id: int | None
    compared_on: dict[str | None, int]
    """On how many of them candidates are compared, by category (None: all)."""
    said: int
    """How often raters said of a response in scope whether they would send it."""
    simulated: int
    """How many of these are not by people."""
    unplaced: int
    """How often it is not known which of several answers an imported vote is about."""

    def overall(self, category: str | None = None) -> list[Line]:
        """One line a candidate, in one category or over all."""
        return [line for line in self.lines if line.category == category]

    def compared(self, category: str | None = None) -> list[Line]:
        """The lines that may be ranked: of candidates that were asked enough of the same prompts."""
        return [line for line in self.overall(category) if not line.stands_apart]

    def apart(self, category: str | None = None) -> list[Line]:
        """The other lines: shown, and never ranked or averaged among the others."""
        return [line for line in self.overall(category) if line.stands_apart]

    def elsewhere(self, category: str | None = None) -> list[CandidateRef]:
        """The candidates that were asked other prompts alone, and so have no line."""
        here = {line.candidate_id for line in self.overall(category)}
        return [candidate for candidate in self.candidates if candidate.id not in here]

    def candidate(self, candidate_id: int) -> CandidateRef:
        """The candidate of a line."""
        return next(candidate for candidate in self.candidates if candidate.id == candidate_id)


@one_at_a_time
def report(session: Session, scope: Scope) -> QualityReport:
    """The figures of every candidate in scope; empty where nothing was answered or tried."""
    found = judged(session, scope)
    candidates = _candidates(session, found.cells.asked)
    attempts, failed = gathering.attempts(session, found.cells), gathering.given_up(session, found.cells)
    faults, judging = gathering.faults(session, found.cells), gathering.judging(session, found.cells)
    ids = [candidate.id for candidate in candidates]
    table = prompt_table(found, ids, attempts, failed, _turns(session, found, attempts.run))
    said = rated_sides(session, found)
    sources = Sources(table, said, judged_by_models(found), faults, judging)
    return QualityReport(
        scope=scope,
        candidates=candidates,
        categories=found.categories,
        lines=[line(found, part, sources) for part in parts(found, ids, table, failed)],
        gates=found.gates,
        evaluators=[evaluator.name for evaluator in found.evaluators],
        of_quality=[evaluator.name for evaluator in found.evaluators if scores_quality(evaluator)],
        runs=found.listed,
        counted=found.cells.parts,
        prompts=len(found.prompts.id),
        basis=found.cells.basis,
        basis_id=found.cells.basis_id,
        compared_on=_compared_on(found),
        said=len(said.rater),
        simulated=int(said.is_simulated.sum()),
        unplaced=said.unplaced,
    )


def _compared_on(found: Judged) -> dict[str | None, int]:
    here = found.cells.prompts_of
    of: dict[str | None, int] = {None: int(here.sum())}
    for number, name in enumerate(found.categories):
        of[name] = int((here & (found.category_of_prompt == number)).sum())
    return of


def candidates_of(session: Session, listed: Iterable[RunRef]) -> list[CandidateRef]:
    """The candidates that were asked in these runs, in the order of their positions."""
    return _candidates(session, frozenset().union(*(run.candidates for run in listed)))


def _candidates(session: Session, ids: frozenset[int]) -> list[CandidateRef]:
    query = select(Candidate).where(col(Candidate.id).in_(ids)).order_by(col(Candidate.position), col(Candidate.id))
    return [CandidateRef(c.id or 0, c.name, c.position, c.is_champion) for c in session.exec(query)]


def _turns(session: Session, found: Judged, tried_in: Ids) -> Ids:
    """[prompts] user turns, of those alone whose recorded responses tell only how often was tried in all."""
    r, turns = found.responses, np.zeros(len(found.prompts.id), dtype=np.int64)
    alone = ~np.isin(r.run, tried_in) & ~np.isnan(r.attempts)
    if not alone.any():
        return turns
    query = sa.select(_prompt.c.id, _prompt.c.messages).where(_prompt.c.dataset_id == found.scope.dataset_id)
    for prompt_id, messages in session.execute(query):
        place = np.searchsorted(found.prompts.id, prompt_id)
        turns[place] = len(asked_at(messages))
    return turns
