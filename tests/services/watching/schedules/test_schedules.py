"""Schedules: what they may say, when they fire, and what their history tells of each time that was due."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from core.errors import BadInput, NotFound
from core.services import runs
from core.services.candidates import candidates
from core.services.datasets import datasets, removal
from core.services.watching import schedules
from core.services.watching.schedules import ScheduleDraft, firing
from core.storage.engine import reading, write, writing
from core.storage.tables import Candidate, Dataset, Person, Prompt, Schedule
from tests.services.runs.evaluations import Made, make
from tests.services.watching.schedules.scheduled import (
    HOURLY,
    NOWHERE,
    all_runs,
    asked_now,
    end_runs,
    fires,
    outcomes,
    scheduled,
    the_schedule,
)

pytestmark = pytest.mark.one_database
NOW = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def made(engine: Engine) -> Made:
    return make(engine, NOWHERE, NOWHERE)


def changed(engine: Engine, table: Any, row_id: int, **values: Any) -> None:
    with writing(engine) as session:
        row = session.get_one(table, row_id)
        for name, value in values.items():
            setattr(row, name, value)
        session.add(row)


def why(engine: Engine) -> str:
    return fires(engine)[-1].fire.why


# ---------------------------------------------------------------- what a schedule may say


def test_a_schedule_is_named_after_its_dataset_and_due_at_its_next_time(engine: Engine, made: Made):
    schedule = the_schedule(engine, scheduled(engine, NOW, cron="0 6 * * 0", zone="europe/berlin"))
    assert (schedule.name, schedule.zone, schedule.next_run_at) == ("asked", "Europe/Berlin", NOW + 14 * HOUR)
    with reading(engine) as session:
        line = schedules.listed(session)[0]
        told = schedules.schedule_object(line, NOW)
    assert told["said"] == "every Sunday 06:00 Berlin, next in 14 h"
    assert (told["state"], told["candidates"], told["last"]) == ("waiting", None, None)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"cron": "0 6 * *"}, "has 4 of the five fields"),
        ({"zone": "Mars"}, "no time zone 'Mars'"),
        ({"dataset": "other"}, "no dataset 'other'. There are: 'asked'"),
        ({"version": 7}, "no version 7 of 'asked'. There are: 1"),
        ({"candidate_ids": (99,)}, "no candidate with the id 99"),
        ({"repetitions": 0}, "1 to 100 times"),
        ({"apart_s": -1.0, "repetitions": 2}, "0 to 168 hours apart"),
        ({"max_usd": 0.0}, "more than 0 USD"),
        ({"max_usd": float("nan")}, "more than 0 USD"),
        ({"repetitions": 3, "apart_s": 1800.0}, "due again after 60 min: the run before would still go on"),
        ({"name": "n" * 81}, "1 to 80 characters"),
        ({"name": "12"}, "taken for a schedule's number"),
    ],
)
def test_what_cannot_be_carried_out_is_refused(engine: Engine, made: Made, said: dict[str, Any], problem: str):
    with pytest.raises(BadInput, match=problem):
        scheduled(engine, NOW, **said)


def test_a_cap_that_could_not_be_kept_is_refused(engine: Engine):
    make(engine, NOWHERE, settings={})
    with pytest.raises(BadInput, match="price of 'model-0'"):
        scheduled(engine, NOW, max_usd=1.0)


def test_two_schedules_have_two_names_and_a_removed_one_frees_its_own(engine: Engine, made: Made):
    first = scheduled(engine, NOW, name="weekly")
    with pytest.raises(BadInput, match="called 'weekly' already"):
        scheduled(engine, NOW, name=" weekly ")
    write(engine, lambda session: schedules.remove(session, first, now=NOW))
    second = scheduled(engine, NOW, name="weekly")
    with reading(engine) as session:
        assert schedules.named(session, "weekly").id == schedules.named(session, str(second)).id == second
        with pytest.raises(NotFound, match="There are: 'weekly'"):
            schedules.named(session, str(first))


def test_a_changed_schedule_is_due_at_its_new_times(engine: Engine, made: Made):
    schedule_id = scheduled(engine, NOW)
    draft = ScheduleDraft("asked", "30 * * * *", name="half past", candidate_ids=(made.candidates[1],), max_usd=2.0)
    write(engine, lambda session: schedules.change(session, schedule_id, draft, now=NOW))
    schedule = the_schedule(engine, schedule_id)
    assert schedule.next_run_at == NOW + HOUR / 2
    assert schedules.draft_of(schedule) == draft
    with pytest.raises(NotFound):
        write(engine, lambda session: schedules.change(session, 99, draft, now=NOW))


# ---------------------------------------------------------------- firing


def test_nothing_fires_before_its_time_and_then_once(engine: Engine, made: Made):
    schedule_id = scheduled(engine, NOW, repetitions=3, apart_s=600.0, max_usd=5.0)
    assert schedules.tick(engine, now=NOW + HOUR - timedelta(seconds=1)) == 0
    at = NOW + HOUR + timedelta(seconds=2)
    assert [schedules.tick(engine, now=at) for _ in range(3)] == [1, 0, 0]
    (run,) = all_runs(engine)
    assert (run.state, run.dataset_id, run.candidate_ids) == ("queued", made.dataset, list(made.candidates))
    assert (run.repetitions, run.spread_s, run.max_usd) == (3, [0, 600, 1200], 5.0)
    (line,) = fires(engine, schedule_id)
    assert (line.fire.due_at, line.fire.fired_at, line.fire.outcome) == (NOW + HOUR, at, "ran")
    assert (line.run_id, line.run_state, line.by, line.is_going) == (run.id, "queued", None, True)
    assert the_schedule(engine, schedule_id).next_run_at == NOW + 2 * HOUR


def test_after_an_outage_the_latest_time_runs_and_the_others_are_missed(engine: Engine, made: Made):
    schedule_id = scheduled(engine, NOW)
    at = NOW + 5 * HOUR + timedelta(minutes=29)
    assert schedules.tick(engine, now=at) == 1
    assert outcomes(engine) == [("missed", 4), ("ran", 1)]
    missed, ran = (line.fire for line in fires(engine))
    assert (missed.due_at, ran.due_at) == (NOW + HOUR, NOW + 5 * HOUR)
    assert "not running" in missed.why
    assert the_schedule(engine, schedule_id).next_run_at == NOW + 6 * HOUR


def test_what_is_later_than_half_of_the_interval_or_a_day_is_missed(engine: Engine, made: Made):
    cases = {HOURLY: timedelta(minutes=30), "0 12 * * *": 12 * HOUR, "0 6 * * 0": 24 * HOUR, "0 6 1 * *": 24 * HOUR}
    for cron, grace in cases.items():
        within, beyond = (scheduled(engine, NOW, cron=cron, name=f"{cron} {n}") for n in "ab")
        due_at = the_schedule(engine, within).next_run_at
        for schedule_id, at in ((within, due_at + grace), (beyond, due_at + grace + timedelta(seconds=1))):
            with reading(engine) as session:
                lines = candidates.listed(session, at)
            assert firing._fire_due(engine, the_schedule(engine, schedule_id), lines, at)
        assert (outcomes(engine, within), outcomes(engine, beyond)) == ([("ran", 1)], [("missed", 1)])
    assert "up to 24 h would not have been too late" in why(engine)


def test_a_paused_schedule_skips_its_times_and_says_so(engine: Engine, made: Made):
    schedule_id = scheduled(engine, NOW)
    write(engine, lambda session: schedules.pause(session, schedule_id))
    assert schedules.tick(engine, now=NOW + HOUR) == 1
    assert schedules.tick(engine, now=NOW + 3 * HOUR) == 1
    assert outcomes(engine) == [("skipped", 1), ("skipped", 2)]
    assert (why(engine), all_runs(engine)) == ("It was paused.", [])
    with reading(engine) as session:
        assert (schedules.listed(session)[0].state, schedules.listed(session)[0].next_at) == ("paused", None)
    later = NOW + 4 * HOUR + timedelta(minutes=1)
    write(engine, lambda session: schedules.resume(session, schedule_id, now=later))
    assert schedules.tick(engine, now=later) == 0
    assert schedules.tick(engine, now=NOW + 5 * HOUR) == 1
    assert outcomes(engine)[-1] == ("ran", 1)


def test_a_schedule_runs_one_run_at_a_time(engine: Engine, made: Made):
    schedule_id = scheduled(engine, NOW)
    for number in (1, 2):
        schedules.tick(engine, now=NOW + number * HOUR)
    assert outcomes(engine) == [("ran", 1), ("skipped", 1)]
    assert why(engine) == f"The run before, {all_runs(engine)[0].id}, still goes on."
    assert asked_now(engine, schedule_id, NOW + 2 * HOUR).outcome == "skipped"
    end_runs(engine)
    schedules.tick(engine, now=NOW + 3 * HOUR)
    assert outcomes(engine)[-1] == ("ran", 1)


def test_two_schedules_over_one_dataset_do_not_wait_for_each_other(engine: Engine, made: Made):
    for name in ("one", "two"):
        scheduled(engine, NOW, name=name)
    assert schedules.tick(engine, now=NOW + HOUR) == 2
    assert outcomes(engine) == [("ran", 1), ("ran", 1)]


def test_candidates_that_are_retired_meanwhile_are_left_out_and_named(engine: Engine, made: Made):
    scheduled(engine, NOW, candidate_ids=made.candidates)
    changed(engine, Candidate, made.candidates[0], is_retired=True)
    schedules.tick(engine, now=NOW + HOUR)
    assert all_runs(engine)[0].candidate_ids == [made.candidates[1]]
    assert why(engine) == "Left out: model-0: It is retired."
    end_runs(engine)
    changed(engine, Candidate, made.candidates[1], is_retired=True)
    schedules.tick(engine, now=NOW + 2 * HOUR)
    assert outcomes(engine)[-1] == ("skipped", 1)
    assert why(engine).startswith("None of its candidates can be asked. model-0: It is retired.")


def test_a_candidate_that_was_given_the_number_of_a_deleted_one_is_not_the_one_chosen(engine: Engine, made: Made):
    scheduled(engine, NOW, candidate_ids=made.candidates)
    changed(engine, Candidate, made.candidates[1], created_at=NOW + timedelta(minutes=1))
    schedules.tick(engine, now=NOW + HOUR)
    assert all_runs(engine)[0].candidate_ids == [made.candidates[0]]
    assert why(engine) == "Left out: 1 candidate was deleted."


def test_without_a_choice_all_are_asked_that_can_be_asked_then(engine: Engine, made: Made):
    scheduled(engine, NOW)
    changed(engine, Candidate, made.candidates[0], is_retired=True)
    schedules.tick(engine, now=NOW + HOUR)
    assert all_runs(engine)[0].candidate_ids == [made.candidates[1]]
    end_runs(engine)
    changed(engine, Candidate, made.candidates[1], provider=None)
    schedules.tick(engine, now=NOW + 2 * HOUR)
    assert (outcomes(engine)[-1], why(engine)[:29]) == (("skipped", 1), "No candidate can be asked. Ca")


def test_a_cap_whose_price_is_gone_skips(engine: Engine, made: Made):
    scheduled(engine, NOW, max_usd=1.0)
    settings = {"base_url": NOWHERE, "max_tokens": 20}
    changed(engine, Candidate, made.candidates[0], settings=settings)
    schedules.tick(engine, now=NOW + HOUR)
    assert outcomes(engine) == [("skipped", 1)]
    assert why(engine).startswith("No price is known of 'model-0', so the spending cap cannot be kept.")


def test_the_newest_version_is_asked_or_the_one_that_was_chosen(engine: Engine, made: Made):
    scheduled(engine, NOW, name="newest")
    scheduled(engine, NOW, name="pinned", version=1)
    with writing(engine) as session:
        second = Dataset(name="asked", version=2, content_hash="two", created_at=NOW)
        session.add(second)
        session.flush()
        asked = [{"role": "user", "content": "?"}]
        session.add(Prompt(dataset_id=second.id, external_id="p", messages=asked, tags=[], content_hash="p"))
        newest = second.id
    schedules.tick(engine, now=NOW + HOUR)
    assert [run.dataset_id for run in all_runs(engine)] == [newest, made.dataset]


def test_a_dataset_that_is_gone_skips_and_its_removal_leaves_the_history(engine: Engine, made: Made):
    scheduled(engine, NOW)
    schedules.tick(engine, now=NOW + HOUR)
    end_runs(engine)
    write(engine, lambda session: removal.remove_dataset(session, made.dataset))
    schedules.tick(engine, now=NOW + 2 * HOUR)
    assert outcomes(engine) == [("ran", 1), ("skipped", 1)]
    assert [line.run_id for line in fires(engine)] == [None, None]
    assert why(engine).startswith("The dataset is gone. There is no dataset 'asked'.")


def test_a_schedule_goes_with_its_dataset_when_that_is_renamed(engine: Engine, made: Made):
    scheduled(engine, NOW)
    write(engine, lambda session: datasets.rename(session, made.dataset, "another name"))
    schedules.tick(engine, now=NOW + HOUR)
    assert outcomes(engine) == [("ran", 1)]


def test_an_error_of_planning_is_recorded_and_stops_no_other_schedule(
    engine: Engine, made: Made, monkeypatch: pytest.MonkeyPatch
):
    first, second = (scheduled(engine, NOW, name=name) for name in ("broken", "whole"))
    plan = runs.plan

    def breaks_once(*args: Any, **kwargs: Any) -> Any:
        monkeypatch.setattr(runs, "plan", plan)
        plan(*args, **kwargs)
        raise ZeroDivisionError("in the midst of it")

    monkeypatch.setattr(runs, "plan", breaks_once)
    assert schedules.tick(engine, now=NOW + HOUR) == 2
    assert (outcomes(engine, first), outcomes(engine, second)) == ([("failed", 1)], [("ran", 1)])
    assert fires(engine, first)[0].fire.why == "ZeroDivisionError: in the midst of it"
    assert len(all_runs(engine)) == 1, "what was planned before the error is not there"
    with reading(engine) as session:
        assert [line.schedule for line in schedules.recent_failures(session, NOW)] == ["broken"]
        assert schedules.recent_failures(session, NOW + 2 * HOUR) == []


def test_when_the_database_gives_up_nothing_is_claimed_and_the_next_tick_tries_again(
    engine: Engine, made: Made, monkeypatch: pytest.MonkeyPatch
):
    schedule_id = scheduled(engine, NOW)

    def gives_up(*_: Any, **__: Any) -> Any:
        raise OperationalError("SELECT 1", {}, Exception("the connection is closed"))

    with monkeypatch.context() as patched:
        patched.setattr(runs, "plan", gives_up)
        with pytest.raises(OperationalError):
            schedules.tick(engine, now=NOW + HOUR)
    assert (fires(engine), the_schedule(engine, schedule_id).next_run_at) == ([], NOW + HOUR)
    assert schedules.tick(engine, now=NOW + HOUR) == 1
    assert outcomes(engine) == [("ran", 1)]


def test_a_prompt_nobody_can_answer_is_a_failure(engine: Engine, made: Made):
    scheduled(engine, NOW)
    for prompt in made.prompts:
        changed(engine, Prompt, prompt, messages=[])
    schedules.tick(engine, now=NOW + HOUR)
    assert outcomes(engine) == [("failed", 1)]
    assert why(engine).startswith("None of these prompts has a user's message")


def test_a_zone_that_is_no_longer_known_is_a_failure_that_comes_once_a_day(engine: Engine, made: Made):
    schedule_id = scheduled(engine, NOW)
    changed(engine, Schedule, schedule_id, zone="Europe/Atlantis")
    for minutes in (60, 61, 120):
        schedules.tick(engine, now=NOW + timedelta(minutes=minutes))
    assert outcomes(engine) == [("failed", 1)]
    assert "no time zone 'Europe/Atlantis'" in why(engine) and why(engine).endswith("Edit the schedule.")


def test_a_schedule_that_was_changed_since_it_was_seen_is_left_to_the_next_tick(engine: Engine, made: Made):
    schedule_id = scheduled(engine, NOW)
    seen, at = the_schedule(engine, schedule_id), NOW + HOUR
    draft = ScheduleDraft("asked", "0 16 * * *", name="daily")
    write(engine, lambda session: schedules.change(session, schedule_id, draft, now=NOW + timedelta(seconds=1)))
    assert the_schedule(engine, schedule_id).next_run_at == seen.next_run_at
    assert not firing._fire_due(engine, seen, [], at)
    assert schedules.tick(engine, now=at) == 1
    assert the_schedule(engine, schedule_id).next_run_at == at + 24 * HOUR


def test_a_schedule_that_was_paused_since_it_was_seen_is_skipped(engine: Engine, made: Made):
    schedule_id = scheduled(engine, NOW)
    seen = the_schedule(engine, schedule_id)
    write(engine, lambda session: schedules.pause(session, schedule_id))
    assert firing._fire_due(engine, seen, [], NOW + HOUR)
    assert outcomes(engine) == [("skipped", 1)]


def test_no_time_comes_twice_where_a_clock_was_set_back(engine: Engine, made: Made):
    schedule_id = scheduled(engine, NOW)
    schedules.tick(engine, now=NOW + 2 * HOUR)
    end_runs(engine)
    draft = schedules.draft_of(the_schedule(engine, schedule_id))
    write(engine, lambda session: schedules.change(session, schedule_id, draft, now=NOW))
    assert the_schedule(engine, schedule_id).next_run_at == NOW + 3 * HOUR


# ---------------------------------------------------------------- run now, removing


def test_run_now_is_outside_the_plan_and_in_the_history_with_who_asked(engine: Engine, made: Made):
    schedule_id = scheduled(engine, NOW)
    write(engine, lambda session: schedules.pause(session, schedule_id))
    with writing(engine) as session:
        person = Person(name="Ada", role="admin", created_at=NOW)
        session.add(person)
        session.flush()
        lines = candidates.listed(session, NOW)
        schedules.run_now(session, schedule_id, lines, now=NOW, person_id=person.id)
    (line,) = fires(engine)
    assert (line.fire.due_at, line.fire.outcome, line.by, line.run_state) == (None, "ran", "Ada", "queued")
    assert all_runs(engine)[0].requested_by_id == line.fire.person_id
    assert the_schedule(engine, schedule_id).next_run_at == NOW + HOUR
    with reading(engine) as session:
        assert schedules.listed(session)[0].last.run_id == line.run_id


def test_a_removed_schedule_fires_no_more_and_its_history_stays(engine: Engine, made: Made):
    schedule_id = scheduled(engine, NOW)
    schedules.tick(engine, now=NOW + HOUR)
    write(engine, lambda session: schedules.remove(session, schedule_id, now=NOW + HOUR))
    end_runs(engine)
    assert schedules.tick(engine, now=NOW + 9 * HOUR) == 0
    with pytest.raises(NotFound):
        asked_now(engine, schedule_id, NOW)
    with reading(engine) as session:
        assert (schedules.listed(session), schedules.count_fires(session)) == ([], 1)
        assert schedules.history(session, schedule_id)[0].schedule == "asked"
