"""axe finds nothing serious or critical in what the pages add to Streamlit's own frame, in light and dark."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe

from core.ui.shared.navigation import REGISTRY
from tests.browser.conftest import Profiles, settle
from tests.browser.server import Server
from tests.workspace import make_workspace

pytestmark = pytest.mark.browser
PATHS = [entry.url_path for entry in REGISTRY]
# Colours are the same on every page: the second scheme is looked at on the two with most of them.
SHOWN = [
    *((path, "light") for path in PATHS),
    *(pytest.param(path, "dark", marks=() if path in ("rate", "cost") else pytest.mark.long) for path in PATHS),
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


@pytest.mark.parametrize(("path", "scheme"), SHOWN)
def test_a_page_has_no_serious_fault(studio: Server, context_of: Profiles, path: str, scheme: str):
    page = context_of(bypass_csp=True).new_page()
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{studio.address}/{path}")
    settle(page)
    page.wait_for_timeout(500)
    found = Axe().run(page, context={"exclude": [[selector] for selector in FRAME]}).response["violations"]
    serious = [
        (fault["id"], fault["help"], [node["html"][:200] for node in fault["nodes"]][:3])
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
    assert serious == []
