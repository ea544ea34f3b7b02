"""Make the README's picture, or pictures of every page, from top to bottom, light and dark, 1440 and 390 wide.

``python -m tests.browser.screenshots [FOLDER [SCENE …] [--page PAGE …]]``: the README's picture alone, or pictures into
FOLDER of the demo and of every scene in tests/browser/scenes.py, or of those named.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from core.services import workspace
from core.settings import PROJECT_ROOT
from core.storage.engine import reading
from core.ui.shared.navigation import REGISTRY
from tests.browser.conftest import ARGS, CHROMIUM, settle
from tests.browser.scenes import SCENES
from tests.browser.server import Server

PICTURE = PROJECT_ROOT / "core" / "ui" / "shared" / "assets" / "overview.png"
DEMO = "demo"
_LONGEST = 6000
_PAGES = [entry.url_path for entry in REGISTRY]


def main() -> None:
    """Start the workspace of each scene, open the pages, take the pictures."""
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("scenes", nargs="*", default=[DEMO, *SCENES])
    parser.add_argument("--page", action="append", choices=_PAGES, help="this page alone; may be repeated")
    options = parser.parse_args()
    if options.folder is None:
        _readme()
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    for scene in options.scenes:
        with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
            server = _started(Path(scratch), scene)
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
            try:
                _all(browser, server, options.folder, scene, options.page or _PAGES)
            finally:
                browser.close()
                server.stop()


def _readme() -> None:
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        server = _started(Path(scratch), DEMO)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        try:
            page = _opened(browser.new_context(color_scheme="light"), f"{server.address}/overview", 1280)
            page.screenshot(path=PICTURE)
        finally:
            browser.close()
            server.stop()


def _started(scratch: Path, scene: str) -> Server:
    is_demo = scene == DEMO
    server = Server(f"sqlite:///{scratch}/evenhand.db", scratch / "log", {"EVENHAND_DEMO": str(int(is_demo))})
    if not is_demo:
        SCENES[scene](server.engine)
    server.start()
    while is_demo and _is_opening(server):
        time.sleep(1)
    return server


def _is_opening(server: Server) -> bool:
    with reading(server.engine) as session:
        return workspace.demo_is_opening(session)


def _all(browser: Browser, server: Server, folder: Path, scene: str, pages: Sequence[str]) -> None:
    # One profile for all pages of a scheme: to load Streamlit's bundles anew takes longer than the page.
    profiles = {scheme: browser.new_context(color_scheme=scheme) for scheme in ("light", "dark")}
    for url_path, (scheme, profile), width in product(pages, profiles.items(), (1440, 390)):
        page = _opened(profile, f"{server.address}/{url_path}", width)
        page.set_viewport_size({"width": width, "height": _LONGEST})
        page.wait_for_timeout(1500)
        clip = {"x": 0, "y": 0, "width": width, "height": min(max(_height(page) + 40, 900), _LONGEST)}
        page.screenshot(path=folder / f"{scene}-{url_path}-{scheme}-{width}.png", clip=clip)
        page.close()


def _opened(profile: BrowserContext, address: str, width: int) -> Page:
    """A page that has come to rest."""
    page = profile.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    settle(page)
    page.wait_for_timeout(1500)
    return page


def _height(page: Page) -> int:
    drawn = "[...document.querySelectorAll('[data-testid=stMainBlockContainer] [data-testid=stElementContainer]')]"
    return int(page.evaluate(f"Math.max(0, ...{drawn}.map(e => e.getBoundingClientRect().bottom))"))


if __name__ == "__main__":
    main()
