"""Looks at the first page are kept per person and dataset, whichever tab they come from."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import Engine
from sqlmodel import select

from core.domain.overview import Marks
from core.services.overview import see, visit
from core.storage.engine import reading, write, writing
from core.storage.tables import OverviewVisit, Person
from tests.workspace import NOW

DAY = timedelta(days=1)


def person(engine: Engine, name: str = "Ada") -> int:
    with writing(engine) as session:
        row = Person(name=name, role="analyst", created_at=NOW)
        session.add(row)
        session.flush()
        return row.id or 0


def test_a_look_is_kept_and_another_day_it_is_what_came_before(engine: Engine):
    ada = person(engine)
    write(engine, lambda session: see(session, ada, "Support", Marks(vote=3), NOW))
    write(engine, lambda session: see(session, ada, "Support", Marks(vote=8), NOW + DAY))
    with reading(engine) as session:
        found = visit(session, ada, "Support")
        assert visit(session, ada, "Another") is None
    assert found is not None
    assert (found.before, found.before_at, found.last, found.last_at) == (
        Marks(vote=3), NOW, Marks(vote=8), NOW + DAY,
    )  # fmt: skip


def test_each_person_has_looks_of_their_own(engine: Engine):
    ada, bob = person(engine), person(engine, "Bob")
    write(engine, lambda session: see(session, ada, "Support", Marks(vote=3), NOW))
    with reading(engine) as session:
        assert visit(session, bob, "Support") is None


def test_of_many_tabs_at_once_none_fails_and_none_loses_what_another_saw(engine: Engine):
    ada = person(engine)

    def look(number: int) -> None:
        write(engine, lambda session: see(session, ada, "Support", Marks(vote=number), NOW))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(look, range(24)))
    with reading(engine) as session:
        rows = session.exec(select(OverviewVisit)).all()
    assert [(row.last["vote"], row.before) for row in rows] == [(23, None)]


def test_the_looks_go_with_the_person(engine: Engine):
    ada = person(engine)
    write(engine, lambda session: see(session, ada, "Support", Marks(), NOW))
    with writing(engine) as session:
        session.delete(session.get(Person, ada))
    with reading(engine) as session:
        assert session.exec(select(OverviewVisit)).all() == []
