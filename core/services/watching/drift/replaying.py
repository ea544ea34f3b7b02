"""The A/A replay: what the statistics say of the baseline's own answers, drawn again as if they were new runs.

A pseudo-run takes, for each candidate, one run of the baseline, so that what hits a whole run is kept, and draws its
answers to each prompt anew. Nothing changed among them, so whatever is found is a false alarm.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.domain.drift import Metric, Seen, Series, Tier, judge
from core.services.watching.drift.answers import Answers, answers
from core.services.watching.drift.baselines import baseline_row
from core.services.watching.drift.contents import Contents, contents
from core.services.watching.drift.ended import answered, ended_runs
from core.services.watching.drift.told import Replay
from core.storage.engine import reading, write
from core.storage.tables import Dataset, DriftBaseline, DriftFigures

YEARS, CHECKS_A_YEAR = 20, 52
_REST, _LONGEST_REST_S = 4.0, 2.0
_MOST_REPETITIONS = 10
_MOST_ANSWERS = 200_000
"""Of more the first prompts alone are drawn from."""


@dataclass(frozen=True)
class _Source:
    """What is drawn from. ``runs``: of each run of the baseline candidate → its answers."""

    contents: Contents
    runs: list[dict[int, Answers]]
    metrics: dict[str, Metric]
    repetitions: int


def replayed(session: Session, dataset: str) -> Replay | None:
    """As far as it was computed, in the background, for the baseline in force; None: not yet."""
    pinned = baseline_row(session, dataset)
    row = None if pinned is None else session.get(DriftFigures, pinned.id)
    return None if row is None or row.replay is None else Replay(**row.replay)


def replay_due(engine: Engine, dataset: str, *, gently: bool = True, checks: int = CHECKS_A_YEAR) -> bool:
    """Replay one more year of the dataset's baseline, unless there are YEARS of it; whether one was added.

    ``gently``: rest four times as long as it works, for a process that shows pages. Whoever replays the same year
    beside it adds nothing: a year is drawn by its number.
    """
    with reading(engine) as session:
        pinned = baseline_row(session, dataset)
        row = None if pinned is None else session.get(DriftFigures, pinned.id)
        if pinned is None or row is None or pinned.id is None or _years(row) >= YEARS:
            return False
        source = _source(session, dataset, pinned.run_ids, row.repetitions)
    rng = np.random.default_rng([pinned.id, _years(row)])
    year = _year(source, rng, checks, gently=gently)
    return write(engine, partial(_add, baseline_id=pinned.id, before=_years(row), year=year))


def replay_all_due(engine: Engine) -> bool:
    """Replay a year of the first dataset that lacks one, gently; to be called once in a while."""
    with reading(engine) as session:
        query = select(Dataset.name).join(DriftBaseline, col(DriftBaseline.dataset_id) == Dataset.id).distinct()
        names = sorted(session.exec(query))
    return any(replay_due(engine, name) for name in names)


def _years(row: DriftFigures) -> int:
    return 0 if row.replay is None else int(row.replay["years"])


def _source(session: Session, dataset: str, run_ids: Sequence[int], repetitions: float) -> _Source:
    known = contents(session, dataset)
    runs = [run for run in ended_runs(session, dataset) if run.id in run_ids]
    total = sum(sum(answered(session, run).repetitions.values()) * answered(session, run).prompts for run in runs)
    most = math.ceil(len(known.hashes) * min(1.0, _MOST_ANSWERS / max(total, 1.0)))
    read = [answers(session, run, known, most) for run in runs]
    each = round(repetitions / max(len(read), 1))
    return _Source(known, [run for run, _ in read], read[-1][1], min(max(each, 1), _MOST_REPETITIONS))


def _year(source: _Source, rng: np.random.Generator, checks: int, *, gently: bool) -> Replay:
    baseline = [_drawn(source, rng) for _ in source.runs]
    since: list[dict[tuple[int, str], Seen]] = []
    alarms = watches = looked = 0
    for _ in range(checks):
        began = time.monotonic()
        since.append(_drawn(source, rng))
        series = _series(source, baseline, since)
        found = judge(series, source.contents.prompts, checks_a_year=CHECKS_A_YEAR).findings
        alarms += any(one.tier is Tier.ALARM for one in found)
        watches += any(one.tier is Tier.WATCH for one in found)
        looked = len(series)
        if gently:
            time.sleep(min(_REST * (time.monotonic() - began), _LONGEST_REST_S))
    return Replay(years=1, checks=checks, alarm_years=int(alarms > 0), watch_checks=watches, series=looked)


def _drawn(source: _Source, rng: np.random.Generator) -> dict[tuple[int, str], Seen]:
    """A pseudo-run."""
    found = {}
    size = len(source.contents.hashes)
    for candidate in sorted(frozenset().union(*source.runs)):
        own = [run[candidate] for run in source.runs if candidate in run]
        run = own[int(rng.integers(len(own)))]
        for name, seen in run.drawn(rng, size, source.repetitions).items():
            found[candidate, name] = seen
    return found


def _series(
    source: _Source, baseline: Sequence[dict[tuple[int, str], Seen]], since: Sequence[dict[tuple[int, str], Seen]]
) -> list[Series]:
    known = [key for key in since[-1] if (since[-1][key].n > 0).any() and key[1] in source.metrics]
    kept = [key for key in known if all(key in run for run in (*baseline, *since))]
    return [
        Series(key[0], source.metrics[key[1]], [run[key] for run in baseline], [run[key] for run in since])
        for key in kept
    ]


def _add(session: Session, baseline_id: int, before: int, year: Replay) -> bool:
    row = session.get(DriftFigures, baseline_id, with_for_update=True, populate_existing=True)
    if row is None or _years(row) != before:
        return False
    old = Replay(**row.replay) if row.replay is not None else Replay(0, 0, 0, 0, 0)
    row.replay = asdict(
        Replay(
            old.years + year.years,
            old.checks + year.checks,
            old.alarm_years + year.alarm_years,
            old.watch_checks + year.watch_checks,
            year.series,
        )
    )
    session.add(row)
    return True
