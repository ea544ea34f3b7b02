"""Fixtures of all browser tests: real servers, a real chromium, pages of either."""

import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.server import Server, origins
from tests.speed import patience_s

CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DRAWN = '[data-testid="stApp"] [data-testid="stElementContainer"]'
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where chromium lies; skips, loudly, where there is none."""
    found = CHROMIUM if Path(CHROMIUM).exists() else shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        warnings.warn("NO CHROMIUM: browser tests are skipped. Run tests/install-chromium as root.", stacklevel=1)
        pytest.skip("no chromium on this machine; tests/install-chromium installs it")
    return found


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    """One chromium for the browser tests, and no longer: playwright keeps an event loop running in this thread."""
    expect.set_options(timeout=patience_s(5) * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """One browser profile for all: to load and compile Streamlit's bundles anew takes as long as most tests do."""
    profile = browser.new_context(viewport={"width": 1440, "height": 900})
    profile.set_default_timeout(patience_s(30) * 1000)
    yield profile
    profile.close()


@pytest.fixture
def context(profile: BrowserContext) -> Iterator[BrowserContext]:
    """The profile as it was new: no cookies, no tabs, nothing that a page has stored."""
    yield profile
    for page in profile.pages:
        page.close()
    profile.clear_cookies()
    blank = profile.new_page()
    session = profile.new_cdp_session(blank)
    for origin in origins():
        session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage,indexeddb"})
    blank.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab of that profile."""
    return context.new_page()


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Makes servers (not started yet) with an empty SQLite database and the settings given, EVENHAND_… spelled out."""
    made: list[Server] = []

    def make(**env: str) -> Server:
        number = len(made)
        database = f"sqlite:///{tmp_path / f'evenhand-{number}.db'}"
        server = Server(database=database, log=tmp_path / f"server-{number}.log", env=env)
        made.append(server)
        return server

    yield make
    for server in made:
        if server.is_running:
            server.stop()


@pytest.fixture
def server(make_server: Callable[..., Server]) -> Callable[..., Server]:
    """Makes a server as ``make_server`` does, and starts it."""
    return lambda **env: make_server(**env).start()


def settle(page: Page) -> None:
    """Wait until the script has run and nothing more is coming; before it has begun it does not run either."""
    page.wait_for_selector(DRAWN, state="attached")
    page.wait_for_selector(SETTLED)
    page.wait_for_timeout(300)
    page.wait_for_selector(SETTLED)
