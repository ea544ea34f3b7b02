"""Checking runs against the baseline: each once, whoever else does."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Lock

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.domain.drift import Judgement, judge, smallest_visible
from core.errors import BadInput, NotFound
from core.services import workspace
from core.services.asking.asking import Opening
from core.services.datasets import datasets
from core.services.watching.drift import baseline_figures, claims, happened, writing
from core.services.watching.drift.anchors import ask_again
from core.services.watching.drift.baselines import baseline_row, first_runs, pin_first
from core.services.watching.drift.deciding import found
from core.services.watching.drift.ended import EndedRun, ended_runs, since
from core.services.watching.drift.evidence import Known, by_key, endpoints
from core.services.watching.drift.gathering import Gathered, gather
from core.services.watching.drift.judges_now import judge_effects
from core.services.watching.drift.notes import notes
from core.services.watching.drift.own_changes import rules_in_force
from core.services.watching.drift.prices_paid import prices_paid
from core.services.watching.drift.readiness import unscored
from core.services.watching.drift.settings import anchor_settings
from core.services.watching.drift.told import Check
from core.services.watching.drift.trends import packed
from core.storage.engine import reading, write
from core.storage.tables import Candidate, Dataset, DriftBaseline, metadata

_log = logging.getLogger(__name__)
_check = metadata.tables["drift_check"]
_LEAST_A_YEAR, _LOOKED_BACK = 52.0, timedelta(days=28)
_lock = Lock()


@dataclass(frozen=True)
class Work:
    """One run to be judged against a baseline."""

    dataset: str
    baseline: DriftBaseline
    before: list[EndedRun]
    """The baseline's."""
    after: list[EndedRun]
    """Those since, the one that is judged last."""

    @property
    def run(self) -> EndedRun:
        """The one that is judged."""
        return self.after[-1]

    @property
    def baseline_id(self) -> int:
        """The baseline's."""
        return self.baseline.id or 0


def check(
    engine: Engine, dataset: str, *, run_id: int | None = None, now: datetime, opening: Opening | None = None
) -> Check:
    """Check a run, by default the newest; one that was checked gives what was found then.

    Raises NotFound, and BadInput where there is no baseline yet, the run is part of it, is not scored yet, or is being
    checked by somebody else.
    """
    with reading(engine) as session:
        work = _work(session, datasets.named(session, dataset).name, run_id)
        done = claims.whole(session, work.run.id, work.baseline_id)
        waiting = () if done is not None else unscored(session, [*work.before, *work.after], work.run, now=now)
    if waiting:
        raise BadInput(f"Run {waiting[0]} is still being scored. Check again when it is.")
    if done is None:
        done = _carry_out(engine, work, now=now, opening=opening)
    with reading(engine) as session:
        return writing.told(session, done)


def check_due(engine: Engine, *, now: datetime, opening: Opening | None = None) -> int:
    """Check every ended, fully scored run since its dataset's baseline that nobody checked; how many there were.

    To be called every half minute, in any number of processes; pins the first baselines. Of what ended before its
    baseline was pinned the newest run alone is checked.
    """
    if not _lock.acquire(blocking=False):
        return 0
    try:
        with reading(engine) as session:
            query = select(Dataset.name).distinct().order_by(Dataset.name)
            if workspace.demo_is_opening(session):  # whoever opens it checks its weeks
                query = query.where(~col(Dataset.is_demo))
            names = list(session.exec(query))
        return sum(check_dataset(engine, name, now=now, opening=opening) for name in names)
    finally:
        _lock.release()


def due(session: Session, dataset: str) -> list[int]:
    """The runs of a dataset to be checked, oldest first, scored or not."""
    row = baseline_row(session, dataset)
    if row is None:
        return []
    after = since(ended_runs(session, dataset), row.run_ids)
    query = sa.select(_check.c.run_id).where(_check.c.baseline_id == row.id, _check.c.is_whole)
    checked = set(session.execute(query).scalars())
    wanted = [run for run in after if run.at >= row.created_at or run is after[-1]]
    return [run.id for run in wanted if run.id not in checked]


def check_dataset(engine: Engine, dataset: str, *, now: datetime, opening: Opening | None = None) -> int:
    """The same for the dataset of that name alone."""
    with reading(engine) as session:
        row = baseline_row(session, dataset)
    if row is None:
        with reading(engine) as session:
            _, missing = first_runs(session, dataset)
        if missing or not write(engine, partial(pin_first, dataset=dataset, now=now)):
            return 0
    _keep_figures(engine, dataset, now)
    with reading(engine) as session:
        waiting = due(session, dataset)
    done = 0
    for run_id in waiting:
        try:
            check(engine, dataset, run_id=run_id, now=now, opening=opening)
            done += 1
        except (BadInput, NotFound) as reason:  # later runs wait, so that stories are told in order
            _log.info("run %s is not checked for drift yet: %s", run_id, reason)
            break
    return done


def _keep_figures(engine: Engine, dataset: str, now: datetime) -> None:
    """As soon as the baseline is scored."""
    with reading(engine) as session:
        row = baseline_row(session, dataset)
        if row is None or baseline_figures.are_kept(session, row.id or 0):
            return
        runs = [run for run in ended_runs(session, dataset) if run.id in row.run_ids]
        if not runs or unscored(session, runs, runs[-1], now=now):
            return
    baseline_figures.keep(engine, dataset, row.id or 0, runs, now=now)


def _work(session: Session, dataset: str, run_id: int | None) -> Work:
    row = baseline_row(session, dataset)
    if row is None:
        raise BadInput(
            f"'{dataset}' has no baseline yet: it needs whole runs with about nine answers to each prompt. "
            "Pin some runs to begin sooner."
        )
    runs = ended_runs(session, dataset)
    before, after = [run for run in runs if run.id in row.run_ids], since(runs, row.run_ids)
    if not before:
        raise BadInput(f"The runs of the baseline of '{dataset}' were deleted. Pin others.")
    if run_id is None and not after:
        raise BadInput(f"No run of '{dataset}' has ended since its baseline.")
    if run_id is not None and run_id not in [run.id for run in after]:
        raise BadInput(f"Run {run_id} is no run of '{dataset}' that ended after its baseline.")
    last = len(after) if run_id is None else [run.id for run in after].index(run_id) + 1
    return Work(dataset, row, before, after[:last])


def _carry_out(engine: Engine, work: Work, *, now: datetime, opening: Opening | None) -> int:
    """The id of the run's check, once it is written."""
    mine = claims.claim(engine, work.run.id, work.baseline_id, now=now)
    if mine is None:
        with reading(engine) as session:
            done = claims.whole(session, work.run.id, work.baseline_id)
        if done is None:
            raise BadInput(f"Run {work.run.id} is being checked at this moment. Look again in a minute.")
        return done
    try:
        baseline_figures.keep(engine, work.dataset, work.baseline_id, work.before, now=now)
        with reading(engine) as session:
            settings = anchor_settings(session)
        asked = ask_again(engine, work.run.id, [run.id for run in work.before], settings, opening=opening)
        with reading(engine) as session:
            outcome = _judged(session, work, asked.problems)
        write(engine, partial(writing.keep, check_id=mine, outcome=outcome, now=now))
    except BaseException:
        claims.give_up(engine, mine)
        raise
    return mine


def _judged(session: Session, work: Work, problems: Sequence[str]) -> writing.Outcome:
    gathered = gather(session, work.dataset, work.before, work.after)
    series = gathered.series()
    a_year = checks_a_year(session, work.run.at)
    judgement = judge(series, gathered.contents.prompts, checks_a_year=a_year)
    known = _known(session, work, gathered, judgement)
    told = found(known, judgement.findings)
    return writing.Outcome(
        work.dataset,
        gathered,
        judgement,
        told,
        smallest_visible(series, gathered.contents.prompts, checks_a_year=a_year),
        packed(judgement, gathered, series),
        happened.seen_in_runs(session, gathered),
        [*problems, *notes(session, gathered, series)],
    )


def checks_a_year(session: Session, now: datetime) -> float:
    """Of all datasets together, as the last four weeks had it; at least one a week."""
    query = sa.select(sa.func.count()).where(_check.c.is_whole, _check.c.begun_at > now - _LOOKED_BACK)
    return max(_LEAST_A_YEAR, 365.25 / _LOOKED_BACK.days * int(session.execute(query).scalar_one()))


def _known(session: Session, work: Work, gathered: Gathered, judgement: Judgement) -> Known:
    newest = gathered.since[-1]
    candidates = session.exec(select(Candidate).where(col(Candidate.id).in_(gathered.candidates))).all()
    prices = {of: prices_paid(session, gathered.contents, gathered.baseline, newest, of) for of in newest.rates}
    return Known(
        gathered=gathered,
        cells=by_key(judgement),
        then=baseline_figures.then(session, work.baseline_id, gathered.contents),
        rules=rules_in_force(session, work.dataset),
        prices={of: each for of, each in prices.items() if each is not None},
        judges=judge_effects(session, work.run.id, work.before),
        endpoints=endpoints(candidates),
    )
