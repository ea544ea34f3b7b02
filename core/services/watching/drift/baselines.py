"""Which runs a dataset's later runs are compared with, and moving that."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, func, select

from core.errors import BadInput, NotFound
from core.services.datasets import datasets
from core.services.watching.drift.ended import EndedRun, answered, ended_runs, is_whole
from core.services.watching.drift.told import Baseline
from core.storage.tables import DriftBaseline, DriftFigures, Person
from core.storage.upsert import insert_into

ENOUGH_REPETITIONS = 8.0
LONGEST_WHY = 2000
BY_ITSELF = "The first whole runs that together have about nine answers to each prompt."


def pin(
    session: Session, dataset: str, run_ids: Sequence[int], *, person_id: int | None, why: str, now: datetime
) -> Baseline:
    """Compare the runs that come from now on with these. Raises NotFound, and BadInput naming what is wrong with them.

    What was pinned before stays on record; the newest run is checked again, against the new baseline.
    """
    known = {run.id: run for run in ended_runs(session, datasets.named(session, dataset).name)}
    if not run_ids:
        raise BadInput("A baseline has at least one run. Name the runs that later ones are compared with.")
    if len(why) > LONGEST_WHY:
        raise BadInput(f"The reason has {len(why):,} characters; {LONGEST_WHY:,} is the most.")
    for run_id in run_ids:
        if run_id not in known:
            raise BadInput(f"Run {run_id} is no run of '{dataset}' that came to its end, so it cannot be a baseline.")
    chosen = sorted((known[run_id] for run_id in set(run_ids)), key=lambda run: (run.at, run.id))
    if not _write(session, chosen, _next_number(session, dataset), person_id, why.strip(), now):
        raise BadInput(f"Somebody else has just moved the baseline of '{dataset}'. Look at it before you do.")
    found = baseline(session, dataset)
    assert found is not None
    return found


def pin_first(session: Session, dataset: str, *, now: datetime) -> bool:
    """Pin the first baseline where there is none and enough was answered; whether it was pinned here."""
    if baseline_row(session, dataset) is not None:
        return False
    chosen, missing = first_runs(session, dataset)
    return not missing and _write(session, chosen, 1, None, BY_ITSELF, now)


def first_runs(session: Session, dataset: str) -> tuple[list[EndedRun], float]:
    """The first whole runs up to enough repetitions, and how many repetitions are missing then."""
    chosen: list[EndedRun] = []
    repetitions: dict[int, float] = defaultdict(float)
    for run in ended_runs(session, dataset):
        if is_whole(session, run):
            chosen.append(run)
            for candidate, n in answered(session, run).repetitions.items():
                repetitions[candidate] += n
            if max(repetitions.values()) >= ENOUGH_REPETITIONS:
                return chosen, 0.0
    return chosen, ENOUGH_REPETITIONS - max(repetitions.values(), default=0.0)


def baseline(session: Session, dataset: str) -> Baseline | None:
    """The baseline in force of the dataset of that name; None: none was pinned yet."""
    row = baseline_row(session, dataset)
    return None if row is None else told(session, row)


def baselines(session: Session, dataset: str) -> list[Baseline]:
    """All there were, the newest first: how the baseline was moved."""
    query = select(DriftBaseline).where(col(DriftBaseline.dataset_id).in_(datasets.versions(session, dataset)))
    return [told(session, row) for row in session.exec(query.order_by(col(DriftBaseline.id).desc()))]


def baseline_row(session: Session, dataset: str) -> DriftBaseline | None:
    """Its row."""
    query = select(DriftBaseline).where(col(DriftBaseline.dataset_id).in_(datasets.versions(session, dataset)))
    return session.exec(query.order_by(col(DriftBaseline.id).desc()).limit(1)).first()


def told(session: Session, row: DriftBaseline) -> Baseline:
    """A row as others are told of it."""
    person = None if row.person_id is None else session.get(Person, row.person_id)
    figures = session.exec(select(DriftFigures.repetitions).where(DriftFigures.baseline_id == row.id)).first()
    by = None if row.person_id is None else "somebody" if person is None else person.name
    return Baseline(row.id or 0, row.number, tuple(row.run_ids), row.created_at, by, row.why, figures or 0.0)


def _next_number(session: Session, dataset: str) -> int:
    mine = col(DriftBaseline.dataset_id).in_(datasets.versions(session, dataset))
    last = session.exec(select(func.max(DriftBaseline.number)).where(mine)).first()
    return (last or 0) + 1


def _write(
    session: Session, runs: Sequence[EndedRun], number: int, person_id: int | None, why: str, now: datetime
) -> bool:
    """False, and nothing is written, where somebody else has just pinned one of that number."""
    if not runs:
        raise NotFound("There is no run to pin.")
    table = DriftBaseline.__table__  # type: ignore[attr-defined]
    row = {
        "dataset_id": runs[0].dataset_id,
        "number": number,
        "run_ids": [run.id for run in runs],
        "person_id": person_id,
        "why": why,
        "created_at": now,
    }
    insert = insert_into(session.get_bind().dialect.name, table).on_conflict_do_nothing()
    return session.connection().execute(insert.returning(table.c.id), row).first() is not None
