"""Fixtures of all browser tests: real servers, a real chromium, pages of either."""

import shutil
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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
    # A page runs for seconds: one process for all tabs of a profile, and nothing compiled for the long run.
    "--process-per-site",
    "--js-flags=--no-opt --no-maglev",
]
DESK = {"width": 1440, "height": 900}
# Nothing is animated: to paint what moves takes a tenth of a test.
STILL: dict[str, Any] = {"reduced_motion": "reduce"}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DRAWN = '[data-testid="stApp"] [data-testid="stElementContainer"]'
SETTLED = '[data-testid="stApp"][data-test-script-state="notRunning"]'
Profiles = Callable[..., BrowserContext]
"""Lends a profile by its settings."""


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
def profiles(browser: Browser) -> Iterator[Profiles]:
    """One browser profile for all who want the same settings.

    To load and compile Streamlit's bundles anew takes as long as most tests do.
    """
    made: dict[str, BrowserContext] = {}

    def profile(**settings: Any) -> BrowserContext:
        known = repr(sorted(settings.items()))
        if known not in made:
            made[known] = _stays(browser.new_context(**{"viewport": DESK, **STILL, **settings}))
        return made[known]

    yield profile
    for each in made.values():
        each.close()


def _stays(profile: BrowserContext) -> BrowserContext:
    """With a tab that is never closed, the process in which all have been compiled goes on, too."""
    profile.set_default_timeout(patience_s(30) * 1000)
    tab = profile.new_page()
    tab.route("**/*", lambda route: route.fulfill(content_type="text/html", body=""))
    tab.goto("http://127.0.0.1/")
    return profile


@pytest.fixture(scope="package")
def profile(profiles: Profiles) -> BrowserContext:
    """The profile of a desk."""
    return profiles()


@pytest.fixture
def context_of(profiles: Profiles) -> Iterator[Profiles]:
    """Lends profiles as they were new: no cookies, no tabs, nothing that a page has stored."""
    lent: list[BrowserContext] = []

    def lend(**settings: Any) -> BrowserContext:
        lent.append(profiles(**settings))
        return lent[-1]

    yield lend
    for profile in lent:
        forget(profile)


def forget(profile: BrowserContext) -> None:
    """Close its tabs and take away what pages have stored in it."""
    tab, *others = profile.pages
    _close(others)
    profile.clear_cookies()
    profile.clear_permissions()
    session = profile.new_cdp_session(tab)
    for origin in origins():
        session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "local_storage,indexeddb"})
    session.detach()


def _close(tabs: list[Page]) -> None:
    """Close tabs, the last once another has been left: empty, it keeps the bundles in memory for the next to open."""
    for tab in tabs[:-1]:
        tab.close()
    for tab in tabs[-1:]:
        tab.goto("about:blank")


@pytest.fixture
def context(context_of: Profiles) -> BrowserContext:
    """The desk's profile as it was new."""
    return context_of()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab of that profile."""
    return context.new_page()


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Makes servers (not started yet) with an empty SQLite database and the settings given, EVENHAND_… spelled out."""
    yield from _servers(tmp_path)


@pytest.fixture(scope="module")
def make_lasting_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Makes servers as ``make_server`` does, for all tests of a module: each test comes to it as somebody new."""
    yield from _servers(tmp_path_factory.mktemp("lasting"))


def _servers(folder: Path) -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def make(**env: str) -> Server:
        number = len(made)
        database = f"sqlite:///{folder / f'evenhand-{number}.db'}"
        server = Server(database=database, log=folder / f"server-{number}.log", env=env)
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
