"""One run's figures under today's gates and evaluators: of each candidate and metric the means on every prompt."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session

from core.domain.drift import Metric, Seen
from core.services.quality import gathering
from core.services.quality.at_a_time import one_at_a_time
from core.services.quality.gathering import Floats, Ids
from core.services.quality.judged import Judged, judged
from core.services.quality.scope import Scope
from core.services.watching.drift import metrics
from core.services.watching.drift.contents import Contents
from core.services.watching.drift.ended import EndedRun
from core.services.watching.drift.sent import Sends
from core.storage.tables import metadata

_response, _attempt = metadata.tables["response"], metadata.tables["attempt"]
Limits = Mapping[int, tuple[float, ...]]
"""Candidate → the baseline's latencies at metrics.QUANTILES, in ms."""
Name = tuple[str | None, str | None]
"""The model's name as it answered, and its fingerprint."""


@dataclass(frozen=True)
class RunFigures:
    """What one run says. ``seen``: by candidate and the metric's name, [contents] each."""

    run_id: int
    dataset_id: int
    at: datetime
    is_slice: bool
    candidates: frozenset[int]
    seen: dict[tuple[int, str], Seen]
    metrics: dict[str, Metric]
    names: dict[int, Counter[Name]]
    """How many answers came under which name."""
    rates: dict[int, frozenset[int]]
    """Candidate → the rates its attempts were priced with."""
    latencies: dict[int, tuple[Ids, Floats]] = field(default_factory=dict)
    """Candidate → (contents, ms) of each answer: kept of the baseline alone."""


@one_at_a_time
def run_figures(
    session: Session, run: EndedRun, contents: Contents, sends: Sends, *, limits: Limits | None = None
) -> RunFigures:
    """Read a run. ``limits``: None for one of the baseline, whose latencies they come from."""
    found = judged(session, Scope(run.dataset_id, run.id))
    code = contents.codes_of(found.prompts.id)[found.prompt] if len(found.prompt) else found.prompt
    size = len(contents.hashes)
    seen: dict[tuple[int, str], Seen] = {}
    places = {of: np.flatnonzero(found.responses.candidate == of) for of in sorted(found.cells.asked)}
    failed = {of: contents.codes_of(prompts) for of, prompts in _given_up(session, found).items()}
    told = []
    for metric, value in metrics.values(found):
        told.append(metric)
        for candidate, mine in places.items():
            lost = failed[candidate] if metric == metrics.ACCEPTABLE else np.zeros(0, dtype=np.int64)
            both = np.concatenate([code[mine], lost])
            seen[candidate, metric.name] = _means(both, np.concatenate([value[mine], np.zeros(len(lost))]), size)
    sent = sends.of(found.responses.id)
    for candidate, mine in places.items():
        both = np.concatenate([code[mine], failed[candidate]])
        is_lost = np.repeat([0.0, 1.0], [len(mine), len(failed[candidate])])
        seen[candidate, metrics.ERRORS.name] = _means(both, is_lost, size)
        if sent is not None:
            seen[candidate, metrics.HUMAN.name] = sent.means(code, mine, size)
        if limits is not None and candidate in limits:
            slower = _slower(code[mine], found.responses.latency_ms[mine], limits[candidate], size)
            seen.update({(candidate, name): each for name, each in slower.items()})
    times = {of: (code[mine], found.responses.latency_ms[mine]) for of, mine in places.items()}
    return RunFigures(
        run_id=run.id,
        dataset_id=run.dataset_id,
        at=run.at,
        is_slice=run.is_slice,
        candidates=found.cells.asked,
        seen=seen,
        metrics={metric.name: metric for metric in (*told, metrics.ERRORS, metrics.HUMAN, *metrics.SLOWER)},
        names=_names(session, run.id),
        rates=_rates(session, run.id),
        latencies=times if limits is None else {},
    )


def with_limits(run: RunFigures, limits: Limits, contents: int) -> RunFigures:
    """A run of the baseline with its share of slow answers, now that the limits are known; its latencies go."""
    for candidate, (code, ms) in run.latencies.items():
        for name, each in _slower(code, ms, limits.get(candidate, ()), contents).items():
            run.seen[candidate, name] = each
    run.latencies.clear()
    return run


def limits_of(runs: list[RunFigures]) -> Limits:
    """The latencies at metrics.QUANTILES of all the baseline's answers; without those of whom none is known."""
    found = {}
    for candidate in sorted(frozenset().union(*(run.candidates for run in runs))):
        times = [run.latencies[candidate][1] for run in runs if candidate in run.latencies]
        known = np.concatenate([each[~np.isnan(each)] for each in times])
        if len(known):
            found[candidate] = tuple(float(each) for each in np.quantile(known, metrics.QUANTILES))
    return found


def _means(code: Ids, value: Floats, size: int) -> Seen:
    known = ~np.isnan(value)
    n = np.bincount(code[known], minlength=size).astype(float)
    total = np.bincount(code[known], value[known], size)
    return Seen(np.where(n > 0, total / np.maximum(n, 1.0), np.nan), n)


def _slower(code: Ids, ms: Floats, limits: tuple[float, ...], size: int) -> dict[str, Seen]:
    pairs = zip(metrics.SLOWER, limits, strict=False)
    return {
        metric.name: _means(code, np.where(np.isnan(ms), np.nan, (ms > limit).astype(float)), size)
        for metric, limit in pairs
    }


def _given_up(session: Session, found: Judged) -> dict[int, Ids]:
    """Candidate → the prompts of its units given up; as in *Cost & quality* none of these is acceptable."""
    units = gathering.given_up(session, found.cells)
    prompts: dict[int, list[int]] = {of: [] for of in found.cells.asked}
    for unit in units:
        prompts[unit.candidate_id].append(unit.prompt_id)
    return {of: np.array(each, dtype=np.int64) for of, each in prompts.items()}


def _names(session: Session, run_id: int) -> dict[int, Counter[Name]]:
    r = _response.c
    key = r.candidate_id, r.answered_by, r.fingerprint
    query = sa.select(*key, sa.func.count()).where(r.run_id == run_id).group_by(*key)
    found: dict[int, Counter[Name]] = {}
    for candidate, name, fingerprint, n in session.execute(query):
        found.setdefault(candidate, Counter())[name, fingerprint] += n
    return found


def _rates(session: Session, run_id: int) -> dict[int, frozenset[int]]:
    a = _attempt.c
    query = sa.select(a.candidate_id, a.rates_id).where(a.run_id == run_id, a.rates_id.is_not(None)).distinct()
    found: dict[int, set[int]] = {}
    for candidate, rates in session.execute(query):
        found.setdefault(candidate, set()).add(rates)
    return {candidate: frozenset(those) for candidate, those in found.items()}
