"""Pictures of the Drift page over a production with planted drift, at 1440 and 390 pixels, light and dark.

``python -m tests.browser.drift_screenshots FOLDER``: what changed, nothing changed, no baseline yet, many candidates.
"""

import sys
import tempfile
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import Engine, text

from core.services.demo.opening import prepare_workspace
from core.services.watching import drift
from tests.browser.conftest import ARGS, CHROMIUM, settle
from tests.browser.server import Server
from tests.drifting import Truth, Weeks, weeks
from tests.workspace import NOW

HOSTILE = "mistral-small <b>*x*</b> :red[hi] $1$ and a name that goes on, temperature 0.7, prompt of March"
NAMES = ("gpt-5-mini", "claude-haiku-4-5", HOSTILE, "local llama")
_FOLDED = ("Hour of the day", "Move the baseline", "Pin a baseline")
_LONGEST = 7000


def changed(engine: Engine) -> None:
    """A model that answers under another name and worse, a dearer and a slower one, after six quiet weeks."""
    made = _quiet(engine, 6)
    other = Truth(points=-0.3, category="coding", name="claude-haiku-4-5-20261101")
    for _ in range(2):
        _week(made, {NAMES[1]: other, HOSTILE: Truth(price=1.4), "local llama": Truth(latency=2.0, failures=0.15)})
    _spread(engine)


def calm(engine: Engine) -> None:
    """Eight weeks in which nothing changes."""
    _quiet(engine, 8)


def one_run(engine: Engine) -> None:
    """No baseline yet."""
    weeks(engine, names=NAMES, dataset="Weekly").run()


def many(engine: Engine) -> None:
    """Sixty candidates, one of which fell."""
    made = weeks(engine, names=[f"candidate {number:02d}" for number in range(60)], prompts=16)
    for _ in range(3):
        made.run()
    _week(made, {})
    _week(made, {"candidate 17": Truth(points=-0.5)})


SCENES = {"changed": changed, "calm": calm, "one_run": one_run, "many": many}


def main() -> None:
    """Make a workspace a scene, start the app over it, take the pictures."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or SCENES:
        with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
            server = Server(f"sqlite:///{scratch}/evenhand.db", Path(scratch, "log"))
            only_planted(server.engine)
            SCENES[name](server.engine)
            server.start()
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
            try:
                for scheme, width in product(("light", "dark"), (1440, 390)):
                    path = folder / f"drift-{name}-{scheme}-{width}"
                    take(browser, f"{server.address}/drift", path, width, scheme)
            finally:
                browser.close()
                server.stop()


def take(browser: Browser, address: str, path: Path, width: int, scheme: str) -> None:
    """The page from top to bottom with all that is folded open, a picture for each thousand pixels."""
    page = browser.new_page(viewport={"width": width, "height": 1000}, color_scheme=scheme)
    page.goto(address)
    settle(page)
    for folded in _FOLDED:
        for found in page.get_by_text(folded, exact=True).all():
            found.click()
            settle(page)
    page.set_viewport_size({"width": width, "height": _LONGEST})
    page.mouse.move(width / 2, 300)
    page.mouse.wheel(0, -2 * _LONGEST)
    page.wait_for_timeout(3000)
    for number in range(-(-_height(page) // 1000)):
        clip = {"x": 0, "y": 1000 * number, "width": width, "height": 1000}
        page.screenshot(path=f"{path}-{number}.png", clip=clip)
    page.close()


def _height(page: Page) -> int:
    drawn = "[...document.querySelectorAll('[data-testid=stMainBlockContainer] [data-testid=stElementContainer]')]"
    return min(_LONGEST, int(page.evaluate(f"Math.max(...{drawn}.map(e => e.getBoundingClientRect().bottom))")))


def only_planted(engine: Engine) -> None:
    """A new workspace whose usual evaluators rest, so that what was planted is all there is."""
    prepare_workspace(engine, demo=False, now=NOW)
    with engine.begin() as connection:
        for table in ("gate", "evaluator"):
            connection.execute(text(f"UPDATE {table} SET retired_at = created_at"))


def _spread(engine: Engine) -> None:
    """Have repetitions have been asked over the day."""
    spread = "UPDATE attempt SET started_at = datetime(started_at, '+' || (8 * repetition) || ' hours')"
    with engine.begin() as connection:
        connection.execute(text(spread))


def _quiet(engine: Engine, since: int) -> Weeks:
    made = weeks(engine, names=NAMES, prompts=48, categories=("support", "coding", "medical advice"))
    for _ in range(3):
        made.run()
    for _ in range(since):
        _week(made, {})
    return made


def _week(made: Weeks, truths: dict[str, Truth]) -> None:
    made.run(truths)
    drift.check_due(made.engine, now=made.now)


if __name__ == "__main__":
    main()
