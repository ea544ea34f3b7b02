"""Cancelling and resuming a run: both only write what is wanted, and whoever carries runs out acts on it."""

import math
from datetime import datetime
from enum import Enum

from sqlalchemy import Engine, update
from sqlmodel import Session, col, select

from core.errors import BadInput, NotFound
from core.services.asking.process_name import me
from core.services.runs.claims import is_held
from core.services.runs.counting import close_interrupted, recount
from core.services.runs.orders import check_prices
from core.storage.engine import reading, write
from core.storage.tables import GOING, Attempt, Candidate, Run


class Cap(Enum):
    """KEPT: the spending cap stays as it is."""

    KEPT = "kept"


def cancel(engine: Engine, run_id: int, *, now: datetime) -> None:
    """End the run: state ``cancelled``. What has arrived is kept; what is in flight is cancelled within a second or so.

    BadInput where it has already ended.
    """

    def change(session: Session) -> None:
        run = _evaluation(session, run_id)
        if run.state not in GOING:
            raise BadInput(f"Run {run_id} is {run.state} already; there is nothing to cancel.")
        if not is_held(run, now):
            run.worker = None
            close_interrupted(session, run_id, now)
            recount(session, run_id)
            session.refresh(run)
        run.state, run.finished_at = "cancelled", now
        session.add(run)

    write(engine, change)


def resume(
    engine: Engine,
    run_id: int,
    *,
    now: datetime,
    retry_failed: bool = True,
    max_usd: float | Cap | None = Cap.KEPT,
    for_here: bool = False,
) -> None:
    """Queue the run again, to go on where it ended: cancelled, stopped, interrupted, or done with failures.

    ``retry_failed``: work that was given up is tried again (its attempts stay; they are no longer the last, and the run
    counts them as failed no more). ``max_usd``: a new spending cap for the whole run, None for none. ``for_here``: this
    process carries it out itself. BadInput where there is nothing to resume, somebody is at it, or the new cap is spent
    already or cannot be kept.
    """

    def change(session: Session) -> None:
        run = _evaluation(session, run_id)
        _check_resumable(run, now, retry_failed)
        if isinstance(max_usd, float | int):
            _check_cap(session, run, max_usd, now)
        if retry_failed:
            last = update(Attempt).where(col(Attempt.run_id) == run_id, col(Attempt.is_last)).values(is_last=False)
            session.connection().execute(last)
            recount(session, run_id)
            session.refresh(run)
        run.state, run.problem, run.finished_at = "queued", None, None
        if not isinstance(max_usd, Cap):
            run.max_usd = max_usd
        if not is_held(run, now):
            run.worker = None
        if for_here and run.worker is None:
            run.state, run.worker, run.heartbeat_at = "running", me(), now
        session.add(run)

    write(engine, change)


def tidy_up(engine: Engine, *, now: datetime) -> int:
    """Close what is still open of ended runs whose process died while it closed them; how many runs that were.

    Only reads where there are none.
    """
    ended = select(Run).where(col(Run.worker).is_not(None), col(Run.state).not_in(GOING))

    def change(session: Session) -> int:
        abandoned = [run for run in session.exec(ended) if not is_held(run, now)]
        for run in abandoned:
            assert run.id is not None
            close_interrupted(session, run.id, now)
            recount(session, run.id)
            session.refresh(run)
            run.worker = None
            session.add(run)
        return len(abandoned)

    with reading(engine) as session:
        if all(is_held(run, now) for run in session.exec(ended)):
            return 0
    return write(engine, change)


def _evaluation(session: Session, run_id: int) -> Run:
    run = session.get(Run, run_id, with_for_update=True)
    if run is None:
        raise NotFound(f"There is no run {run_id}.")
    if run.source != "evaluation":
        raise BadInput(f"Run {run_id} was not an evaluation ({run.source}): nobody carries it out.")
    return run


def _check_resumable(run: Run, now: datetime, retry_failed: bool) -> None:
    if run.state == "running" and is_held(run, now):
        raise BadInput(
            f"Run {run.id} is being carried out already. If nothing moves, its process may have died: that shows "
            "within half a minute, and then it can be resumed."
        )
    if run.state == "done" and not (retry_failed and run.failed):
        raise BadInput(f"Run {run.id} is done: all {run.planned} responses were asked for. Start a new run instead.")


def _check_cap(session: Session, run: Run, max_usd: float, now: datetime) -> None:
    if not (math.isfinite(max_usd) and max_usd > 0):
        raise BadInput(f"The spending cap must be more than 0 USD, not {max_usd}. For no cap leave it out.")
    if max_usd <= run.cost_usd:
        raise BadInput(
            f"The spending cap of {max_usd:g} USD counts for the whole run, and {run.cost_usd:.4g} USD of it are spent "
            "already: it would end at once. Set it higher, or to none."
        )
    asked = session.exec(select(Candidate).where(col(Candidate.id).in_(run.candidate_ids or [])))
    check_prices(session, list(asked), now)
