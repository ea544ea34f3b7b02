"""Versions of a routing table: proposed once, decided once, one in force, whoever is at it at the same time."""

import multiprocessing
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import select

from core.domain.routing import Occasion, Route, RouteBecause
from core.errors import BadInput, NotFound
from core.services import routing
from core.services.routing import VersionState, decide, in_force, listed
from core.services.routing.versions import LONGEST_WHY, in_force_id, newest_accepted, propose
from core.storage.engine import open_engine, reading, write
from core.storage.tables import RoutesDecided, RoutesProposed
from tests.long import times
from tests.services.routing.tables import DATASET, candidates, proposal
from tests.workspace import NOW

MANY = 60
_forks = multiprocessing.get_context("fork")


def proposed(engine: Engine, made, person: int | None = None) -> int | None:
    return write(engine, lambda session: propose(session, made, person_id=person, now=NOW))


def decided(engine: Engine, version: int, *, accept: bool = True, why: str = "") -> RoutesDecided:
    return write(engine, lambda session: decide(session, version, is_accepted=accept, why=why, person_id=None, now=NOW))


def states(engine: Engine) -> list[tuple[int, VersionState]]:
    with reading(engine) as session:
        return [(one.id, one.state) for one in listed(session, DATASET)]


def test_the_same_table_is_proposed_once_and_another_reason_makes_it_no_other(engine: Engine):
    a, b = candidates(engine, None, None)
    made = proposal(a, Route("support", b, (a,), 1500.0, RouteBecause.SWITCH))
    assert proposed(engine, made) == 1
    assert proposed(engine, made) is None
    again = proposal(a, Route("support", b, (a,), 1500.0, RouteBecause.CHEAPER))
    assert proposed(engine, again) is None
    assert proposed(engine, proposal(a, Route("support", b, (a,), 1600.0))) is not None


def test_an_accepted_table_is_in_force_with_its_reason_and_reads_back_as_it_was(engine: Engine):
    a, b = candidates(engine, None, None)
    made = proposal(a, Route("support", b, (a,), 1500.0, RouteBecause.SWITCH), Route("co<d>ing $x$", a))
    assert proposed(engine, made) == 1
    with reading(engine) as session:
        assert in_force(session, DATASET) is None
        assert newest_accepted(session) is None
    decided(engine, 1, why="  Half the price. ")
    with reading(engine) as session:
        found = in_force(session, DATASET)
        assert newest_accepted(session) == DATASET
    assert found is not None
    assert (found.id, found.table, found.why, found.decided_at) == (1, made.table, "Half the price.", NOW)


def test_one_table_follows_another_and_what_was_compiled_before_is_overtaken(engine: Engine):
    a, b, c = candidates(engine, None, None, None)
    for primary in (b, c):
        proposed(engine, proposal(a, Route("support", primary)))
    assert states(engine) == [(2, VersionState.PROPOSED), (1, VersionState.OVERTAKEN)]
    decided(engine, 2)
    with pytest.raises(BadInput, match="is not in force any more"):
        decided(engine, 1)
    third = proposal(a, Route("support", b), replaces=2)
    assert proposed(engine, third) == 3
    decided(engine, 3)
    assert states(engine) == [(3, VersionState.IN_FORCE), (2, VersionState.REPLACED), (1, VersionState.OVERTAKEN)]


def test_a_declined_table_stays_so_until_a_person_asks_again(engine: Engine):
    a, b = candidates(engine, None, None)
    made = proposal(a, Route("support", b))
    proposed(engine, made)
    decided(engine, 1, accept=False, why="Not before the summer.")
    assert proposed(engine, made) is None
    with pytest.raises(BadInput, match="was decided on already"):
        decided(engine, 1)
    asked = replace(made, because=Occasion.ASKED)
    assert proposed(engine, asked) is not None
    assert proposed(engine, asked) is None
    assert [state for _, state in states(engine)] == [VersionState.PROPOSED, VersionState.DECLINED]


def test_of_those_decided_on_the_last_one_comes_first_and_what_waits_is_none_of_them(engine: Engine):
    a, b = candidates(engine, None, None)
    for version, is_accepted in enumerate((False, True, None), start=1):
        made = proposal(a, Route("support", b, (a,), 1000.0 * version))
        assert proposed(engine, made) == version
        if is_accepted is not None:
            decided(engine, version, accept=is_accepted, why=f"reason {version}")
    with reading(engine) as session:
        found = routing.decided(session, DATASET)
        assert [(one.id, one.state, one.why) for one in found] == [
            (2, VersionState.IN_FORCE, "reason 2"), (1, VersionState.DECLINED, "reason 1"),
        ]  # fmt: skip
        assert routing.decided(session, "another dataset") == []


def test_what_is_not_there_or_too_long_is_refused(engine: Engine):
    a, b = candidates(engine, None, None)
    proposed(engine, proposal(a, Route("support", b)))
    with pytest.raises(NotFound, match="There is no version 7"):
        decided(engine, 7)
    with pytest.raises(BadInput, match="2,000 is the most"):
        decided(engine, 1, why="x" * (LONGEST_WHY + 1))
    assert states(engine) == [(1, VersionState.PROPOSED)]


def test_of_32_who_propose_the_same_at_once_one_writes_it(engine: Engine):
    a, b = candidates(engine, None, None)
    made = proposal(a, Route("support", b))
    with ThreadPoolExecutor(32) as pool:
        versions = list(pool.map(lambda _: proposed(engine, made), range(32)))
    assert len([one for one in versions if one is not None]) == 1
    with reading(engine) as session:
        assert len(session.exec(select(RoutesProposed)).all()) == 1


def test_of_32_who_accept_different_tables_at_once_one_is_first_and_the_others_are_told(engine: Engine):
    a, b = candidates(engine, None, None)
    made = [proposed(engine, proposal(a, Route("support", b, timeout_ms=1000.0 + number))) for number in range(32)]

    def accept(version: int | None) -> bool:
        try:
            decided(engine, version or 0)
        except BadInput:
            return False
        return True

    with ThreadPoolExecutor(32) as pool:
        assert sum(pool.map(accept, made)) == 1
    with reading(engine) as session:
        (row,) = session.exec(select(RoutesDecided)).all()
        assert in_force_id(session, DATASET) == row.proposed_id


def _accepts(address: str, versions: list[int]) -> None:
    engine = open_engine(address)
    for version in versions:
        try:
            decided(engine, version)
        except BadInput:
            continue
    os._exit(0)


@pytest.mark.parametrize("seed", range(times(1, 6)))
def test_killed_while_accepting_there_is_one_table_in_force_or_none(engine: Engine, seed: int):
    """Chains of versions, each following the one before; three processes accept them until they are killed."""
    a, b = candidates(engine, None, None)
    random = Random(seed)
    versions = [
        proposed(engine, proposal(a, Route("support", b, timeout_ms=1000.0 + n), replaces=n or None))
        for n in range(MANY)
    ]
    assert versions == list(range(1, MANY + 1))
    address = engine.url.render_as_string(hide_password=False)
    children = [_forks.Process(target=_accepts, args=(address, versions), daemon=True) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        time.sleep(random.uniform(0.02, 0.2))
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
    with reading(engine) as session:
        rows = session.execute(sa.select(RoutesDecided.proposed_id).order_by(RoutesDecided.id)).scalars().all()
        current = in_force_id(session, DATASET)
    assert list(rows) == list(range(1, len(rows) + 1))
    assert current == (rows[-1] if rows else None)
    if len(rows) < MANY:
        decided(engine, len(rows) + 1)
