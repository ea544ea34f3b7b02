"""Blinding, seen from outside: candidates with unguessable names, and not one of them in anything a rater gets."""

import json
import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.domain.people import Role
from core.ui.shared.navigation import REGISTRY
from tests.browser import visitor
from tests.browser.conftest import settle
from tests.browser.frames import Recorder
from tests.browser.server import Server
from tests.browser.test_rating_browser import PAIRS, QUESTIONS, asked, rate
from tests.long import IS_LONG, usual_first
from tests.workspace import make_workspace

pytestmark = pytest.mark.browser
ADDRESSES = ["", *(entry.url_path for entry in REGISTRY), "nowhere", "join/forged", "healthz", "metrics", "signout"]
RARER = ("leaderboard", "responses", "studies", "rate")
OURS = ("", "rate", "my_votes", "leaderboard", "join/forged", "healthz", "metrics", "signout")
OPENED = ADDRESSES if IS_LONG else OURS
# Ids as they may stand in JSON, in widget keys or in addresses; ours are small, so look for the words around them.
TELLING = (b"candidate_id", b"latency_ms", b"cost_usd", b"ttft", b"left_candidate", b"response_id", b"Traceback")


@pytest.fixture(scope="module")
def canary() -> str:
    """A name that occurs nowhere by chance; make_workspace builds candidate, model and provider names from it."""
    return f"canary{secrets.token_hex(12)}"


@pytest.fixture
def studio(make_server: Callable[..., Server], canary: str) -> Server:
    server = make_server(EVENHAND_AUTH="link")
    make_workspace(server.engine, prompts=10, candidates=4, name=canary)
    return server


@pytest.fixture(scope="module")
def lasting(make_lasting_server: Callable[..., Server], canary: str) -> Server:
    """Such a server, running, for those who need it neither cold nor broken."""
    server = make_lasting_server(EVENHAND_AUTH="link")
    make_workspace(server.engine, prompts=10, candidates=4, name=canary)
    return server.start()


def open_everything(page: Page, server: Server, recorder: Recorder) -> None:
    """Open every address there is, one that is not, and leave each be until it is quiet.

    In the usual run a browser opens a rater's own pages, one that is refused and those that are not Streamlit's; a
    visitor asks for all others.
    """
    cookie = next(found for found in page.context.cookies() if found["name"] == "evenhand_session")
    for path in ADDRESSES:
        if path not in OPENED:
            recorder.seen += visitor.asked(server, path, dict(cookie)).seen
            continue
        page.goto(f"{server.address}/{path}")
        if page.locator('[data-testid="stApp"]').count():
            settle(page)


def test_many_pairs_and_every_page_tell_a_rater_nothing(
    lasting: Server, canary: str, context: BrowserContext, page: Page
):
    recorder = Recorder()
    recorder.attach(page)
    context.add_cookies([lasting.sign_in("Dr Adler", Role.RATER)])
    page.goto(lasting.address)
    asked(page, "Tone")
    settle(page)
    for number in range(1, PAIRS + 1):
        rate(page, number, "1234"[number % 2 : number % 2 + 3])
    for key in ("t", "g"):
        page.keyboard.press(key)
        settle(page)
    page.keyboard.press("Escape")
    settle(page)
    page.keyboard.press("z")
    asked(page, QUESTIONS[-1])
    open_everything(page, lasting, recorder)
    assert len(recorder.frames()) > 3 * PAIRS
    recorder.assert_absent([canary, *TELLING])
    assert recorder.hosts == {"127.0.0.1"}


def test_an_anonymous_visitor_is_told_nothing(lasting: Server, canary: str):
    for path in ADDRESSES:
        visitor.asked(lasting, path).assert_absent([canary, *TELLING])


@pytest.mark.parametrize("path", usual_first("", long=RARER))
def test_a_cold_server_tells_its_first_visitor_nothing(studio: Server, canary: str, page: Page, path: str):
    recorder = Recorder()
    recorder.attach(page)
    studio.start()
    page.goto(f"{studio.address}/{path}")
    settle(page)
    expect(page.get_by_text("You are not signed in")).to_be_visible()
    recorder.assert_absent([canary, *TELLING])


def test_an_error_on_a_rater_page_names_no_candidate(studio: Server, canary: str, context: BrowserContext, page: Page):
    """A broken row makes the page fail for real; what the browser gets is an incident number."""
    from core.storage.engine import writing
    from core.storage.tables import metadata

    studio.start()
    with writing(studio.engine) as session:
        response = metadata.tables["response"]
        session.execute(response.update().values(turns=json.loads('{"broken": "' + canary + '"}')))
    recorder = Recorder()
    recorder.attach(page)
    context.add_cookies([studio.sign_in("Dr Adler", Role.RATER)])
    page.goto(studio.address)
    settle(page)
    expect(page.get_by_text("This page could not be shown.")).to_be_visible()
    recorder.assert_absent([canary, *TELLING])


def test_the_canary_would_be_found(lasting: Server, canary: str, context: BrowserContext, page: Page):
    """An analyst's page does name candidates: the recorder sees what it ought to see."""
    recorder = Recorder()
    recorder.attach(page)
    context.add_cookies([lasting.sign_in("Ana Lyst", Role.ANALYST)])
    page.goto(f"{lasting.address}/responses")
    settle(page)
    assert recorder.contains(canary)
