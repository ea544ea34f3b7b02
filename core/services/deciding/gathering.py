"""Reads what verdicts rest on: all runs of a dataset's versions, pooled by the content of prompts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlmodel import Session

from core.domain.acceptability import Check, CostPerAcceptable, CostState, cost_per_acceptable
from core.domain.answering import FaultKind
from core.services.datasets import datasets
from core.services.deciding.anew import Before, before
from core.services.deciding.changes import Change
from core.services.leaderboards.moments import Moment
from core.services.quality import gathering, rated, sendable
from core.services.quality.gathering import GivenUp
from core.services.quality.judged import Judged, judged
from core.services.quality.prompt_table import PromptTable, prompt_table
from core.services.quality.rated import RatedSides
from core.services.quality.scope import Scope, runs
from core.storage.tables import metadata

_prompt = metadata.tables["prompt"]
_NO_RESPONSE = 0
QUESTIONS = ("send", "safety")
Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Pooled:
    """Everything that candidates answered to a dataset's prompts, in whichever version and run."""

    candidates: list[int]
    """Ids, ascending: C."""
    categories: list[str]
    category: Ids
    """[P] of each prompt, as its newest version says; a place in ``categories``."""
    judged: Floats
    """[C, P] responses with a verdict and units given up."""
    acceptable: Floats
    """[C, P] of them acceptable."""
    paid_usd: Floats
    """[C, P] for these, failed attempts too; nan: not known."""
    spent_usd: Floats
    """[C, P] everything that was paid, for responses without a verdict too; nan: not known."""
    answers: "AnswerColumns"
    sends: RatedSides
    """What raters said of them to the question *send*."""
    safety: RatedSides
    """And to *safety*."""
    changes: tuple[Change, ...] = ()
    """With which the evidence of a candidate begins anew."""

    def here(self, category: str | None) -> Flags:
        """[P] the prompts of a category, or with None all."""
        if category is None:
            return np.ones(len(self.category), dtype=bool)
        return np.array([name == category for name in self.categories], dtype=bool)[self.category]

    def cost(self, candidate: int, category: str | None) -> CostPerAcceptable:
        """What an acceptable response of a candidate costs there; UNKNOWN where it was not asked."""
        if candidate not in self.candidates:
            return CostPerAcceptable(CostState.UNKNOWN)
        row = self.candidates.index(candidate)
        asked = self.here(category) & ((self.judged[row] > 0) | np.isnan(self.paid_usd[row]))
        return cost_per_acceptable(*(grid[row, asked] for grid in (self.paid_usd, self.acceptable, self.judged)))


@dataclass(frozen=True)
class AnswerColumns:
    """One entry a response or unit given up."""

    id: Ids
    """Of the response; 0 of a unit given up."""
    candidate: Ids
    """A place in ``Pooled.candidates``."""
    prompt: Ids
    """A code 0 … P−1."""
    is_open: Flags
    """Without a verdict."""
    signal: Floats
    """What the verdict tells of what experts would say; see Judged.signals."""
    judge: Floats
    """What judges of single responses gave, nan where none did."""
    never_shown: Flags
    """Empty, cut short or given up: raters are never asked about it."""
    latency_ms: Floats
    """nan: not known. Of a unit given up at a timeout: how long was waited."""
    timed_out: Flags
    is_wanted: Flags
    """A response to a prompt that does not ask for a refusal."""
    refused: Flags
    """It refuses although an answer was wanted."""

    def where(self, which: Flags | Ids) -> "AnswerColumns":
        """Some of them."""
        return AnswerColumns(**{name: column[which] for name, column in vars(self).items()})


def pooled(session: Session, dataset: str, *, since: datetime | None = None, up_to: Moment | None = None) -> Pooled:
    """All that counts of every version of the dataset of that name: of each candidate, since it last changed.

    ``since``: of runs begun after it alone, whatever changed, and without what raters said. ``up_to``: what stood at
    that moment.
    """
    ids = datasets.versions(session, dataset)
    code_of, names, category = _contents(session, ids)
    category_of = {prompt: names[category[code]] for prompt, code in code_of.items()}
    earlier = before(session, ids, category_of, up_to) if since is None else Before()
    scopes = [scope for dataset_id in ids for scope in _scopes(session, dataset_id, since, earlier, up_to)]
    parts = [_part(session, scope, code_of, earlier) for scope in scopes]
    candidates = sorted({candidate for part in parts for candidate in part.candidates})
    shape = len(candidates), len(category)
    judged_, acceptable, paid, spent = grids = tuple(np.zeros(shape) for _ in range(4))
    columns = []
    for part in parts:
        rows = np.searchsorted(candidates, part.candidates)
        cell = np.ix_(rows, part.code)
        table = part.table
        amounts = (table.judged, table.acceptable, _paid(table), table.paid_usd)
        for grid, added in zip(grids, amounts, strict=True):
            np.add.at(grid, cell, added)
        columns.append(_answers(part, candidates))
    answers = _joined(columns)
    sends, safety = (_rated(session, parts if since is None else [], question) for question in QUESTIONS)
    return Pooled(
        candidates, names, category, judged_, acceptable, paid, spent, answers, sends, safety, earlier.changes
    )


def _paid(table: PromptTable) -> Floats:
    """For what has a verdict, as the shares have it."""
    return np.asarray(np.maximum(table.paid_usd - table.open_usd, 0.0))


def _rated(session: Session, parts: Sequence["_Part"], question: str) -> RatedSides:
    """With places among the answers of all parts."""
    counts = [len(part.found.responses.id) for part in parts]
    starts = np.cumsum([0, *(count + len(part.failed) for count, part in zip(counts, parts, strict=True))])
    places = [start + np.arange(count) for count, start in zip(counts, starts[:-1], strict=True)]
    return rated.joined(rated.of_scopes(session, [part.found for part in parts], question), places)


def _scopes(
    session: Session, dataset_id: int, since: datetime | None, earlier: Before, up_to: Moment | None
) -> list[Scope]:
    if since is None:
        return [Scope(dataset_id, all_runs=True, left_out=earlier.left_out, up_to=up_to)]
    return [Scope(dataset_id, run.id) for run in runs(session, dataset_id) if run.created_at > since]


def _contents(session: Session, datasets: Sequence[int]) -> tuple[dict[int, int], list[str], Ids]:
    """Prompt id → the code of its content; the categories; and [P] the place of each content's category there."""
    p = _prompt.c
    query = sa.select(p.id, p.content_hash, p.category).where(p.dataset_id.in_(datasets)).order_by(p.id)
    codes: dict[str, int] = {}
    code_of: dict[int, int] = {}
    category: dict[int, str] = {}
    for prompt_id, content, name in session.execute(query):
        code_of[prompt_id] = codes.setdefault(content, len(codes))
        category[code_of[prompt_id]] = name
    names = sorted(set(category.values()))
    place = {name: number for number, name in enumerate(names)}
    return code_of, names, np.array([place[category[code]] for code in range(len(codes))], dtype=np.int64)


@dataclass(frozen=True)
class _Part:
    """What counts in one scope."""

    found: Judged
    candidates: list[int]
    table: PromptTable
    code: Ids
    """[prompts of the version]."""
    failed: list[GivenUp]
    earlier: Before


def _part(session: Session, scope: Scope, code_of: dict[int, int], earlier: Before) -> _Part:
    found = judged(session, scope)
    candidates = sorted(found.cells.asked)
    failed = [unit for unit in gathering.given_up(session, found.cells) if unit.tells_of_candidate]
    found, attempts = earlier.restated(found, gathering.attempts(session, found.cells))
    turns = np.zeros(len(found.prompts.id), dtype=np.int64)
    table = prompt_table(found, candidates, attempts, failed, turns)
    code = np.array([code_of[prompt] for prompt in found.prompts.id.tolist()], dtype=np.int64)
    return _Part(found, candidates, table, code, failed, earlier)


def _answers(part: _Part, candidates: Sequence[int]) -> AnswerColumns:
    found, r = part.found, part.found.responses
    judge = sendable.judged_by_models(found)
    units = part.failed
    late = np.array([unit.kind == FaultKind.TIMEOUT for unit in units], dtype=bool)
    waited = np.array([np.nan if unit.after_ms is None else unit.after_ms for unit in units], dtype=float)
    who = np.concatenate([r.candidate, np.array([unit.candidate_id for unit in units], dtype=np.int64)])
    asked = np.array([unit.prompt_id for unit in units], dtype=np.int64)
    place = np.searchsorted(found.prompts.id, asked)
    run = np.concatenate([r.run, np.array([unit.run_id for unit in units], dtype=np.int64)])
    timed = part.earlier.is_timed(run, who, np.concatenate([r.prompt, asked]))
    wanted = ~found.prompts.expects_refusal[found.prompt] if len(found.prompt) else np.zeros(0, dtype=bool)
    return AnswerColumns(
        id=np.concatenate([r.id, np.full(len(units), _NO_RESPONSE, dtype=np.int64)]),
        candidate=np.searchsorted(candidates, who).astype(np.int64),
        prompt=part.code[np.concatenate([found.prompt, place])],
        is_open=np.concatenate([found.verdict == Check.OPEN, np.zeros(len(units), dtype=bool)]),
        signal=np.concatenate([found.signals, np.zeros(len(units))]),
        judge=np.full(len(r.id) + len(units), np.nan)
        if judge is None
        else np.concatenate([judge, np.full(len(units), np.nan)]),
        never_shown=np.concatenate([found.never_shown, np.ones(len(units), dtype=bool)]),
        latency_ms=np.where(timed, np.concatenate([r.latency_ms, np.where(late, waited, np.nan)]), np.nan),
        timed_out=np.concatenate([np.zeros(len(r.id), dtype=bool), late]) & timed,
        is_wanted=np.concatenate([wanted, np.zeros(len(units), dtype=bool)]),
        refused=np.concatenate([found.refuses & wanted, np.zeros(len(units), dtype=bool)]),
    )


def _joined(parts: Sequence[AnswerColumns]) -> AnswerColumns:
    kinds = {
        "id": np.int64,
        "candidate": np.int64,
        "prompt": np.int64,
        "signal": float,
        "judge": float,
        "latency_ms": float,
    }
    return AnswerColumns(
        **{
            name: np.concatenate([np.zeros(0, kinds.get(name, bool)), *(getattr(part, name) for part in parts)])
            for name in AnswerColumns.__dataclass_fields__
        }
    )
