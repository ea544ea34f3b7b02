"""Make the README's picture, and one of every page at 1440 and 390 pixels, light and dark, for looking at.

``python -m tests.browser.screenshots [FOLDER]``: the README's picture alone, or all into FOLDER.
"""

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from core.settings import PROJECT_ROOT
from core.ui.shared.navigation import REGISTRY
from tests.browser.conftest import ARGS, CHROMIUM, settle
from tests.browser.server import Server

PICTURE = PROJECT_ROOT / "core" / "ui" / "assets" / "leaderboard.png"
_TALLIES_S = 8


def main() -> None:
    """Start the demo workspace, open the pages, take the pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        server = Server(
            database=f"sqlite:///{scratch}/evenhand.db", log=Path(scratch, "log"), env={"EVENHAND_DEMO": "1"}
        ).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        try:
            time.sleep(_TALLIES_S)
            take(browser, f"{server.address}/leaderboard", PICTURE, width=1280, scheme="light")
            for entry in REGISTRY if folder else ():
                for scheme in ("light", "dark"):
                    for width in (1440, 390):
                        path = folder / f"{entry.url_path}-{scheme}-{width}.png"
                        take(browser, f"{server.address}/{entry.url_path}", path, width=width, scheme=scheme)
        finally:
            browser.close()
            server.stop()


def take(browser: Browser, address: str, path: Path, *, width: int, scheme: str) -> None:
    """One picture of a page that has come to rest."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(address)
    settle(page)
    page.wait_for_timeout(1500)
    page.screenshot(path=path)
    page.close()


if __name__ == "__main__":
    main()
