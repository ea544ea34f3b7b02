"""What a schedule orders at the time it is due: which version, which candidates; or why it cannot be run then."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from core.domain.words import n
from core.errors import EvenhandError, NotFound
from core.services.candidates.candidates import CandidateLine
from core.services.runs import RunOrder
from core.services.watching.schedules.drafts import dataset_of, spread_s
from core.storage.tables import GOING, Run, Schedule, ScheduleFire

_MOST_NAMED = 4


class NotNow(EvenhandError):
    """A schedule cannot be run this time, for a reason that is not a fault of ours."""


def order_of(
    session: Session, schedule: Schedule, lines: Sequence[CandidateLine], *, person_id: int | None
) -> tuple[RunOrder, str]:
    """The run to be planned, and which chosen candidates it leaves out and why (empty: none).

    ``lines``: all candidates. Raises NotNow.
    """
    _refuse_beside_itself(session, schedule)
    try:
        dataset = dataset_of(session, schedule.dataset, schedule.version)
    except NotFound as error:
        raise NotNow(f"The dataset is gone. {error}") from error
    asked, left_out = _asked(schedule, lines)
    unpriced = [line.candidate.name for line in asked if line.rates is None]
    if schedule.max_usd is not None and unpriced:
        raise NotNow(
            f"No price is known of {_names(unpriced)}, so the spending cap cannot be kept. Enter it under Prices on "
            "Candidates, or let the schedule have no cap."
        )
    order = RunOrder(
        dataset_id=dataset.id or 0,
        candidate_ids=[line.id for line in asked],
        repetitions=schedule.repetitions,
        spread_s=spread_s(schedule.repetitions, schedule.apart_s),
        max_usd=schedule.max_usd,
        requested_by_id=person_id,
    )
    return order, left_out


def _refuse_beside_itself(session: Session, schedule: Schedule) -> None:
    its_run = (col(Run.id) == ScheduleFire.run_id) & (col(Run.created_at) == ScheduleFire.fired_at)
    mine = select(Run.id).join(ScheduleFire, its_run).where(ScheduleFire.schedule_id == schedule.id)
    going = session.exec(mine.where(col(Run.state).in_(GOING)).limit(1)).first()
    if going is not None:
        raise NotNow(f"The run before, {going}, still goes on.")


def _asked(schedule: Schedule, lines: Sequence[CandidateLine]) -> tuple[list[CandidateLine], str]:
    """The candidates to ask, in their order, and in words which of those chosen are left out and why."""
    if not schedule.candidate_ids:
        asked = sorted((line for line in lines if line.why_not is None), key=lambda line: line.candidate.position)
        if not asked:
            raise NotNow("No candidate can be asked. Candidates says what each of them needs.")
        return asked, ""
    # A number that was freed is given again: what came later is not the candidate that was chosen.
    by_id = {line.id: line for line in lines if line.candidate.created_at <= schedule.changed_at}
    found = [by_id[wanted] for wanted in schedule.candidate_ids if wanted in by_id]
    reasons = [f"{line.candidate.name}: {line.why_not}" for line in found if line.why_not is not None]
    gone = len(schedule.candidate_ids) - len(found)
    if gone:
        reasons.append(f"{n(gone, 'candidate was', 'candidates were')} deleted.")
    asked = [line for line in found if line.why_not is None]
    if not asked:
        raise NotNow(f"None of its candidates can be asked. {' '.join(reasons)}")
    return asked, f"Left out: {' '.join(reasons)}" if reasons else ""


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(f"'{name}'" for name in names[:_MOST_NAMED]) + more
