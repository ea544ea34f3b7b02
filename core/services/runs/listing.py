"""The runs of a workspace, newest first, and how far each is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from core.errors import NotFound
from core.services.runs.claims import is_held
from core.services.runs.progress import RunProgress, progress_of_all
from core.storage.tables import GOING, Dataset, Run, metadata

_response, _run = metadata.tables["response"], metadata.tables["run"]
EVALUATION = "evaluation"
ACTIVE = frozenset({"queued", "waiting", "running", "cancelling"})
MOST_LISTED = 500


@dataclass(frozen=True)
class RunLine:
    """A run at one moment. None: not known, or not yet.

    ``source``: evaluation | import | demo; what came by import was not planned, so ``planned`` is what is there.
    ``cost_usd``: what is known to be spent; ``unpriced`` attempts have no known price.
    """

    id: int
    dataset_id: int
    dataset: str
    source: str
    state: str
    """queued | waiting (for the time of its next repetition) | running | interrupted (said to be running, and nobody
    carries it out) | cancelling (what was in flight is being ended) | done | cancelled | stopped."""
    candidate_ids: tuple[int, ...]
    """Those asked, or those that answered."""
    prompts: int | None
    """How many were asked, None for all."""
    repetitions: int
    spread_s: tuple[float, ...] | None
    planned: int
    responses: int
    failed: int
    attempts: int
    cost_usd: float
    unpriced: int
    max_usd: float | None
    problem: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    next_at: datetime | None = None
    """When the next repetition may begin."""
    eta_s: float | None = None
    """Seconds left at its recent pace."""

    @property
    def is_active(self) -> bool:
        """Whether something of it moves without anybody doing anything."""
        return self.state in ACTIVE

    @property
    def is_evaluation(self) -> bool:
        """Whether models were asked; otherwise its responses came from a file."""
        return self.source == EVALUATION

    @property
    def left(self) -> int:
        """How many responses have neither arrived nor been given up."""
        return max(0, self.planned - self.responses - self.failed)

    @property
    def share(self) -> float:
        """How much of it has come to an end, 0 to 1."""
        return min(1.0, (self.responses + self.failed) / self.planned) if self.planned else 0.0


def at_one_moment(session: Session) -> None:
    """Have all that ``session`` reads be of one moment; call it first.

    Else PostgreSQL shows each query what has come since the one before.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def usual(lines: Sequence[RunLine]) -> RunLine:
    """The run that somebody means who names none: one that goes on, else the newest with responses.

    ``lines``: as ``listed`` gives them, at least one.
    """
    going_on = (line for line in lines if line.is_active)
    return next(going_on, None) or next((line for line in lines if line.responses), lines[0])


def listed(
    session: Session, *, now: datetime, limit: int = MOST_LISTED, known: Iterable[RunLine] = ()
) -> list[RunLine]:
    """The runs, newest first, at most ``limit``, by as many queries however many they are.

    ``known``: lines seen before; what ended imports brought is taken from them, for counting it takes long.
    """
    newest = select(Run).order_by(col(Run.id).desc()).limit(limit).execution_options(populate_existing=True)
    found = list(session.exec(newest))
    counted = {
        line.id: (line.responses, line.candidate_ids)
        for line in known
        if not line.is_evaluation and line.state == "done"
    }
    counted |= _counted(session, [run for run in found if run.source != EVALUATION and run.id not in counted])
    return _lines(session, found, _datasets(session), counted, now)


def line(session: Session, run_id: int, *, now: datetime) -> RunLine:
    """One run. Raises NotFound."""
    run = session.get(Run, run_id, populate_existing=True)
    if run is None:
        raise NotFound(f"There is no run {run_id} any more.")
    counted = {} if run.source == EVALUATION else _counted(session, [run])
    return _lines(session, [run], _datasets(session, run.dataset_id), counted, now)[0]


@dataclass(frozen=True)
class Newest:
    """The evaluation that goes on, else the last one: as much as a line in the sidebar says."""

    id: int
    is_going: bool
    """Queued or running; whether anybody carries it out is not looked at."""
    state: str
    planned: int
    responses: int
    failed: int
    cost_usd: float
    unpriced: int
    candidates: int
    going: int
    """How many go on."""
    at: datetime


def newest(session: Session) -> Newest | None:
    """One quick query, for the sidebar of every page; None where nothing was ever evaluated."""
    c = _run.c
    going = sa.select(sa.func.max(c.id)).where(c.state.in_(GOING)).scalar_subquery()
    last = sa.select(c.id).where(c.source == EVALUATION).order_by(c.id.desc()).limit(1).scalar_subquery()
    count = sa.select(sa.func.count()).select_from(_run).where(c.state.in_(GOING)).scalar_subquery()
    told = (
        c.id, c.state, c.planned, c.responses, c.failed, c.cost_usd, c.unpriced, c.candidate_ids, c.created_at,
        c.started_at, c.finished_at,
    )  # fmt: skip
    query = sa.select(*told, count.label("going")).where(c.id == sa.func.coalesce(going, last))
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    return Newest(
        id=row.id,
        is_going=row.state in GOING,
        state=row.state,
        planned=row.planned,
        responses=row.responses,
        failed=row.failed,
        cost_usd=row.cost_usd,
        unpriced=row.unpriced,
        candidates=len(row.candidate_ids or ()),
        going=row.going,
        at=row.finished_at or row.started_at or row.created_at,
    )


def _lines(
    session: Session,
    found: Sequence[Run],
    datasets: dict[int, str],
    counted: dict[int, tuple[int, tuple[int, ...]]],
    now: datetime,
) -> list[RunLine]:
    progress = progress_of_all(session, found, now=now)
    lines = []
    for run in found:
        came, who = counted.get(run.id or 0, (run.responses, tuple(run.candidate_ids or ())))
        dataset = datasets.get(run.dataset_id, "")
        lines.append(_line(run, progress[run.id or 0], dataset, came, who, now))
    return lines


def _line(run: Run, progress: RunProgress, dataset: str, came: int, who: tuple[int, ...], now: datetime) -> RunLine:
    next_at = _next_at(run, now) if progress.state == "queued" else None
    is_cancelling = progress.state == "cancelled" and is_held(run, now)
    return RunLine(
        id=run.id or 0,
        dataset_id=run.dataset_id,
        dataset=dataset,
        source=run.source,
        state="cancelling" if is_cancelling else "waiting" if next_at is not None else progress.state,
        candidate_ids=who,
        prompts=None if run.prompt_ids is None else len(run.prompt_ids),
        repetitions=run.repetitions,
        spread_s=None if run.spread_s is None else tuple(run.spread_s),
        planned=run.planned or came,
        responses=came,
        failed=progress.failed,
        attempts=progress.attempts,
        cost_usd=progress.cost_usd,
        unpriced=progress.unpriced,
        max_usd=run.max_usd,
        problem=run.problem,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        next_at=next_at,
        eta_s=progress.eta_s,
    )


def _next_at(run: Run, now: datetime) -> datetime | None:
    """When a queued run's next repetition may begin, where that is still to come."""
    if run.started_at is None:
        return None
    times = (run.started_at + timedelta(seconds=wait_s) for wait_s in run.spread_s or ())
    return min((at for at in times if at > now), default=None)


def _datasets(session: Session, only: int | None = None) -> dict[int, str]:
    query = select(Dataset) if only is None else select(Dataset).where(Dataset.id == only)
    return {dataset.id: dataset.label for dataset in session.exec(query) if dataset.id is not None}


def _counted(session: Session, runs: Iterable[Run]) -> dict[int, tuple[int, tuple[int, ...]]]:
    """Run id → how many responses it brought, and of which candidates: what an import does not count itself."""
    c, ids = _response.c, [run.id for run in runs]
    if not ids:
        return {}
    query = (
        sa.select(c.run_id, c.candidate_id, sa.func.count())
        .where(c.run_id.in_(ids))
        .group_by(c.run_id, c.candidate_id)
        .order_by(c.run_id, c.candidate_id)
    )
    found: dict[int, tuple[int, tuple[int, ...]]] = {}
    for run_id, candidate_id, n in session.execute(query):
        came, who = found.get(run_id, (0, ()))
        found[run_id] = (came + n, (*who, candidate_id))
    return found
