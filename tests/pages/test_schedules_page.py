"""*Schedules* as an admin uses it, and as nobody else may."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest

from core import clock
from core.domain.people import Role
from core.services.watching import schedules
from core.services.watching.schedules import ScheduleDraft
from core.settings import get_settings
from core.storage.engine import reading, writing
from core.storage.tables import Candidate, Dataset, Run, Schedule, ScheduleFire
from tests.pages.test_admin_pages import page, press, run, words
from tests.pages.test_forged_events import FORGED, Visitor, event, sent, visitor
from tests.services.runs.evaluations import Made, make
from tests.services.watching.schedules.scheduled import NOWHERE, end_runs, scheduled

__all__ = ["visitor"]


@pytest.fixture
def made(fresh: Engine) -> Made:
    return make(fresh, NOWHERE, NOWHERE)


@pytest.fixture
def full(fresh: Engine) -> Made:
    """What the visitor's workspace holds."""
    return make(fresh, NOWHERE)


def all_schedules(engine: Engine) -> list[Schedule]:
    with reading(engine) as session:
        return list(session.exec(select(Schedule)))


def click_of(app: AppTest, key: str) -> WidgetStates:
    """What the browser sends of a click, which is not sent yet."""
    found = event(app.button(key=key).click())
    app.button(key=key).set_value(False)
    return found


def opened() -> AppTest:
    return press(page("schedules.py"), "schedules_new")


def test_without_prompts_or_candidates_it_says_what_comes_first(fresh: Engine):
    app = page("schedules.py")
    assert "Import prompts on *Data* first" in words(app)
    assert not [button for button in app.button if button.key == "schedules_new"]
    with writing(fresh) as session:
        session.add(Dataset(name="d", content_hash="d", created_at=clock.now()))
    assert "Define a candidate on *Candidates* first" in words(page("schedules.py"))


def test_weekly_is_there_at_once_and_added_with_one_click(fresh: Engine, made: Made):
    assert "Nothing runs by itself yet" in words(page("schedules.py"))
    app = opened()
    assert "Every Sunday 06:00 UTC, next in " in words(app)
    assert "8 calls a run, about $" in words(app)
    press(app, "schedules_save")
    (schedule,) = all_schedules(fresh)
    assert (schedule.name, schedule.cron, schedule.zone, schedule.candidate_ids) == ("asked", "0 6 * * 0", "UTC", None)
    assert schedule.created_by_id is not None
    said = words(app)
    assert "Added." in said and "Every Sunday 06:00 UTC, next in " in said
    assert "asked, newest version · all candidates that can be asked · no cap" in said
    assert not [button for button in app.button if button.key == "schedules_save"], "the dialog is closed"


def test_monthly_is_one_click_and_the_next_three_times_stand_beside_it(fresh: Engine, made: Made):
    app = press(opened(), "schedules_rhythm_0 6 1 * *")
    app.selectbox(key="schedules_zone").set_value("America/New_York")
    run(app)
    said = words(app)
    assert "On the 1st of every month 06:00 New York, next in " in said
    assert len([line for line in said.splitlines() if line.count(", 06:00") == 3]) == 1
    press(app, "schedules_save")
    assert [(one.cron, one.zone) for one in all_schedules(fresh)] == [("0 6 1 * *", "America/New_York")]


def test_all_that_can_be_said_is_kept(fresh: Engine, made: Made):
    app = opened()
    app.text_input(key="schedules_name").set_value("Through the day")
    app.selectbox(key="schedules_version").set_value(1)
    app.multiselect(key="schedules_candidates").set_value([made.candidates[1]])
    app.number_input(key="schedules_times").set_value(3)
    run(app)
    app.number_input(key="schedules_apart").set_value(8.0)
    app.number_input(key="schedules_cap").set_value(2.5)
    run(app)
    press(app, "schedules_save")
    (schedule,) = all_schedules(fresh)
    expected = ScheduleDraft(
        "asked", "0 6 * * 0", "UTC", "Through the day", 1, (made.candidates[1],), 3, 8 * 3600.0, 2.5
    )
    assert schedules.draft_of(schedule) == expected
    assert "asked, version 1 · model-1 · 3 times each, 8 h apart · at most $2.50 a run" in words(app)
    press(app, f"schedules_edit_{schedule.id}")
    press(app, "schedules_save")
    assert schedules.draft_of(all_schedules(fresh)[0]) == expected, "saving without a change changes nothing"


def test_a_cron_text_that_cannot_be_read_is_told_before_anything_is_saved(fresh: Engine, made: Made):
    app = opened()
    app.text_input(key="schedules_cron").set_value("0 25 * * *")
    run(app)
    assert "The hour '25' of '0 25 * * *' cannot be read: hours are 0 to 23." in words(app)
    assert app.button(key="schedules_save").disabled
    app.text_input(key="schedules_cron").set_value("0 5 * * mon-fri")
    run(app)
    assert "Monday to Friday 05:00 UTC" in words(app)
    assert not app.button(key="schedules_save").disabled


def test_what_cannot_be_saved_is_told_in_the_dialog_and_nothing_is_lost(fresh: Engine, made: Made):
    scheduled(fresh, clock.now())
    app = press(opened(), "schedules_save")
    assert "there is a schedule called 'asked' already. Choose another name." in words(app)
    assert app.text_input(key="schedules_cron").value == "0 6 * * 0"
    app.text_input(key="schedules_name").set_value("another")
    press(run(app), "schedules_save")
    assert [one.name for one in all_schedules(fresh)] == ["asked", "another"]


def test_a_chosen_candidate_that_was_retired_is_not_dropped_behind_ones_back(fresh: Engine, made: Made):
    schedule_id = scheduled(fresh, clock.now(), candidate_ids=(made.candidates[0],))
    with writing(fresh) as session:
        gone = session.get_one(Candidate, made.candidates[0])
        gone.is_retired = True
        session.add(gone)
    app = press(page("schedules.py"), f"schedules_edit_{schedule_id}")
    assert app.multiselect(key="schedules_candidates").value == [made.candidates[0]]
    press(app, "schedules_save")
    assert "The candidate 'model-0' is retired. Leave it out" in words(app)


def test_run_now_pause_resume_and_remove(fresh: Engine, made: Made):
    schedule_id = scheduled(fresh, clock.now())
    app = press(page("schedules.py"), f"schedules_run_{schedule_id}")
    said = words(app)
    assert "Run goes on" in said and "asked for by You" in said
    assert app.button(key=f"schedules_run_{schedule_id}").disabled
    end_runs(fresh)
    press(app, f"schedules_pause_{schedule_id}")
    assert "Paused" in words(app) and all_schedules(fresh)[0].is_paused
    press(app, f"schedules_pause_{schedule_id}")
    assert "next in " in words(app) and not all_schedules(fresh)[0].is_paused
    press(app, f"schedules_remove_{schedule_id}")
    assert "Its history and its runs stay." in words(app)
    press(app, "schedules_remove_yes")
    said = words(app)
    assert all_schedules(fresh)[0].removed_at is not None
    assert "Nothing runs by itself yet" in said and "History" in said and "asked for by You" in said


def test_what_could_not_be_run_now_is_said(fresh: Engine, made: Made):
    schedule_id = scheduled(fresh, clock.now())
    for candidate in made.candidates:
        with writing(fresh) as session:
            row = session.get_one(Candidate, candidate)
            row.is_retired = True
            session.add(row)
    app = press(page("schedules.py"), f"schedules_run_{schedule_id}")
    assert "No candidate can be asked." in words(app)


def test_the_history_says_what_ran_was_missed_and_was_skipped_and_why(fresh: Engine, made: Made):
    then = clock.now() - timedelta(hours=30)
    scheduled(fresh, then, name="hourly")
    paused = scheduled(fresh, then, name="other")
    with writing(fresh) as session:
        schedules.pause(session, paused)
    schedules.tick(fresh, now=then.replace(minute=5) + timedelta(hours=6))
    app = page("schedules.py")
    said = words(app)
    assert "UTC, and 4 times after it" in said and "Evenhand was not running then." in said
    assert "It was paused." in said and "Waits to begin" in said
    of = app.selectbox(key="schedules_history_of")
    with reading(fresh) as session:
        of.set_value(session.get_one(Schedule, paused).name)
    run(app)
    history = words(app).split("History")[1]
    assert "Skipped" in history and "Missed" not in history


def test_a_process_that_leaves_schedules_alone_says_so(fresh: Engine, made: Made, monkeypatch: pytest.MonkeyPatch):
    scheduled(fresh, clock.now())
    assert "EVENHAND_SCHEDULER=0" not in words(page("schedules.py"))
    monkeypatch.setenv("EVENHAND_SCHEDULER", "0")
    get_settings.cache_clear()
    assert "EVENHAND_SCHEDULER=0" in words(page("schedules.py"))


@FORGED
def test_a_former_admin_runs_and_changes_no_schedule(
    workspace: Engine, full: Made, visitor: Callable[..., Visitor], ending: str, late: bool
):
    schedule_id = scheduled(workspace, clock.now())
    bo = visitor("Bo", Role.ADMIN)
    app = bo.at("schedules.py")
    forged = [click_of(app, f"schedules_{what}_{schedule_id}") for what in ("run", "pause")]
    app.button(key="schedules_new").click().run()
    app.text_input(key="schedules_name").set_value("forged")
    app.run()
    forged.append(click_of(app, "schedules_save"))
    bo.loses_access(ending)
    for each in forged:
        sent(app, each, after_the_page_was_gone=late)
    with reading(workspace) as session:
        assert session.exec(select(ScheduleFire)).all() == []
        assert session.exec(select(Run)).all() == []
    assert [(one.name, one.is_paused) for one in all_schedules(workspace)] == [("asked", False)]
