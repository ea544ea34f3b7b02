"""Two runs of one dataset compared: paired by prompt and candidate, what each candidate gained or lost."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlmodel import Session, col, select

from core.domain.acceptability import Outcome
from core.domain.paired import Change, mean_change, median_ratio
from core.errors import BadInput, NotFound
from core.services.quality.gathering import NO_CASE, UNSCORED
from core.services.quality.judged import Judged, judged
from core.services.quality.scope import Scope
from core.storage.tables import Candidate, Run

Floats = NDArray[np.float64]
_SEED = 20_261_122
ALL = "All candidates"


@dataclass(frozen=True)
class CandidateChange:
    """What changed for one candidate (or, without an id, for all together) over the prompts both runs answered.

    ``latency``: after ÷ before, of medians, in ms; ``cost``: US dollars a response; ``acceptable``: the share, as a
    difference; ``scores``: by evaluator, as a difference of means. Repetitions are averaged within a prompt first.
    """

    candidate_id: int | None
    name: str
    position: int
    prompts: int
    latency: Change
    cost: Change
    acceptable: Change
    scores: dict[str, Change]


@dataclass(frozen=True)
class Comparison:
    """``only_before``, ``only_after``: names of candidates that only one of the runs asked."""

    before: int
    after: int
    lines: list[CandidateChange]
    only_before: list[str]
    only_after: list[str]


@dataclass(frozen=True)
class _Averages:
    """[prompts, candidates] each, nan where nothing is known; ``scores``: by evaluator."""

    latency_ms: Floats
    cost_usd: Floats
    acceptable: Floats
    scores: dict[str, Floats]


def compare(session: Session, before: int, after: int) -> Comparison:
    """Run ``after`` against run ``before``. Raises BadInput where they are not of one dataset.

    Intervals: 95 % each. By prompt, so that prompts count once however often they were repeated; the line of all
    candidates takes the mean over candidates within a prompt first.
    """
    runs = [_run(session, run_id) for run_id in (before, after)]
    if runs[0].dataset_id != runs[1].dataset_id:
        raise BadInput("These runs asked different datasets, so their responses cannot be paired by prompt.")
    first, second = (judged(session, Scope(run.dataset_id, run.id)) for run in runs)
    asked = [set(np.unique(each.responses.candidate).tolist()) for each in (first, second)]
    both = sorted(asked[0] & asked[1])
    names = _candidates(session, asked[0] | asked[1])
    earlier, later = (_averages(each, both) for each in (first, second))
    lines = [
        _change(earlier, later, [column], candidate.id, candidate.name, candidate.position)
        for column, candidate_id in enumerate(both)
        if (candidate := names.get(candidate_id)) is not None
    ]
    lines.sort(key=lambda line: line.position)
    if len(lines) > 1:
        lines.insert(0, _change(earlier, later, list(range(len(both))), None, ALL, -1))
    return Comparison(
        before=before,
        after=after,
        lines=[line for line in lines if line.prompts],
        only_before=sorted(names[one].name for one in asked[0] - asked[1] if one in names),
        only_after=sorted(names[one].name for one in asked[1] - asked[0] if one in names),
    )


def _run(session: Session, run_id: int) -> Run:
    run = session.get(Run, run_id)
    if run is None:
        raise NotFound(f"There is no run {run_id} any more.")
    return run


def _candidates(session: Session, ids: set[int]) -> dict[int, Candidate]:
    found = session.exec(select(Candidate).where(col(Candidate.id).in_(ids)))
    return {candidate.id: candidate for candidate in found if candidate.id is not None}


def _averages(found: Judged, candidates: list[int]) -> _Averages:
    r = found.responses
    here = np.isin(r.candidate, candidates)
    shape = len(found.prompts.id), len(candidates)
    cell = found.prompt[here] * shape[1] + np.searchsorted(candidates, r.candidate[here])
    verdict = np.where(found.verdict == Outcome.OPEN, np.nan, (found.verdict == Outcome.PASSED).astype(float))

    def averaged(values: Floats) -> Floats:
        values = np.asarray(values, dtype=float)[here]
        known = ~np.isnan(values)
        size = shape[0] * shape[1]
        total, n = np.bincount(cell[known], values[known], size), np.bincount(cell[known], minlength=size)
        return np.where(n > 0, total / np.maximum(n, 1), np.nan).reshape(shape)

    scores = np.where((found.scores == UNSCORED) | (found.scores == NO_CASE), np.nan, found.scores)
    return _Averages(
        averaged(r.latency_ms),
        averaged(r.cost_usd),
        averaged(verdict),
        {evaluator.name: averaged(scores[:, place]) for place, evaluator in enumerate(found.evaluators)},
    )


def _change(
    first: _Averages, second: _Averages, columns: list[int], candidate_id: int | None, name: str, position: int
) -> CandidateChange:
    def paired(before: Floats, after: Floats) -> tuple[Floats, Floats]:
        """[prompts] each: the mean over the candidates that are known on both sides."""
        before, after = before[:, columns], after[:, columns]
        known = ~(np.isnan(before) | np.isnan(after))
        n = known.sum(axis=1)
        sums = (np.where(known, side, 0.0).sum(axis=1) for side in (before, after))
        left, right = (np.where(n > 0, total / np.maximum(n, 1), np.nan) for total in sums)
        return left, right

    scores = {
        evaluator: mean_change(*paired(first.scores[evaluator], second.scores[evaluator]))
        for evaluator in first.scores
        if evaluator in second.scores
    }
    changes = (
        median_ratio(*paired(first.latency_ms, second.latency_ms), rng=np.random.default_rng(_SEED)),
        mean_change(*paired(first.cost_usd, second.cost_usd)),
        mean_change(*paired(first.acceptable, second.acceptable)),
    )
    most = max(change.n for change in (*changes, *scores.values()))
    return CandidateChange(
        candidate_id, name, position, most, *changes, {name: change for name, change in scores.items() if change.n}
    )
