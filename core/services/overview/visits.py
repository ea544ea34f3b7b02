"""When somebody last looked at a dataset's first page, and how far its facts went then."""

from dataclasses import asdict
from datetime import datetime

from sqlmodel import Session, select

from core.domain.overview import Marks, Visit, seen
from core.storage.tables import OverviewVisit
from core.storage.upsert import insert_into


def visit(session: Session, person_id: int, dataset: str) -> Visit | None:
    """Somebody's looks at the dataset of that name; None where there were none."""
    row = session.get(OverviewVisit, (person_id, dataset))
    return None if row is None else _visit(row)


def see(session: Session, person_id: int, dataset: str, marks: Marks, at: datetime) -> None:
    """Somebody saw the page that was drawn ``at`` and showed the facts up to ``marks``; in whichever of their tabs."""
    first = seen(None, marks, at)
    row = {"person_id": person_id, "dataset": dataset, **_kept(first)}
    table = OverviewVisit.__table__  # type: ignore[attr-defined]
    insert = insert_into(session.get_bind().dialect.name, table).values(row).on_conflict_do_nothing()
    if session.connection().execute(insert.returning(table.c.person_id)).first() is not None:
        return
    query = select(OverviewVisit).where(OverviewVisit.person_id == person_id, OverviewVisit.dataset == dataset)
    there = session.exec(query.with_for_update().execution_options(populate_existing=True)).one()
    for name, value in _kept(seen(_visit(there), marks, at)).items():
        setattr(there, name, value)


def _visit(row: OverviewVisit) -> Visit:
    before = None if row.before is None else Marks(**row.before)
    return Visit(before, row.before_at, Marks(**row.last), row.last_at)


def _kept(found: Visit) -> dict[str, object]:
    before = None if found.before is None else asdict(found.before)
    return {"before": before, "before_at": found.before_at, "last": asdict(found.last), "last_at": found.last_at}
