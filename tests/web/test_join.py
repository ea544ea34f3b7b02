"""Join links as a browser opens them: of strangers, of their owners, of somebody who is signed in as another."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit
from sqlalchemy import Engine
from sqlmodel import select
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import clock
from core.domain.people import Role
from core.services.people import joining, people
from core.settings import get_settings
from core.storage.engine import get_engine, open_engine, reading, write
from core.storage.tables import Invitation, Person, SignIn
from core.web import join

COOKIE = "evenhand_session"


@pytest.fixture
def engine(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The app's own engine, in link mode, once on SQLite and once on PostgreSQL."""
    monkeypatch.setenv("EVENHAND_DATABASE_URL", database)
    monkeypatch.setenv("EVENHAND_AUTH", "link")
    get_settings.cache_clear()
    get_engine.cache_clear()
    engine = open_engine(database)
    yield engine
    engine.dispose()
    get_engine().dispose()
    get_settings.cache_clear()
    get_engine.cache_clear()


@pytest.fixture
def browser() -> TestClient:
    return TestClient(Starlette(routes=join.ROUTES), follow_redirects=False)


def invite(engine: Engine, name: str) -> str:
    return write(engine, lambda s: people.invite(s, name=name, role=Role.RATER, now=clock.now()))[1]


def signed_in(engine: Engine, browser: TestClient) -> str | None:
    with reading(engine) as session:
        person = joining.person_of(session, browser.cookies.get(COOKIE), clock.now())
    return person.name if person else None


def uses(engine: Engine) -> int:
    with reading(engine) as session:
        return len([link for link in session.exec(select(Invitation)) if link.used_at is not None])


def test_a_used_link_leads_its_signed_in_owner_in_again(engine: Engine, browser: TestClient):
    token = invite(engine, "Anna")
    assert browser.post(f"/join/{token}").status_code == 303
    for again in (browser.get(f"/join/{token}"), browser.post(f"/join/{token}")):
        assert (again.status_code, again.headers["location"]) == (303, "/")
        assert again.headers["cache-control"] == "no-store" and "set-cookie" not in again.headers
    assert uses(engine) == 1


def test_an_unused_link_of_the_signed_in_person_is_not_used_up(engine: Engine, browser: TestClient):
    browser.post(f"/join/{invite(engine, 'Anna')}")

    def renewed(session):
        person = session.exec(select(Person).where(Person.name == "Anna")).one()
        return people.new_link(session, person.id, now=clock.now())

    token = write(engine, renewed)
    assert browser.post(f"/join/{token}").headers["location"] == "/"
    elsewhere = TestClient(browser.app, follow_redirects=False)
    assert elsewhere.post(f"/join/{token}").status_code == 303
    assert signed_in(engine, elsewhere) == signed_in(engine, browser) == "Anna"


def test_a_used_link_is_dead_to_strangers_and_to_others(engine: Engine, browser: TestClient):
    token = invite(engine, "Anna")
    browser.post(f"/join/{token}")
    stranger = TestClient(browser.app, follow_redirects=False)
    assert stranger.get(f"/join/{token}").status_code == 404
    stranger.post(f"/join/{invite(engine, 'Bo')}")
    dead = stranger.get(f"/join/{token}")
    assert dead.status_code == 404 and "Anna" not in dead.text and "Open Evenhand" in dead.text
    assert signed_in(engine, stranger) == "Bo"


def test_somebody_else_who_is_signed_in_is_asked_first(engine: Engine, browser: TestClient):
    browser.post(f"/join/{invite(engine, 'Bo <b>')}")
    token = invite(engine, "Anna")
    asked = browser.get(f"/join/{token}")
    assert "This browser is signed in as Bo &lt;b&gt;, and the link is for Anna." in asked.text
    unasked = browser.post(f"/join/{token}")
    assert "set-cookie" not in unasked.headers and "Join as Anna instead?" in unasked.text
    assert signed_in(engine, browser) == "Bo <b>"
    former = browser.cookies.get(COOKIE)
    action = asked.text.split('action="')[1].split('"')[0]
    assert browser.post(f"/join/{token}{action}").headers["location"] == "/"
    assert signed_in(engine, browser) == "Anna"
    with reading(engine) as session:
        assert joining.person_of(session, former, clock.now()) is None
        assert len([each for each in session.exec(select(SignIn)) if each.revoked_at is None]) == 1


def test_agreeing_to_leave_one_person_does_not_sign_another_out(engine: Engine, browser: TestClient):
    browser.post(f"/join/{invite(engine, 'Bo')}")
    assert browser.post(f"/join/{invite(engine, 'Anna')}?instead_of=99").status_code == 200
    assert signed_in(engine, browser) == "Bo"


def test_a_revoked_person_is_not_led_in_by_their_link(engine: Engine, browser: TestClient):
    token = invite(engine, "Anna")
    browser.post(f"/join/{token}")

    def revoke(session):
        person = session.exec(select(Person).where(Person.name == "Anna")).one()
        people.revoke(session, person.id, now=clock.now())

    write(engine, revoke)
    assert browser.get(f"/join/{token}").status_code == browser.post(f"/join/{token}").status_code == 404


@pytest.mark.parametrize(("mode", "says"), [("local", "Nobody can join"), ("oidc", "Join links are not used here")])
def test_where_nobody_joins_by_link_it_says_so(
    engine: Engine, browser: TestClient, monkeypatch: pytest.MonkeyPatch, mode: str, says: str
):
    token = invite(engine, "Anna")
    monkeypatch.setenv("EVENHAND_AUTH", mode)
    get_settings.cache_clear()
    for answer in (browser.get(f"/join/{token}"), browser.post(f"/join/{token}")):
        assert answer.status_code == 404 and says in answer.text and "set-cookie" not in answer.headers
    assert uses(engine) == 0


def test_who_is_not_signed_in_is_not_asked_to_sign_out(engine: Engine, browser: TestClient):
    for answer in (browser.get("/signout"), browser.post("/signout")):
        assert "You are not signed in" in answer.text and "<button" not in answer.text
        assert "open your join link" in answer.text


def test_where_nobody_signs_in_nobody_signs_out(engine: Engine, browser: TestClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EVENHAND_AUTH", "local")
    get_settings.cache_clear()
    for answer in (browser.get("/signout"), browser.post("/signout")):
        assert "Nobody needs to sign in here" in answer.text and "<button" not in answer.text
        assert "Open Evenhand" in answer.text and "set-cookie" not in answer.headers


def test_pages_of_our_own_use_the_apps_font(engine: Engine, browser: TestClient):
    answer = browser.get(f"/join/{invite(engine, 'Anna')}")
    (font,) = re.findall(r'url\("/static/media/([^"]+)"\)', answer.text)
    assert (Path(streamlit.__file__).parent / "static" / "static" / "media" / font).is_file()
    assert "font-src 'self'" in answer.headers["Content-Security-Policy"]


def test_signing_out_says_that_a_new_link_will_be_needed(engine: Engine, browser: TestClient):
    browser.post(f"/join/{invite(engine, 'Anna')}")
    asked = browser.get("/signout").text
    assert "You will need a new join link" in asked and "Stay signed in" in asked
    assert signed_in(engine, browser) == "Anna"
    browser.post("/signout")
    assert signed_in(engine, browser) is None
