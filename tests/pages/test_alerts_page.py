"""The Alerts page, run as the app runs it: the inbox, the rules, the destinations, and who may do what."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update
from sqlmodel import select
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest

from core import clock
from core.domain.alerts import WORDS, AlertKind, Severity
from core.domain.people import Role
from core.domain.words import when
from core.services import alerts
from core.services.alerts import AlertState, Raised
from core.storage.engine import reading, writing
from core.storage.tables import Alert, AlertDelivery, AlertDestination, AlertRule, Person
from core.ui.shared.navigation import PAGES_FOLDER
from tests.pages.test_forged_events import ENDINGS, Visitor, event, full, visitor
from tests.services.alerts.receivers import Inbox, webhook
from tests.workspace import NOW

__all__ = ["full", "visitor"]

BADGE = ":material/notifications_active:"


def opened(page: str = "alerts.py", **address: str) -> AppTest:
    app = AppTest.from_file(str(PAGES_FOLDER / "shell.py"), default_timeout=60)
    app.run().switch_page(page)
    for name, value in address.items():
        app.query_params[f"alerts_{name}"] = value
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown = [*app.title, *app.subheader, *app.markdown, *app.caption, *app.warning, *app.error, *app.success]
    return "\n".join(
        str(element.value).replace("\u2060", "").replace("\\", "").replace("\u00a0", " ") for element in shown
    )


def raise_some(engine: Engine) -> dict[str, str]:
    """Three alerts; their public ids by key."""
    with writing(engine) as session:
        for kind, key, severity in (
            (AlertKind.RUN_FAILED, "failed", Severity.URGENT),
            (AlertKind.QUEUE_DRY, "dry", Severity.NOTE),
            (AlertKind.PRICE, "price", Severity.WARNING),
        ):
            link = {"failed": "/runs?run=7", "dry": "/studies?edit=1"}.get(key, "/cost?cost_show=A+B")
            what = Raised(kind, key, f"The title of {key}", f"The text of {key}: *as* it is.", link, severity)
            assert alerts.raise_alert(session, what, now=clock.now())
        return dict(session.exec(select(Alert.key, Alert.public_id)).all())


def pressed(button: Any) -> WidgetStates:
    """What the browser would send of a press that is not made."""
    forged = event(button.click())
    button.set_value(False)
    return forged


def test_where_nothing_is_open_it_says_calmly_what_will_be_told(fresh: Engine):
    with writing(fresh) as session:
        alerts.rules.switch(session, AlertKind.PRICE, is_on=False, now=clock.now())
    shown = words(opened())
    assert "Nothing needs you" in shown
    assert WORDS[AlertKind.CHAMPION].when in shown
    assert WORDS[AlertKind.PRICE].when not in shown


def test_the_newest_comes_first_in_words_with_the_page_that_proves_it(fresh: Engine):
    raise_some(fresh)
    app = opened()
    shown = words(app)
    places = [shown.index(f"The title of {key}") for key in ("price", "dry", "failed")]
    assert places == sorted(places)
    assert "The text of failed: *as* it is." in shown
    assert "Run failed" in shown and "run_failed" not in shown
    links = [
        (link.proto.page, link.proto.query_string) for link in app.get("page_link") if "Open in" in link.proto.label
    ]
    assert links == [("cost", "cost_show=A+B"), ("studies", "edit=1"), ("runs", "run=7")]


def test_open_ones_come_before_the_others_and_the_page_says_the_order(fresh: Engine):
    ids = raise_some(fresh)
    assert "The newest first." in words(opened())
    app = opened()
    app.button(key=f"alerts_acknowledge_{ids['price']}").click().run()
    shown = words(opened(state="All"))
    places = [shown.index(f"The title of {key}") for key in ("dry", "failed", "price")]
    assert places == sorted(places)
    assert "Open ones first" in shown


def test_the_newest_is_what_happened_last_whenever_it_was_written(fresh: Engine):
    raise_some(fresh)
    with writing(fresh) as session:
        days = {"failed": 1, "dry": 3, "price": 2}
        for one in session.exec(select(Alert)).all():
            one.created_at = clock.now() - timedelta(days=days[one.key])
            session.add(one)
    shown = words(opened())
    places = [shown.index(f"The title of {key}") for key in ("failed", "price", "dry")]
    assert places == sorted(places)


def test_a_verdicts_alert_says_of_when_its_figures_are(fresh: Engine):
    with writing(fresh) as session:
        what = Raised(AlertKind.CHAMPION, "champion", "A is no longer best", "Switch to B.", "/decisions")
        alerts.raise_alert(session, what, now=NOW)
    shown = words(opened())
    assert f"are of {when(NOW)} UTC; the page behind the link has today's" in shown


def test_filters_live_in_the_address(fresh: Engine):
    raise_some(fresh)
    shown = words(opened(kind="Run failed"))
    assert "The title of failed" in shown and "The title of dry" not in shown
    assert "No such alerts" in words(opened(state="Snoozed"))


def test_acknowledged_and_snoozed_ones_leave_the_inbox_and_are_found_again(fresh: Engine):
    ids = raise_some(fresh)
    app = opened()
    app.button(key=f"alerts_acknowledge_{ids['failed']}").click().run()
    app.button(key=f"alerts_snooze_1_{ids['dry']}").click().run()
    assert not app.exception
    shown = words(app)
    assert "The title of price" in shown
    assert "The title of failed" not in shown and "The title of dry" not in shown
    with reading(fresh) as session:
        states = {one.alert.key: one for one in alerts.inbox.listing(session, now=clock.now(), state=None)}
        assert session.exec(select(Person.name)).first() == states["failed"].acknowledged_by
    assert (states["failed"].state, states["dry"].state) == (AlertState.ACKNOWLEDGED, AlertState.SNOOZED)
    assert "acknowledged by You" in words(opened(state="Acknowledged"))
    assert "snoozed until" in words(opened(state="Snoozed"))


def test_an_analyst_acknowledges_and_sets_nothing_up(workspace: Engine, visitor: Callable[..., Visitor]):
    ids = raise_some(workspace)
    app = visitor("Ann", Role.ANALYST).at("alerts.py")
    assert [tab.label for tab in app.tabs] == ["Inbox", "Rules"]
    assert "An admin can see to it on *Studies*." in words(app)
    app.button(key=f"alerts_acknowledge_{ids['failed']}").click().run()
    assert "The title of failed" not in words(app)
    app.query_params["alerts_show"] = "Rules"
    app.run()
    assert len(app.toggle) == len(AlertKind)
    assert all(toggle.disabled for toggle in app.toggle)
    assert not any(button.label == "Save" for button in app.button)


@pytest.mark.parametrize("how", ENDINGS)
def test_whoever_lost_access_meanwhile_does_nothing_more(
    workspace: Engine, visitor: Callable[..., Visitor], how: str, monkeypatch: pytest.MonkeyPatch
):
    inbox = Inbox()
    with webhook(inbox) as port, writing(workspace) as session:
        monkeypatch.setenv("TEAM_ALERT_URL", f"json://127.0.0.1:{port}/")
        alerts.destinations.add(session, "Team", "TEAM_ALERT_URL", now=clock.now())
    ids = raise_some(workspace)
    bo = visitor("Bo", Role.ADMIN)
    page = bo.at("alerts.py")
    events = [pressed(page.button(key=f"alerts_{what}_{ids['failed']}")) for what in ("acknowledge", "snooze_1")]
    rules = bo.at("alerts.py", alerts_show="Rules")
    events.append(pressed(rules.button(key="alerts_save_run_failed")))
    places = bo.at("alerts.py", alerts_show="Destinations")
    events += [pressed(places.button(key=f"alerts_{what}")) for what in ("test_1", "retry_1", "remove_1", "add")]
    rules = bo.at("alerts.py", alerts_show="Rules")
    events.append(event(rules.toggle(key="alerts_is_on_price").set_value(False)))
    bo.loses_access(how)
    for each in events:
        bo.app._run(each)
    with reading(workspace) as session:
        assert alerts.inbox.count(session, now=clock.now()) == 3
        assert session.exec(select(AlertRule)).all() == []
        assert [one.retired_at for one in session.exec(select(AlertDestination)).all()] == [None]
    assert inbox.received == []


def test_an_admin_switches_a_rule_and_sets_its_threshold(fresh: Engine):
    app = opened(show="Rules")
    app.toggle(key="alerts_is_on_champion").set_value(False).run()
    app.number_input(key="alerts_run_failed_missing_share").set_value(12.0)
    app.button(key="alerts_save_run_failed").click().run()
    assert not app.exception
    with reading(fresh) as session:
        rows = alerts.rules.stored(session)
    assert not rows[AlertKind.CHAMPION].is_on
    assert rows[AlertKind.RUN_FAILED].parameters == {"missing_share": 0.12}
    assert "missing responses 12 %" in words(app)
    assert not opened(show="Rules").toggle(key="alerts_is_on_champion").value


def add(app: AppTest, name: str, variable: str) -> AppTest:
    app.text_input(key="alerts_new_name").set_value(name)
    app.text_input(key="alerts_new_variable").set_value(variable)
    return app.button(key="alerts_add").click().run()


@pytest.mark.parametrize(
    ("name", "variable", "says"),
    [
        ("", "TEAM_ALERT_URL", "needs a name"),
        ("Team", "OPENAI_API_KEY", "ends in _ALERT_URL"),
        ("Team", "EVENHAND_DATABASE_URL", "ends in _ALERT_URL"),
        ("Team", "json://user:sesame@host/", "That is an address, which is a secret"),
    ],
)
def test_a_destination_that_cannot_be_is_refused_in_words(fresh: Engine, name: str, variable: str, says: str):
    app = add(opened(show="Destinations"), name, variable)
    assert says in words(app)
    with reading(fresh) as session:
        assert session.exec(select(AlertDestination)).all() == []


def test_a_destination_is_added_tested_and_removed(fresh: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TEAM_ALERT_URL", raising=False)
    app = add(opened(show="Destinations"), "Team", "TEAM_ALERT_URL")
    assert "TEAM_ALERT_URL is not set where Evenhand runs" in words(app)
    inbox = Inbox()
    with webhook(inbox) as port:
        monkeypatch.setenv("TEAM_ALERT_URL", f"json://127.0.0.1:{port}/")
        app.button(key="alerts_test_1").click().run()
        assert "Team took it." in words(app)
        assert inbox.received[0].content["kind"] == "test"
        inbox.answer = lambda _: 503
        app.button(key="alerts_test_1").click().run()
        assert "The receiver answered 503" in words(app)
    app.button(key="alerts_remove_1").click().run()
    app.button(key="alerts_remove_it").click().run()
    assert "Nothing is sent anywhere yet" in words(app)
    assert not app.exception


def test_a_destination_shows_what_did_not_get_there_and_tries_again(fresh: Engine):
    with writing(fresh) as session:
        alerts.destinations.add(session, "Team", "TEAM_ALERT_URL", now=clock.now())
    raise_some(fresh)
    with writing(fresh) as session:
        session.execute(update(AlertDelivery).values(state="given_up", problem="It was down.", attempts=4))
    app = opened(show="Destinations")
    assert "3 given up" in words(app)
    app.button(key="alerts_retry_1").click().run()
    assert "3 on the way" in words(app)


def test_open_alerts_are_counted_in_the_sidebar_of_other_pages(fresh: Engine):
    def badge() -> list[str]:
        app = opened("runs.py")
        return [link.proto.label for link in app.get("page_link") if link.proto.icon == BADGE]

    assert badge() == []
    raise_some(fresh)
    assert badge() == ["3 open alerts"]
