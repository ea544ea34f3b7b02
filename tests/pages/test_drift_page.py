"""The Drift page, run as the app runs it: what changed in words, closely, over time; the baseline and moving it."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import select
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from core.domain.people import Role
from core.services import alerts
from core.services.people import people
from core.services.studies import studies
from core.services.watching import drift
from core.services.watching.drift import FindingLine
from core.settings import get_settings
from core.storage.engine import reading, write, writing
from core.storage.tables import DriftBaseline, Evaluator, Response
from core.ui.shared.navigation import PAGES_FOLDER
from tests.drifting import Truth, Weeks, weeks
from tests.pages.grids import grids
from tests.pages.test_forged_events import ENDINGS, FORGED, Visitor, event, sent
from tests.workspace import NOW

HOSTILE = "<img src=x onerror=alert(1)> :red[x] **bold** $1$ `code`"


@pytest.fixture
def workspace(workspace: Engine) -> Engine:
    """The app's own engine on a database with the default study and nothing else."""
    write(workspace, lambda session: studies.ensure_default(session, now=NOW))
    return workspace


@pytest.fixture
def visitor(monkeypatch: pytest.MonkeyPatch, workspace: Engine) -> Callable[..., Visitor]:
    """Signs somebody in, in link mode, beside another admin who stays."""
    monkeypatch.setenv("EVENHAND_AUTH", "link")
    get_settings.cache_clear()
    cookies: dict[str, str] = {}
    monkeypatch.setattr(ContextProxy, "cookies", property(lambda _self: cookies))
    write(workspace, lambda s: people.invite(s, name="Ada", role=Role.ADMIN, now=NOW))
    return lambda name, role: Visitor(workspace, cookies, name, role)


def opened(**address: str) -> AppTest:
    app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=120)
    app.run().switch_page("drift.py")
    for name, value in address.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption]
    return "\n".join(str(element.value) for element in shown).replace("\\", "").replace("\u2060", "")


def texts(app: AppTest) -> str:
    """What is shown as models wrote it."""
    return "".join(element.proto.json for element in app.get("bidi_component"))


def charts(app: AppTest) -> list[dict[str, object]]:
    return [json.loads(element.proto.spec) for element in app.get("plotly_chart")]


def pinned(engine: Engine, names: tuple[str, ...] = ("A", "B"), prompts: int = 16, **fields: object) -> Weeks:
    """A run that is the baseline."""
    made = weeks(engine, names=names, prompts=prompts, **fields)
    first = made.run()
    write(engine, lambda s: drift.pin(s, "Weekly", [first], person_id=None, why="to begin with", now=made.now))
    return made


def week(made: Weeks, truths: dict[str, Truth] | None = None) -> None:
    made.run(truths)
    assert drift.check_due(made.engine, now=made.now) == 1


def findings(engine: Engine) -> tuple[FindingLine, ...]:
    with reading(engine) as session:
        return drift.state(session, "Weekly").findings


def of(found: tuple[FindingLine, ...], metric: str, category: str | None = None) -> FindingLine:
    return next(one for one in found if (one.metric.name, one.category) == (metric, category))


FELL = Truth(points=-0.7, name="other-model")


def test_an_empty_workspace_says_what_to_do(workspace: Engine) -> None:
    shown = words(opened())
    assert "Nothing to watch yet" in shown and "Schedules" in shown


def test_one_run_alone_says_what_is_missing_and_lets_an_admin_pin_it(workspace: Engine) -> None:
    made = weeks(workspace, names=("A", "B"), prompts=4)
    run = made.run()
    app = opened()
    shown = words(app)
    assert "Nothing has been checked yet" in shown and "There is no baseline yet: 1 whole run so far" in shown
    app.multiselect(key="drift_runs").set_value(app.multiselect(key="drift_runs").options)
    app.text_area(key="drift_why").set_value("all there is")
    app.button(key="drift_move").click().run()
    assert not app.exception
    with reading(workspace) as session:
        row = session.exec(select(DriftBaseline)).one()
    assert (row.run_ids, row.why, row.number) == ([run], "all there is", 1) and row.person_id is not None
    assert "Nothing has been checked yet" in words(app), "there is no later run"


def test_pinning_no_run_says_so_and_changes_nothing(workspace: Engine) -> None:
    pinned(workspace)
    app = opened()
    app.button(key="drift_move").click().run()
    assert "No run was chosen" in "".join(str(box.value) for box in app.error)
    with reading(workspace) as session:
        assert len(session.exec(select(DriftBaseline)).all()) == 1


def test_nothing_changed_is_said_calmly_with_since_when(workspace: Engine) -> None:
    made = pinned(workspace, prompts=8)
    week(made)
    week(made)
    app = opened()
    shown = words(app)
    assert "Nothing changed beyond chance" in shown
    assert "Nothing since run 2, 16 Nov 2026, 09:00: 2 checks in a row without a finding" in shown
    assert "One change in detail" not in shown and len(charts(app)) == 2


def test_what_changed_comes_in_one_sentence_each_alarms_first(workspace: Engine) -> None:
    made = pinned(workspace)
    week(made, {"B": FELL})
    app = opened()
    assert "alarm" in app.header[0].value
    told = [
        element.value
        for element in app.markdown
        if "-badge[" in str(element.value) and " since run " in str(element.value)
    ]
    assert told and all("-badge[" in text for text in told)
    tiers = ["red" if text.startswith(":red-badge") else "orange" for text in told]
    assert tiers == sorted(tiers, key=lambda tier: tier != "red") and tiers[0] == "red"
    fell = next(text for text in told if "share acceptable" in text)
    assert "fell from" in fell and "new model version" in fell and "other" in fell
    assert "New since the check before" in words(app)
    week(made, {"B": FELL})
    assert "Open since run 2" in words(opened())
    week(made)
    app = opened()
    (closed,) = [each for each in app.expander if "no longer so" in each.label]
    assert any("B's share acceptable" in str(each.value) for each in closed.markdown)


def test_a_messages_link_lands_on_its_change_also_after_later_checks(workspace: Engine) -> None:
    made = pinned(workspace)
    weeks_later = {"A": Truth(points=-0.7), "B": Truth(points=-0.7)}
    week(made, weeks_later)
    first = fallen(workspace)[1]
    assert first != findings(workspace)[0]
    app = opened(dataset="Weekly", finding=str(first.id))
    assert app.button(key=f"drift_look-{first.id}").disabled, "it is shown below"
    assert "dataset" not in app.query_params and app.query_params["drift_dataset"] == "1"
    week(made, weeks_later)
    now = next(one for one in fallen(workspace) if one.candidate == first.candidate)
    assert now.id != first.id
    assert opened(dataset="Weekly", finding=str(first.id)).button(key=f"drift_look-{now.id}").disabled
    week(made)
    assert not fallen(workspace)
    app = opened(dataset="Weekly", finding=str(first.id))
    said = f"No longer so: {first.candidate}'s share acceptable"
    assert said in words(app), "what the message told is still there to be read"


def fallen(engine: Engine) -> list[FindingLine]:
    """Whose share acceptable has moved, overall."""
    return [one for one in findings(engine) if (one.metric.name, one.category) == ("acceptable", None)]


def test_an_alerts_link_lands_on_its_candidates_first_change(workspace: Engine) -> None:
    made = pinned(workspace)
    week(made, {"A": Truth(price=1.5), "B": Truth(price=3.0)})
    other = findings(workspace)[0]
    mine = next(one for one in findings(workspace) if one.candidate != other.candidate)
    app = opened(dataset="Weekly", candidate=mine.candidate)
    assert app.button(key=f"drift_look-{mine.id}").disabled
    app.button(key=f"drift_look-{other.id}").click().run()
    assert app.button(key=f"drift_look-{other.id}").disabled and "candidate" not in app.query_params
    gone = opened(dataset="Weekly", candidate=HOSTILE)
    assert "is open any more" in words(gone) and "<img" not in "".join(str(each.value) for each in gone.caption)


@pytest.mark.parametrize("asked", ["999999", "x", "-1", "9" * 40, "<b>1</b>"])
def test_an_address_of_no_change_says_so_and_shows_the_first(workspace: Engine, asked: str) -> None:
    made = pinned(workspace)
    week(made, {"B": FELL})
    app = opened(finding=asked, dataset="Gone")
    shown = words(app)
    assert "The change of this link" in shown and "The dataset of this link (“Gone”)" in shown
    assert shown.count("not here any more") == 2
    assert app.button(key=f"drift_look-{findings(workspace)[0].id}").disabled


def test_another_change_is_looked_at_closely_when_it_is_asked_for(workspace: Engine) -> None:
    made = pinned(workspace)
    week(made, {"B": Truth(points=-0.7, price=2.0)})
    wanted = of(findings(workspace), "cost_usd")
    app = opened()
    assert app.button(key=f"drift_look-{of(findings(workspace), 'acceptable').id}").disabled, "it harms most"
    assert app.selectbox(key="drift_metric").value == "Share acceptable"
    app.button(key=f"drift_look-{wanted.id}").click().run()
    assert app.query_params["finding"] == str(wanted.id)
    assert app.button(key=f"drift_look-{wanted.id}").disabled
    assert app.selectbox(key="drift_metric").value == "Cost per 1,000 responses"
    (arrive,) = [each for each in app.get("bidi_component") if each.proto.component_name == "evenhand_arrive"]
    assert '"drift_chosen"' in arrive.proto.json


def test_alerts_and_drift_say_why_they_count_otherwise(workspace: Engine) -> None:
    made = pinned(workspace)
    week(made, {"B": Truth(points=-0.7, price=2.0)})
    week(made, {"B": Truth(price=2.0)})
    assert "*Alerts* has 1 open message about drift here, on 2 changes" in words(opened())
    inbox = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60)
    inbox.switch_page("alerts.py").run()
    assert "Of these 2 changes, in the newest check, of run 3: 1 still an alarm, 1 no longer so" in words(inbox)
    now = next(one for one in findings(workspace) if one.metric.name == "cost_usd")
    assert f"Figures of now: {now.brief} ({now.span})" in words(inbox)


def test_an_alarm_is_acknowledged_where_it_stands(workspace: Engine) -> None:
    made = pinned(workspace)
    week(made, {"B": Truth(points=-0.7, price=2.0)})
    fell, rose = (of(findings(workspace), metric) for metric in ("acceptable", "cost_usd"))
    app = opened()
    app.button(key=f"drift_acknowledge-{fell.id}").click().run()
    assert not app.exception
    with reading(workspace) as session:
        (one,) = alerts.inbox.listing(session, now=NOW, state=None)
    assert one.state is alerts.AlertState.ACKNOWLEDGED and one.acknowledged_by == "You"
    shown = words(app)
    assert shown.count("Acknowledged by You") == 3, "beside both changes that the message tells, and in the detail"
    gone = [f"drift_acknowledge-{each.id}" for each in (fell, rose)]
    assert not [button for button in app.button if button.key in gone]
    assert "open message" not in shown


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_former_analyst_does_not_acknowledge(workspace: Engine, visitor: Callable[..., Visitor], ending: str) -> None:
    made = pinned(workspace)
    week(made, {"B": FELL})
    bo = visitor("Bo", Role.ANALYST)
    app = bo.at("drift.py")
    forged = event(app.button(key="drift_acknowledge").click())
    bo.loses_access(ending)
    sent(app, forged, after_the_page_was_gone=False)
    with reading(workspace) as session:
        assert alerts.inbox.count(session, now=NOW) == 1


def test_a_change_that_ended_says_of_what_scope_it_was_and_why(workspace: Engine) -> None:
    made = pinned(workspace)
    week(made, {"B": FELL})
    week(made)
    (closed,) = [each for each in opened().expander if "no longer so" in each.label]
    said = "".join(str(each.value) for each in closed.markdown).replace("\\", "").replace("\u2060", "")
    assert "Overall, on 32 prompts in run 2: B's share acceptable fell" in said
    assert "In run 3 it is within what varies by chance, or too small to be told." in said


def test_what_a_run_of_one_category_told_overall_is_no_earlier_change(workspace: Engine) -> None:
    """Its overall figures are those of that category, where the change goes on."""
    made = pinned(workspace, categories=("coding", "support", "safety", "writing", "reasoning", "extraction", "tone"))
    fell = {"B": Truth(points=-0.7, name="other-model", category="coding")}
    coding = [place for place, category in enumerate(made.category) if made.categories[category] == "coding"]
    made.run(fell, prompts=coding)
    assert drift.check_due(made.engine, now=made.now) == 1
    overall = next(one for one in findings(workspace) if one.key == ("B", "acceptable", None))
    assert overall.prompts == len(coding)
    week(made, fell)
    stands = next(one for one in findings(workspace) if one.key == ("B", "acceptable", "coding"))
    assert stands.prompts == len(coding)
    assert ("B", "acceptable", None) not in {one.key for one in findings(workspace)}, "of all it is too small"
    said = "".join(str(each.value) for fold in opened().expander for each in fold.markdown)
    assert "B's share acceptable fell" not in said.replace("\\", "")


def test_our_own_edits_of_one_time_are_one_line(workspace: Engine) -> None:
    made = pinned(workspace)
    week(made, {"B": FELL})
    at = NOW + timedelta(days=200)
    with writing(workspace) as session:
        for name in ("one", "two", "three", "four", "five"):
            session.add(Evaluator(name=name, kind="contains", params={}, content_hash=name, created_at=at))
    shown = words(opened())
    assert shown.count("5 new evaluators: one, two, three and 2 more") == 1
    assert "After the newest run, so in no chart" in shown


def test_the_prompts_that_flipped_stand_side_by_side_and_hostile_answers_are_harmless(workspace: Engine) -> None:
    made = pinned(workspace)
    week(made, {"B": FELL})
    with writing(workspace) as session:
        session.execute(sa.update(Response).where(Response.run_id == 2).values(turns=["<script>boom()</script> " * 9]))
    one = of(findings(workspace), "acceptable")
    app = opened(finding=str(one.id))
    shown, written = words(app), texts(app)
    assert "prompts that show it most" in shown
    assert "**Before** · run 1" in shown and "**Now** · run 2" in shown
    assert "Answer 1 to" in written and "Question " in written
    assert "<script>" not in written and "&lt;script&gt;" in written
    assert "3 times the same" in "".join(str(element.value) for element in app.get("markdown"))


def test_names_that_came_with_data_are_shown_as_typed(workspace: Engine) -> None:
    made = pinned(workspace, names=("A", HOSTILE))
    week(made, {HOSTILE: FELL})
    app = opened()
    for element in (*app.markdown, *app.caption, *app.header):
        value = str(element.value)
        assert "<img" not in value and " :red[x]" not in value and "**bold**" not in value
    assert HOSTILE in words(app).replace("&lt;", "<")


def test_at_most_eight_candidates_are_drawn_and_others_can_be_chosen(workspace: Engine) -> None:
    names = tuple(f"c{number:02d}" for number in range(12))
    made = pinned(workspace, names=names, prompts=6)
    week(made, {"c10": Truth(points=-0.75)})
    app = opened(drift_metric="Share acceptable", drift_category="Overall")
    picked = app.multiselect(key="drift_show")
    assert len(picked.options) == 12
    heads = [str(element.value) for element in app.markdown if "{foreground=" in str(element.value)]
    assert any("**c10**" in head for head in heads), "what moved comes first, wherever it stands"
    assert len(charts(app)) <= 8 + 1
    picked.set_value(["c11"]).run()
    assert len(charts(app)) <= 2


def test_what_can_be_seen_stands_beside_the_settings(workspace: Engine) -> None:
    made = pinned(workspace)
    week(made)
    app = opened()
    assert "What can be seen at all" in words(app)
    table = next(table for table in grids(app) if "Figure" in table[0])
    assert [name for name in table[0] if name != "Figure"] == ["Overall", "coding", "support"]
    acceptable = next(row for row in table if row["Figure"] == "Share acceptable")
    assert "points" in acceptable["Overall"] or acceptable["Overall"] == "none"


def test_an_analyst_reads_all_of_it_and_moves_nothing(workspace: Engine, visitor: Callable[..., Visitor]) -> None:
    made = pinned(workspace)
    week(made, {"B": FELL})
    app = visitor("Bo", Role.ANALYST).at("drift.py")
    shown = words(app)
    assert "alarm" in app.header[0].value and "Admins move the baseline" in shown
    assert not [button for button in app.button if button.key == "drift_move"]


@FORGED
def test_a_former_admin_does_not_move_the_baseline(
    workspace: Engine, visitor: Callable[..., Visitor], ending: str, late: bool
) -> None:
    made = pinned(workspace, prompts=4)
    week(made)
    bo = visitor("Bo", Role.ADMIN)
    app = bo.at("drift.py")
    chosen = app.multiselect(key="drift_runs")
    chosen.set_value(chosen.options[:1]).run()
    forged = event(app.button(key="drift_move").click())
    bo.loses_access(ending)
    sent(app, forged, after_the_page_was_gone=late)
    with reading(workspace) as session:
        assert len(session.exec(select(DriftBaseline)).all()) == 1


def test_moving_the_baseline_says_what_it_is_now(workspace: Engine) -> None:
    made = pinned(workspace)
    week(made, {"B": FELL})
    app = opened()
    runs = app.multiselect(key="drift_runs").options
    app.multiselect(key="drift_runs").set_value([name for name in runs if name.startswith("Run 2")])
    app.text_area(key="drift_why").set_value("we take the new model")
    app.button(key="drift_move").click().run()
    assert not app.exception
    app = opened()
    facts = "".join(element.proto.body for element in app.get("html"))
    assert "we take the new model" in facts and "<dd" in facts
    assert "Nothing has been checked yet" in words(app)


def test_the_hour_of_the_day_says_what_is_missing_or_shows_both(workspace: Engine) -> None:
    made = pinned(workspace)
    week(made)
    with workspace.begin() as connection:
        spread = "UPDATE attempt SET started_at = datetime(started_at, '+' || (repetition * 8) || ' hours')"
        connection.execute(sa.text(spread))
    app = opened()
    assert any(expander.label == "Hour of the day" for expander in app.expander)
    from core.ui.drift import hours, plots

    with reading(workspace) as session:
        found = drift.hours_of_day(session, "Weekly")
    assert [len(one.latency.hours) for one in found] == [3, 3]
    lines = [plots.HourLine(one.candidate, 0, one.latency) for one in found]
    figure = plots.hours_figure(lines, is_share=False)
    assert len(figure.data) == 2 and len(figure.data[0].x) == 3
    assert hours._share(found[0].latency).endswith((")", " %", "known"))


def test_every_check_is_listed_the_newest_first(workspace: Engine) -> None:
    made = pinned(workspace, prompts=4)
    for _ in range(3):
        week(made)
    table = next(table for table in grids(opened()) if "Alarms" in table[0])
    assert [row["Run"] for row in table] == ["4", "3", "2"]
