"""axe finds nothing serious or critical in what the pages add to Streamlit's own frame, in light and dark."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from core.ui.shared.navigation import REGISTRY
from tests.browser.conftest import forget, settle
from tests.browser.server import Server
from tests.workspace import make_workspace

pytestmark = pytest.mark.browser
PATHS = [entry.url_path for entry in REGISTRY]
# Colours are the same on every page: the second scheme is looked at on the one with most of them.
SHOWN = [
    *((path, "light") for path in PATHS),
    *(pytest.param(path, "dark", marks=() if path == "cost" else pytest.mark.long) for path in PATHS),
]
# What Streamlit itself puts around every page; none of it is ours to mend.
FRAME = [
    '[data-testid="stHeader"]',
    '[data-testid="stToolbar"]',
    '[data-testid="stSidebarHeader"]',
    '[data-testid="stSidebarNav"]',
    '[data-testid="stStatusWidget"]',
]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo workspace, for the admin of this machine, who sees every page."""
    folder = tmp_path_factory.mktemp("accessibility")
    server = Server(database=f"sqlite:///{folder}/evenhand.db", log=folder / "log", env={"EVENHAND_DEMO": "1"})
    make_workspace(server.engine, guidelines="")
    yield server.start()
    server.stop()


@pytest.fixture(scope="module")
def page(studio: Server, profile: BrowserContext) -> Iterator[Page]:
    """A tab that goes from page to page as somebody does, far quicker than a new one opens each."""
    page = profile.new_page()
    page.goto(f"{studio.address}/overview")
    settle(page)
    yield page
    forget(profile)


@pytest.mark.parametrize(("path", "scheme"), SHOWN)
def test_a_page_has_no_serious_fault(page: Page, path: str, scheme: str):
    page.emulate_media(color_scheme=scheme)
    page.get_by_test_id("stSidebarNav").locator(f'a[href$="/{path}"]').click()
    page.wait_for_url(f"**/{path}*")
    settle(page)
    page.wait_for_timeout(500)
    found = Axe().run(page, context={"exclude": [[selector] for selector in FRAME]}).response["violations"]
    serious = [
        (fault["id"], fault["help"], [node["html"][:200] for node in fault["nodes"]][:3])
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
    assert serious == []
