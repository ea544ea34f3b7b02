"""The baseline's runs and those since, read into what drift is judged from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlmodel import Session

from core.domain.drift import Metric, Seen, Series
from core.services.watching.drift.contents import Contents, contents
from core.services.watching.drift.ended import EndedRun
from core.services.watching.drift.figures import RunFigures, limits_of, run_figures, with_limits
from core.services.watching.drift.sent import Sends, sends

_MOST_BYTES, _FEWEST_RUNS = 256 * 2**20, 8


@dataclass(frozen=True)
class Gathered:
    """A dataset's baseline and the runs since, under today's rules."""

    contents: Contents
    baseline: list[RunFigures]
    since: list[RunFigures]
    """Oldest first."""

    @property
    def candidates(self) -> list[int]:
        """Those with answers in the baseline."""
        return sorted(frozenset().union(*(run.candidates for run in self.baseline)))

    def series(self) -> list[Series]:
        """Of each candidate and metric that the baseline and the newest run know."""
        newest, size = self.since[-1], len(self.contents.hashes)
        found = []
        for candidate in self.candidates:
            for name, metric in newest.metrics.items():
                before = [_seen(run, candidate, name, size) for run in self.baseline]
                after = [_seen(run, candidate, name, size) for run in self.since]
                if candidate in newest.candidates and _is_known(before) and _is_known(after[-1:]):
                    found.append(Series(candidate, metric, before, after))
        return found

    def pooled(self, candidate: int, metric: Metric) -> Seen:
        """The baseline's means over all its runs."""
        size = len(self.contents.hashes)
        return pooled([_seen(run, candidate, metric.name, size) for run in self.baseline])

    def newest(self, candidate: int, metric: Metric) -> Seen:
        """Those of the run that is judged."""
        return _seen(self.since[-1], candidate, metric.name, len(self.contents.hashes))


def gather(session: Session, dataset: str, baseline: Sequence[EndedRun], since: Sequence[EndedRun]) -> Gathered:
    """Read run by run, so that only one run's answers are held at a time."""
    known, said = contents(session, dataset), sends(session, dataset)
    before = gather_baseline(session, known, said, baseline)
    limits = limits_of(before)
    size = len(known.hashes)
    first = [with_limits(run, limits, size) for run in before]
    newest = since[-_most_runs(first) :]
    return Gathered(known, first, [run_figures(session, run, known, said, limits=limits) for run in newest])


def _most_runs(first: Sequence[RunFigures]) -> int:
    """Of how many runs the figures may be held at once: all, where prompts are thousands."""
    largest = max(sum(seen.mean.nbytes + seen.n.nbytes for seen in run.seen.values()) for run in first)
    return max(_FEWEST_RUNS, _MOST_BYTES // max(largest, 1))


def gather_baseline(session: Session, known: Contents, said: Sends, baseline: Sequence[EndedRun]) -> list[RunFigures]:
    """The baseline's runs, with their latencies."""
    return [run_figures(session, run, known, said) for run in baseline]


def pooled(seen: Sequence[Seen]) -> Seen:
    """Several runs' means as one."""
    n = np.sum([each.n for each in seen], axis=0)
    total = np.sum([np.where(each.n > 0, np.nan_to_num(each.mean) * each.n, 0.0) for each in seen], axis=0)
    return Seen(np.where(n > 0, total / np.maximum(n, 1.0), np.nan), np.asarray(n))


def _seen(run: RunFigures, candidate: int, name: str, size: int) -> Seen:
    found = run.seen.get((candidate, name))
    return Seen(np.full(size, np.nan), np.zeros(size)) if found is None else found


def _is_known(seen: Sequence[Seen]) -> bool:
    return any(bool((each.n > 0).any()) for each in seen)
