"""Runs as pages show them: the list, what is going on, failures by kind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from core.errors import NotFound
from core.services import runs
from core.services.asking.process_name import me
from core.services.runs import FailureLine, RunLine, RunOrder
from core.storage.engine import reading, writing
from core.storage.tables import Attempt, Candidate, Dataset, Response, Run
from tests.statements import statements
from tests.workspace import NOW, Workspace, later, make_workspace

pytestmark = pytest.mark.one_database


@pytest.fixture
def at(engine: Engine) -> Workspace:
    """Four candidates that can be asked, six prompts, and an import with a response of each to each."""
    made = make_workspace(engine)
    with writing(engine) as session:
        for candidate in session.exec(select(Candidate)):
            candidate.provider, candidate.model = "openai", "some-model"
            candidate.settings = {"base_url": "http://127.0.0.1:9/v1", "max_tokens": 20}
    return made


def ordered(engine: Engine, at: Workspace, **changes: Any) -> int:
    """The id of a queued run of the first two candidates on all prompts."""
    order = RunOrder(1, at.candidates[:2], **changes)
    with writing(engine) as session:
        return runs.plan(session, replace(order, dataset_id=dataset_of(session)), now=NOW).id


def dataset_of(session: Session) -> int:
    return session.exec(select(Dataset.id).where(Dataset.name == "tests")).one()


def change(engine: Engine, run_id: int, **values: Any) -> None:
    with writing(engine) as session:
        for name, value in values.items():
            setattr(session.get(Run, run_id), name, value)


def seen(engine: Engine, run_id: int, minutes: float = 0) -> RunLine:
    with reading(engine) as session:
        return runs.line(session, run_id, now=later(minutes))


def attempt(run_id: int, prompt: int, candidate: int, **values: Any) -> Attempt:
    ended = {"finished_at": NOW, "started_at": NOW}
    return Attempt(run_id=run_id, prompt_id=prompt, candidate_id=candidate, **(ended | values))


def response(run_id: int, prompt: int, candidate: int, text: str = "Yes.", **values: Any) -> Response:
    facts = {"finish_reason": "stop", "created_at": NOW, "words": len(text.split())} | values
    return Response(
        run_id=run_id, prompt_id=prompt, candidate_id=candidate, turns=[text], content_hash=text, **facts
    )  # fmt: skip


def test_runs_are_listed_newest_first_and_an_import_says_what_it_brought(engine: Engine, at: Workspace) -> None:
    run_id = ordered(engine, at)
    with reading(engine) as session:
        first, second = runs.listed(session, now=NOW)
    assert (first.id, first.state, first.dataset) == (run_id, "queued", "tests")
    assert (first.planned, first.left, first.share, first.prompts) == (12, 12, 0.0, None)
    assert not second.is_evaluation
    assert (second.state, second.responses, second.planned, second.share) == ("done", 24, 24, 1.0)
    assert second.candidate_ids == tuple(sorted(at.candidates))


def test_a_run_that_nobody_carries_out_is_interrupted_and_no_longer_goes_on(engine: Engine, at: Workspace) -> None:
    run_id = ordered(engine, at)
    change(engine, run_id, state="running", started_at=NOW, heartbeat_at=NOW, worker=me())
    assert (seen(engine, run_id).state, seen(engine, run_id).is_active) == ("running", True)
    assert (seen(engine, run_id, 1).state, seen(engine, run_id, 1).is_active) == ("interrupted", False)


def test_a_run_between_its_repetitions_waits_and_says_until_when(engine: Engine, at: Workspace) -> None:
    run_id = ordered(engine, at, repetitions=2, spread_s=[0, 3600])
    assert seen(engine, run_id).state == "queued"
    change(engine, run_id, started_at=NOW, responses=12)
    line = seen(engine, run_id, 5)
    assert (line.state, line.next_at, line.is_active) == ("waiting", NOW + timedelta(hours=1), True)
    assert seen(engine, run_id, 61).state == "queued"


def test_a_run_that_is_not_there_is_said_to_be_gone(engine: Engine) -> None:
    with reading(engine) as session, pytest.raises(NotFound, match="no run 7"):
        runs.line(session, 7, now=NOW)


def test_the_sidebar_hears_of_the_run_that_goes_on_else_of_the_last_evaluation(engine: Engine, at: Workspace) -> None:
    def newest() -> runs.Newest | None:
        with reading(engine) as session:
            return runs.newest(session)

    assert newest() is None
    first, second = ordered(engine, at), ordered(engine, at)
    found = newest()
    assert found is not None
    assert (found.id, found.is_going, found.going, found.candidates, found.planned) == (second, True, 2, 2, 12)
    change(engine, second, state="done", finished_at=later(2))
    found = newest()
    assert found is not None
    assert (found.id, found.going) == (first, 1)
    change(engine, first, state="stopped", finished_at=later(1))
    found = newest()
    assert found is not None
    assert (found.id, found.is_going, found.going, found.at) == (second, False, 0, later(2))


def test_each_candidate_has_its_part_with_what_failed_and_what_it_spent(engine: Engine, at: Workspace) -> None:
    run_id = ordered(engine, at)
    one, two = at.candidates[:2]
    with writing(engine) as session:
        session.add(response(run_id, at.prompts[0], one))
        session.add(attempt(run_id, at.prompts[0], one, cost_usd=0.5, cost_basis="reported"))
        session.add(attempt(run_id, at.prompts[1], one, error_kind="auth", is_last=True, cost_usd=0.0))
        session.add(attempt(run_id, at.prompts[0], two, finished_at=None))
        session.add(attempt(run_id, at.prompts[1], two))
    with reading(engine) as session:
        first, second = runs.per_candidate(session, runs.line(session, run_id, now=NOW))
    assert (first.name, first.planned, first.responses, first.failed, first.left) == ("candidate 0", 6, 1, 1, 4)
    assert (first.attempts, first.cost_usd, first.unpriced) == (2, 0.5, 0)
    assert (second.responses, second.attempts, second.cost_usd, second.unpriced) == (0, 2, 0.0, 1)


def test_an_imports_candidates_have_what_is_there(engine: Engine, at: Workspace) -> None:
    with reading(engine) as session:
        line = runs.listed(session, now=NOW)[-1]
        parts = runs.per_candidate(session, line)
        assert runs.failures(session, line.id) == []
    assert [(part.planned, part.responses, part.share) for part in parts] == [(6, 6, 1.0)] * 4


def test_failures_come_by_kind_and_candidate_those_that_cost_a_response_first(engine: Engine, at: Workspace) -> None:
    run_id = ordered(engine, at)
    one, two = at.candidates[:2]
    with writing(engine) as session:
        for n in range(3):
            session.add(attempt(run_id, at.prompts[n], one, error_kind="rate_limit", error_message=f"wait {n}"))
        session.add(attempt(run_id, at.prompts[0], two, error_kind="auth", error_message="no key", is_last=True))
        session.add(attempt(run_id, at.prompts[4], one, cost_usd=0.1))
    with reading(engine) as session:
        found = runs.failures(session, run_id)
    assert found == [
        FailureLine("auth", two, "candidate 1", 1, 1, "no key"),
        FailureLine("rate_limit", one, "candidate 0", 3, 0, "wait 2"),
    ]


def queries_of(engine: Engine, work: Callable[[], object]) -> int:
    """How many statements ``work`` sends to the database; what begins a transaction is none."""
    with statements(engine) as said:
        work()
    return sum(not statement.startswith("BEGIN") for statement in said)


@pytest.mark.regression("1.9")
def test_runs_are_listed_by_as_many_queries_however_many_they_are(engine: Engine, at: Workspace) -> None:
    def some(count: int) -> int:
        for number in range(count):
            run_id = ordered(engine, at)
            if number % 2:
                change(engine, run_id, state="running", worker="elsewhere/1 1 a", heartbeat_at=NOW, started_at=NOW)

        def read() -> None:
            with reading(engine) as session:
                runs.listed(session, now=NOW)

        return queries_of(engine, read)

    at_five, at_sixty = some(5), some(55)
    assert at_five == at_sixty <= 5


def test_an_import_that_was_counted_is_not_counted_again(engine: Engine, at: Workspace) -> None:
    ordered(engine, at)
    with reading(engine) as session:
        before = runs.listed(session, now=NOW)
    with reading(engine) as session:
        assert runs.listed(session, now=NOW, known=before) == before

    def read(known: list[RunLine]) -> int:
        with reading(engine) as session:
            return queries_of(engine, lambda: runs.listed(session, now=NOW, known=known))

    assert read(before) < read([])


@pytest.mark.regression("3")
def test_what_came_before_a_pause_says_nothing_of_the_time_left(engine: Engine, at: Workspace) -> None:
    """Two responses an hour ago and three of late, one a minute: seven are left, so seven minutes."""
    run_id = ordered(engine, at)
    with writing(engine) as session:
        for number, minutes in enumerate((0, 1, 60, 61, 62)):
            candidate, prompt = at.candidates[number % 2], at.prompts[number // 2]
            session.add(response(run_id, prompt, candidate, created_at=later(minutes)))
    change(engine, run_id, state="running", worker=me(), heartbeat_at=later(63), started_at=NOW, responses=5)
    assert seen(engine, run_id, 63).eta_s == pytest.approx(7 * 90.0)
    change(engine, run_id, heartbeat_at=later(140))
    assert seen(engine, run_id, 140).eta_s is None, "nothing came for long: nobody knows"


@pytest.mark.regression("3")
def test_a_cancelled_run_is_cancelling_until_whoever_carried_it_out_has_let_go(engine: Engine, at: Workspace) -> None:
    run_id = ordered(engine, at)
    change(engine, run_id, state="running", worker="elsewhere/1 1 a", heartbeat_at=NOW, started_at=NOW)
    runs.cancel(engine, run_id, now=NOW)
    assert (seen(engine, run_id).state, seen(engine, run_id).is_active) == ("cancelling", True)
    change(engine, run_id, worker=None)
    assert (seen(engine, run_id).state, seen(engine, run_id).is_active) == ("cancelled", False)
