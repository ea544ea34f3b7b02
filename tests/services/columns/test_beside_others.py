"""Columns written while others change the facts, write the same columns, or are killed: never stale, never half."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine, event
from sqlmodel import Session, select

from core.services import columns
from core.services.columns import due
from core.services.columns.parts import PARTS
from core.services.scoring import records
from core.storage.engine import open_engine, reading, write, writing
from core.storage.tables import Response, Run, metadata
from tests.long import times
from tests.services.columns.test_columns import hold, planted, standing
from tests.workspace import NOW

_columns, _chunk, _attempt = (metadata.tables[name] for name in ("run_columns", "run_columns_chunk", "attempt"))
_forks = multiprocessing.get_context("fork")
RUN = 1
ALL = len(PARTS) + 4


def change_a_score(session: Session, evaluator: int = 3, value: float = 0.25) -> None:
    response = session.exec(select(Response.id).where(Response.run_id == RUN)).first()
    row = {"response_id": response, "evaluator_id": evaluator, "value": value, "reason": "", "applies": True}
    records.save(session, [row | {"scored_at": NOW}])


def change_a_cost(session: Session) -> None:
    session.execute(sa.update(_attempt).where(_attempt.c.run_id == RUN).values(cost_usd=_attempt.c.cost_usd + 1))


CHANGES = {"scores": change_a_score, "attempts": change_a_cost}


@contextmanager
def once_before(engine: Engine, words: str, work: Callable[[], object]) -> Iterator[None]:
    """``work`` is done before the first statement that holds these words."""
    waiting = [work]

    def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if words in statement and waiting:
            waiting.pop()()

    event.listen(engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", look)
        assert not waiting


FALLEN = {"scores": {("scores", 3)}, "attempts": {(name, 0) for name in ("tried", "attempts", "given_up", "faults")}}


@pytest.mark.parametrize("part", CHANGES)
def test_a_change_while_columns_are_written_keeps_its_part_from_standing(engine: Engine, part: str) -> None:
    changed_before(engine, "FROM attempt", part)


@pytest.mark.parametrize("part", CHANGES)
def test_a_change_while_columns_become_whole_keeps_its_part_from_standing(postgres_database: str, part: str) -> None:
    changed_before(open_engine(postgres_database), "UPDATE run_columns SET", part)


def changed_before(engine: Engine, words: str, part: str) -> None:
    planted(engine)
    with once_before(engine, words, lambda: write(open_engine(_address(engine)), CHANGES[part])):
        columns.keep(engine, RUN, now=NOW)
    there = {(name, evaluator) for _, name, evaluator in standing(engine)}
    assert (len(there), there & FALLEN[part]) == (ALL - len(FALLEN[part]), set())
    hold(engine)
    assert columns.keep(engine, RUN, now=NOW) == len(FALLEN[part])
    hold(engine)


@pytest.mark.parametrize("part", CHANGES)
def test_columns_wait_for_a_change_that_is_not_committed_yet(postgres_database: str, part: str) -> None:
    engine = open_engine(postgres_database)
    planted(engine)
    with writing(engine) as session:
        CHANGES[part](session)
        assert columns.keep(engine, RUN, now=NOW) == 0
    assert standing(engine) == set()
    assert columns.keep(engine, RUN, now=NOW) > 0
    hold(engine)


def test_who_changes_facts_does_not_wait_for_who_writes_columns(postgres_database: str) -> None:
    engine = open_engine(postgres_database)
    planted(engine)
    began = []
    with once_before(
        engine, "FROM attempt", lambda: began.append(write(open_engine(postgres_database), change_a_cost))
    ):
        columns.keep(engine, RUN, now=NOW)
    assert began == [None]


def test_the_same_columns_are_written_by_one_of_two(engine: Engine) -> None:
    planted(engine)
    other = open_engine(_address(engine))
    found = []
    with once_before(engine, "FROM attempt", lambda: found.append(columns.keep(other, RUN, now=NOW))):
        kept = columns.keep(engine, RUN, now=NOW)
    assert (found, kept) == ([0], len(standing(engine)))
    hold(engine)


def test_columns_are_true_after_many_threads_changed_and_wrote_them_at_once(engine: Engine) -> None:
    planted(engine)
    rng = Random(7)

    def work(number: int) -> None:
        if number % 3 == 0:
            write(engine, lambda session: change_a_score(session, 1 + number % 4, number / 100), tries=50)
        elif number % 3 == 1:
            write(engine, change_a_cost, tries=50)
        else:
            columns.keep(engine, RUN, now=NOW)

    for _ in range(times(2, 20)):
        numbers = rng.sample(range(96), 96)
        with ThreadPoolExecutor(32) as threads:
            list(threads.map(work, numbers))
        hold(engine)
        columns.keep(engine, RUN, now=NOW)
        assert len(standing(engine)) == ALL
        hold(engine)


def _keep_and_end(address: str, begun: object) -> None:
    engine = open_engine(address)
    begun.set()  # type: ignore[attr-defined]
    columns.keep(engine, RUN, now=NOW)
    os._exit(0)


def test_whoever_is_killed_while_writing_leaves_nothing_that_is_read(engine: Engine) -> None:
    planted(engine)
    rng, killed = Random(3), 0
    for _ in range(times(3, 40)):
        with writing(engine) as session:
            session.execute(sa.delete(_columns))
        begun = _forks.Event()
        child = _forks.Process(target=_keep_and_end, args=(_address(engine), begun))
        child.start()
        begun.wait(30)
        time.sleep(rng.uniform(0, 0.12))
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        killed += child.exitcode == -signal.SIGKILL
        columns.keep(engine, RUN, now=NOW + timedelta(minutes=1))
        hold(engine)
        columns.keep(engine, RUN, now=NOW + timedelta(minutes=11))
        assert len(standing(engine)) == ALL
    hold(engine)
    assert killed


def test_in_the_background_ended_runs_get_columns_and_what_is_nobodys_goes(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(engine)
    write(engine, lambda session: session.execute(sa.update(Run).where(Run.id == RUN).values(state="running")))
    assert columns.keep_due(engine, now=NOW) > 0
    assert {run for run, _, _ in standing(engine)} == {2}
    assert columns.keep_due(engine, now=NOW) == 0
    write(engine, lambda session: session.execute(sa.update(Run).where(Run.id == RUN).values(state="done")))
    assert columns.keep_due(engine, now=NOW) > 0
    write(engine, change_a_cost)
    assert columns.keep_due(engine, now=NOW) == 0  # it rests
    assert chunks_without_a_part(engine) > 0
    monkeypatch.setattr(due, "_ORPHANED_S", 0.0)
    columns.keep_due(engine, now=NOW)
    assert chunks_without_a_part(engine) == 0
    hold(engine)


def test_a_rebuild_writes_all_anew(engine: Engine) -> None:
    planted(engine)
    assert columns.rebuild(engine, now=NOW) == 2
    before = standing(engine)
    write(engine, lambda session: session.execute(sa.update(_columns).values(layout="of old")))
    hold(engine)
    assert columns.rebuild(engine, now=NOW) == 2
    assert standing(engine) == before
    hold(engine)


def chunks_without_a_part(engine: Engine) -> int:
    lone = sa.select(sa.func.count()).where(_chunk.c.token.not_in(sa.select(_columns.c.token)))
    with reading(engine) as session:
        return int(session.execute(lone).scalar_one())


def _address(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)
