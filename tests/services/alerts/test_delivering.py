"""Alerts reach a real webhook and a real mail server: at least once, and once where the answer arrived."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import select

from core import clock
from core.domain.alerts import AlertKind, Severity
from core.services.alerts import Delivery, Raised, delivering, destinations, raise_alert
from core.services.alerts.sending import Outcome, Sender
from core.storage.engine import reading, write, writing
from core.storage.tables import Alert, AlertDelivery
from tests.long import usual_first
from tests.services.alerts.receivers import OK, Inbox, free_port, mail_server, webhook
from tests.workspace import NOW

ROOT = Path(__file__).resolve().parents[3]
HOOK, MAIL = "HOOK_ALERT_URL", "MAIL_ALERT_URL"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def at() -> Clock:
    return Clock()


@contextmanager
def both(inbox: Inbox, mails: Inbox, ports: tuple[int, int]):
    with webhook(inbox, ports[0]), mail_server(mails, ports[1]):
        yield


def point(monkeypatch: pytest.MonkeyPatch, hook: int, mail: int = 1) -> None:
    monkeypatch.setenv(HOOK, f"json://127.0.0.1:{hook}/alerts")
    monkeypatch.setenv(MAIL, f"mailto://127.0.0.1:{mail}?from=evenhand@example.com&to=team@example.com")


def has_destinations(engine: Engine, *variables: str) -> None:
    with writing(engine) as session:
        for variable in variables:
            destinations.add(session, variable.partition("_")[0].title(), variable, now=NOW)


def raise_one(engine: Engine, number: int = 1, *, now: datetime = NOW) -> str:
    """Raise an alert and return its public id."""
    what = Raised(
        AlertKind.RUN_FAILED, f"run_failed:{number}", f"Run {number} failed", "All of it.", f"/runs?run={number}",
        Severity.URGENT, {"run": number},
    )  # fmt: skip
    assert write(engine, lambda session: raise_alert(session, what, now=now))
    with reading(engine) as session:
        return session.exec(select(Alert.public_id).where(Alert.key == what.key)).one()


def rows(engine: Engine) -> list[AlertDelivery]:
    with reading(engine) as session:
        return list(session.exec(select(AlertDelivery).order_by(AlertDelivery.id)).all())


def test_a_message_carries_the_alerts_id_in_header_and_body_and_leads_to_the_page(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, at: Clock
):
    inbox, mails = Inbox(), Inbox()
    with webhook(inbox) as hook, mail_server(mails) as mail:
        point(monkeypatch, hook, mail)
        has_destinations(engine, HOOK, MAIL)
        public_id = raise_one(engine)
        assert Delivery(engine, now=at).turn() == 2
        assert Delivery(engine, now=at).turn() == 0
    (post,), (letter,) = inbox.received, mails.received
    assert post.headers["X-Evenhand-Alert"] == post.content["alert"] == public_id
    assert post.content["title"] == "Run 1 failed"
    assert (post.content["kind"], post.content["severity"], post.content["data"]) == (
        "run_failed",
        "urgent",
        {"run": 1},
    )
    assert post.content["link"] == "http://127.0.0.1:8501/runs?run=1"
    assert post.content["link"] in post.content["message"] and public_id in post.content["message"]
    assert letter.headers["X-Evenhand-Alert"] == public_id
    assert letter.headers["Message-ID"].startswith(f"<{public_id}@")
    assert letter.headers["Subject"] == "Run 1 failed"
    text = letter.content.get_payload(decode=True).decode()
    assert "http://127.0.0.1:8501/runs?run=1" in text and public_id in text
    assert [(row.state, row.attempts, row.problem, row.sent_at) for row in rows(engine)] == [("sent", 1, None, NOW)] * 2


@pytest.mark.one_database
@pytest.mark.parametrize("status", usual_first(302, 500, long=(400, 404, 410, 429, 503)))
def test_a_webhook_that_refuses_is_tried_again_later(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, at: Clock, status: int
):
    inbox = Inbox(answer=lambda n: status if n < 2 else OK, extra_headers={"Location": "http://127.0.0.1:1/elsewhere"})
    with webhook(inbox) as hook:
        point(monkeypatch, hook)
        has_destinations(engine, HOOK)
        public_id = raise_one(engine)
        delivery = Delivery(engine, now=at)
        assert delivery.turn() == 0
        (row,) = rows(engine)
        assert (row.state, row.attempts, row.claimed_by) == ("due", 1, None)
        assert f"answered {status}" in (row.problem or "")
        assert row.next_at > at.at
        assert delivery.turn() == 0
        assert len(inbox.received) == 1, "nothing is sent before it is due again"
        at.forward(3600)
        assert delivery.turn() == 0
        at.forward(3600)
        assert delivery.turn() == 1
    assert [one.public_id for one in inbox.received] == [public_id] * 3
    assert inbox.taken() == Counter({public_id: 1})
    assert rows(engine)[0].problem is None


@pytest.mark.one_database
@pytest.mark.parametrize("status", usual_first(451, long=(421, 550, 554)))
def test_a_mail_server_that_refuses_is_tried_again_later(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, at: Clock, status: int
):
    mails = Inbox(answer=lambda n: status if n == 0 else OK)
    with mail_server(mails) as mail:
        point(monkeypatch, 1, mail)
        has_destinations(engine, MAIL)
        public_id = raise_one(engine)
        delivery = Delivery(engine, now=at)
        assert delivery.turn() == 0
        assert rows(engine)[0].problem == f"The mail server answered {status}."
        at.forward(3600)
        assert delivery.turn() == 1
    assert mails.taken() == Counter({public_id: 1})


@pytest.mark.one_database
def test_a_receiver_says_how_long_it_wants_to_be_left_alone(engine: Engine, monkeypatch: pytest.MonkeyPatch, at: Clock):
    with webhook(Inbox(answer=lambda _: 429, extra_headers={"Retry-After": "600"})) as hook:
        point(monkeypatch, hook)
        has_destinations(engine, HOOK)
        raise_one(engine)
        Delivery(engine, now=at).turn()
    assert rows(engine)[0].next_at >= NOW + timedelta(seconds=600)


@pytest.mark.one_database
def test_through_an_outage_it_is_asked_ever_less_often_once_for_all_that_waits_and_given_up_after_days(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, at: Clock
):
    sent: list[tuple[str, datetime]] = []

    class Down:
        def send(self, message, url_env) -> Outcome:
            sent.append((message.public_id, at.at))
            return Outcome("It is down.")

        def close(self) -> None:
            pass

    has_destinations(engine, HOOK)
    ids = {raise_one(engine, number) for number in range(3)}
    delivery = Delivery(engine, now=at, rng=Random(1), sender=Down)
    while due := [row.next_at for row in rows(engine) if row.state == "due"]:
        at.at = max(at.at, min(due))
        delivery.turn()
    waits = [(later - earlier).total_seconds() for (_, earlier), (_, later) in pairwise(sent)]
    until_given_up = [wait for wait, (_, when) in zip(waits, sent, strict=False) if when < NOW + timedelta(days=2.9)]
    assert waits[0] <= 15
    assert min(until_given_up[12:]) >= 900 and max(waits) <= 1810
    assert {public_id for public_id, _ in sent[:3]} == ids, "one that is refused holds up no other"
    assert all(row.state == "given_up" and row.problem == "It is down." for row in rows(engine))
    with writing(engine) as session:
        assert destinations.try_now(session, rows(engine)[0].destination_id, now=at.at) == 3
    monkeypatch.setattr(Down, "send", lambda *_: Outcome())
    assert delivery.turn() == 3


def test_what_was_sent_and_not_written_is_sent_again_with_the_same_id_by_whoever_comes_next(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, at: Clock
):
    inbox = Inbox()
    with webhook(inbox) as hook:
        point(monkeypatch, hook)
        has_destinations(engine, HOOK)
        public_id = raise_one(engine)
        killed, next_one = Delivery(engine, now=at), Delivery(engine, now=at)
        monkeypatch.setattr(killed, "_write_down", lambda: None)
        killed.turn()
        at.forward(delivering.CLAIM_LASTS.total_seconds() - 1)
        assert next_one.turn() == 0, "it may still be on its way"
        at.forward(1)
        assert next_one.turn() == 1
    assert inbox.taken() == Counter({public_id: 2})


@pytest.mark.one_database
def test_a_database_that_is_away_when_the_answer_comes_makes_nobody_get_it_twice(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, at: Clock
):
    inbox = Inbox()
    with webhook(inbox) as hook:
        point(monkeypatch, hook)
        has_destinations(engine, HOOK)
        public_id = raise_one(engine)
        delivery = Delivery(engine, now=at)

        def away(*_: object) -> None:
            raise OperationalError("UPDATE", {}, Exception("server closed the connection"))

        with monkeypatch.context() as gone:
            gone.setattr(delivery, "_settle", away)
            with pytest.raises(OperationalError):
                delivery.turn()
        at.forward(delivering.CLAIM_LASTS.total_seconds() + 1)
        assert delivery.turn() == 0
    assert inbox.taken() == Counter({public_id: 1})
    assert rows(engine)[0].state == "sent"


@pytest.mark.one_database
@pytest.mark.parametrize(("problem", "state"), [(None, "sent"), ("It is down.", "given_up")])
def test_a_destination_that_is_taken_away_while_something_is_sent_there_gets_no_more(
    engine: Engine, at: Clock, problem: str | None, state: str
):
    class Meanwhile:
        def send(self, message, url_env) -> Outcome:
            with writing(engine) as session:
                destinations.retire(session, rows(engine)[0].destination_id, now=at.at)
            return Outcome(problem)

        def close(self) -> None:
            pass

    has_destinations(engine, HOOK)
    raise_one(engine)
    delivery = Delivery(engine, now=at, sender=Meanwhile)
    delivery.turn()
    at.forward(3600)
    assert delivery.turn() == 0
    assert rows(engine)[0].state == state


@pytest.mark.one_database
def test_a_receiver_that_stalls_holds_up_neither_whoever_raises_nor_other_destinations_for_long(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, at: Clock
):
    stalled, fine = Inbox(stall_s=30), Inbox()
    with webhook(stalled) as slow, webhook(fine) as quick:
        point(monkeypatch, slow)
        monkeypatch.setenv("QUICK_ALERT_URL", f"json://127.0.0.1:{quick}/")
        has_destinations(engine, HOOK, "QUICK_ALERT_URL")
        first = raise_one(engine, 1)
        delivery = Delivery(engine, now=at, sender=lambda: Sender(deadline_s=2))
        assert delivery.turn() == 1
        assert [row.problem for row in rows(engine)] == ["There was no answer within 2 s.", None]
        second = raise_one(engine, 2)
        assert delivery.turn() == 1
    assert fine.taken() == Counter({first: 1, second: 1})


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("address", "words"),
    [
        (None, "The variable HOOK_ALERT_URL is not set where Evenhand runs."),
        ("", "is not set"),
        ("dbus://", "Nothing is sent to addresses that begin with dbus://."),
        ("syslog://local/sesame-secret", "Nothing is sent to addresses that begin with syslog://."),
        ("file:///etc/passwd?sesame-secret", "holds no address that apprise knows"),
        ("postgresql://user:sesame-secret@db/evenhand", "holds no address that apprise knows"),
        ("slack://sesame-secret", "incomplete"),
        ("json://user:sesame-secret@127.0.0.1:1/sesame-secret", "the connection was refused"),
        ("json://sesame-secret.invalid/", "its name is not known"),
        ("mailto://me:sesame-secret@127.0.0.1:1?from=a@example.com&to=b@example.com", "the connection was refused"),
        ("mailto://127.0.0.1:1?from=a@example.com&to=b@example.com,c@example.com", "names 2 receivers"),
        ("mailto://127.0.0.1:1?from=a@example.com&to=b@example.com&bcc=c@example.com", "names 2 receivers"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_without_it(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    at: Clock,
    address: str | None,
    words: str,
):
    monkeypatch.delenv(HOOK, raising=False)
    if address is not None:
        monkeypatch.setenv(HOOK, address)
    has_destinations(engine, HOOK)
    raise_one(engine)
    with caplog.at_level(0):
        assert Delivery(engine, now=at).turn() == 0
    problem = rows(engine)[0].problem or ""
    assert words in problem
    assert "sesame" not in problem + caplog.text + "".join(capfd.readouterr())


def test_several_processes_at_once_send_each_message_once(
    database: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    inbox = Inbox()
    with webhook(inbox) as hook:
        point(monkeypatch, hook)
        has_destinations(engine, HOOK)
        ids = [raise_one(engine, number) for number in range(8)]
        programs = [start(database, claim_s=600.0) for _ in range(2)]
        try:
            wait_until(lambda: all(row.state == "sent" for row in rows(engine)))
        finally:
            for program in programs:
                kill(program)
    assert inbox.taken() == Counter(ids)


def test_through_outages_refusals_and_restarts_of_both_sides_each_arrives(
    sqlite_database: str, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    storm(sqlite_database, sqlite_engine, monkeypatch, alerts=3, kills=1, seed=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_through_a_long_storm_each_arrives(database: str, engine: Engine, monkeypatch: pytest.MonkeyPatch, seed: int):
    storm(database, engine, monkeypatch, alerts=60, kills=12, seed=seed)


def storm(
    database: str, engine: Engine, monkeypatch: pytest.MonkeyPatch, *, alerts: int, kills: int, seed: int
) -> None:
    """Raise alerts while receivers go and come, refuse every third message, and our process is killed at random.

    Each is taken at least once under its one id; more than once only as often as an answer can have been lost: when
    we were killed, and for the mail server, which cuts its connections off, when it went.
    """
    rng = Random(seed)
    inbox, mails = (
        Inbox(answer=lambda n: 503 if n % 3 == 2 else OK),
        Inbox(answer=lambda n: 451 if n % 3 == 1 else OK),
    )
    ports = free_port(), free_port()
    point(monkeypatch, *ports)
    has_destinations(engine, HOOK, MAIL)
    ids, program = [], start(database)
    try:
        for number in range(kills):
            for each in range(number * alerts // kills, (number + 1) * alerts // kills):
                ids.append(raise_one(engine, each, now=clock.now()))
            time.sleep(rng.uniform(0, 0.3))
            with both(inbox, mails, ports):
                time.sleep(rng.uniform(0.2, 1.2))
                kill(program)
                program = start(database)
        with both(inbox, mails, ports):
            wait_until(lambda: all(row.state == "sent" for row in rows(engine)))
    finally:
        kill(program)
    for taken, lost in ((inbox.taken(), kills), (mails.taken(), 2 * kills)):
        assert set(taken) == set(ids)
        assert sum(taken.values()) - len(ids) <= lost
    assert all(row.problem is None for row in rows(engine))


def start(database: str, *, claim_s: float = 1.0) -> subprocess.Popen[bytes]:
    """A process of ours that delivers; returns when it has begun. Whoever claimed longer ago is taken for dead."""
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.services.alerts.sending_program", database, f"{claim_s}"],
        cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE,
    )  # fmt: skip
    assert program.stdout is not None
    assert program.stdout.readline() == b"delivering\n"
    return program


def kill(program: subprocess.Popen[bytes]) -> None:
    """kill -9."""
    program.send_signal(signal.SIGKILL)
    program.wait()
    if program.stdout is not None:
        program.stdout.close()


def wait_until(holds: Callable[[], bool], within_s: float = 60.0) -> None:
    """Wait for it, and fail where it does not come."""
    give_up = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < give_up, "it did not come about"
        time.sleep(0.05)
