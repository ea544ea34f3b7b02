"""`evenhand alerts` as scripts use it."""

import json

import pytest
from click.testing import Result
from sqlalchemy import Engine
from typer.testing import CliRunner

from core import clock
from core.cli import app
from core.domain.alerts import AlertKind
from core.services import alerts
from core.services.alerts import Raised
from core.storage.engine import writing
from tests.services.alerts.receivers import Inbox, webhook


def run(*arguments: str) -> Result:
    """`evenhand alerts ARGUMENTS`, in this process."""
    return CliRunner().invoke(app, ["alerts", *arguments])


@pytest.fixture
def raised(workspace: Engine) -> Engine:
    """Two alerts and a destination."""
    with writing(workspace) as session:
        alerts.destinations.add(session, "Team", "TEAM_ALERT_URL", now=clock.now())
        for kind, key in ((AlertKind.PRICE, "a"), (AlertKind.DRIFT, "b")):
            alerts.raise_alert(session, Raised(kind, key, f"Title {key}", "Text.", "/runs?run=1"), now=clock.now())
    return workspace


def test_alerts_are_listed_as_text_and_as_json(raised: Engine):
    text = run("list")
    assert text.exit_code == 0
    assert text.stdout.index("Title b") < text.stdout.index("Title a")
    assert "Price changed (warning)" in text.stdout and "http://127.0.0.1:8501/runs?run=1" in text.stdout
    newest, _ = json.loads(run("list", "--json").stdout)["alerts"]
    assert (newest["kind"], newest["state"], newest["title"], newest["text"]) == ("drift", "open", "Title b", "Text.")
    assert newest["deliveries"] == [{"destination": "Team", "state": "due", "attempts": 0, "problem": None}]
    only = json.loads(run("list", "--kind", "price", "--json").stdout)["alerts"]
    assert [one["title"] for one in only] == ["Title a"]


def test_what_was_acknowledged_or_snoozed_is_no_longer_open(raised: Engine):
    newest, oldest = (one["alert"] for one in json.loads(run("list", "--json").stdout)["alerts"])
    assert json.loads(run("acknowledge", newest[:8], "--json").stdout)["state"] == "acknowledged"
    assert "is snoozed until" in run("snooze", oldest, "--hours", "2").stdout
    assert run("list").stdout == "Nothing is open.\n"
    assert [one["state"] for one in json.loads(run("list", "--state", "all", "--json").stdout)["alerts"]] == [
        "acknowledged",
        "snoozed",
    ]


def test_a_test_says_whether_it_was_taken(raised: Engine, monkeypatch: pytest.MonkeyPatch):
    inbox = Inbox()
    with webhook(inbox) as port:
        monkeypatch.setenv("TEAM_ALERT_URL", f"json://127.0.0.1:{port}/")
        done = run("test", "Team")
        assert (done.exit_code, done.stdout) == (0, "'Team' took it.\n")
    assert inbox.received[0].content["kind"] == "test"
    refused = run("test", "Team", "--json")
    assert refused.exit_code == 1
    found = json.loads(refused.stdout)
    assert found["sent"] is False and "connection was refused" in found["problem"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("list", "--state", "closed"), "There is no state 'closed'. Use one of open, snoozed, acknowledged."),
        (("list", "--kind", "weather"), "There is no kind 'weather'"),
        (("acknowledge", "12345678"), "There is no alert '12345678'"),
        (("test", "Nobody"), "There is no destination 'Nobody'. There are: Team."),
    ],
)
def test_what_cannot_be_done_ends_with_two_and_says_why(raised: Engine, arguments: tuple[str, ...], says: str):
    done = run(*arguments)
    assert done.exit_code == 2
    assert says in done.stderr
