"""From a key press to the next pair on the screen, against the least that Streamlit itself needs for that."""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, sync_playwright

from core.domain.people import Role
from core.services.people import joining, people
from core.storage.engine import open_engine, write

ROOT = Path(__file__).resolve().parent.parent
RATERS_AT_WORK = 16
PRESSES = 24
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
]
# The first answer button's class holds the id of what is shown: it changes when the next is painted. Two animation
# frames later it is on the screen.
PRESS = """(key) => new Promise((done, fail) => {
  const shown = () => [...document.querySelectorAll('[data-testid="stBottom"] [class*="st-key-"]')]
    .map(e => /st-key-(\\S+-\\d)-0/.exec(e.className)?.[1]).find(Boolean)
  const before = shown(), start = performance.now()
  document.body.dispatchEvent(new KeyboardEvent('keydown', {key, code: 'Digit' + key, bubbles: true}))
  const look = () => {
    const now = shown()
    if (now && now !== before) {
      const end = () => done({ms: performance.now() - start, from: before, to: now})
      return requestAnimationFrame(() => requestAnimationFrame(end))
    }
    if (performance.now() - start > 15000) return fail(new Error('nothing came after ' + before))
    requestAnimationFrame(look)
  }
  requestAnimationFrame(look)
})"""


def run() -> dict[str, object]:
    """Median ms to the next pair over the bare page's, alone and with 16 raters at work; ≤ 1.5 each."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, ExitStack() as stack:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        stack.callback(browser.close)
        ours = Desk(
            browser, stack.enter_context(_server("streamlit_app.py", folder)), f"sqlite:///{folder}/evenhand.db"
        )
        bare = Desk(browser, stack.enter_context(_server("benchmarks/bare_app.py", folder)), None)
        alone = _compare(ours, bare)
        with ours.raters_at_work():
            at_work = _compare(ours, bare)
    value = max(alone["ratio"], at_work["ratio"])
    detail = {"alone": alone, f"{RATERS_AT_WORK} raters at work on ours": at_work}
    return {"name": "key_press", "value": round(value, 2), "goal": "<= 1.5", "met": value <= 1.5, "detail": detail}


@dataclass
class Desk:
    """A server and how one sits down before it; every rater of ours is a person of their own."""

    browser: Browser
    address: str
    database: str | None
    seats: int = 0

    def open(self) -> Page:
        """A page with the first pair on it."""
        page = self.signed_in(Role.RATER)
        page.goto(self.address)
        start = page.get_by_role("button", name="Start rating")
        first = page.locator('[data-testid="stBottom"] [class*="-0-3"]')
        start.or_(first).first.wait_for(timeout=60_000)
        if start.count():
            start.click()
        first.wait_for(timeout=60_000)
        page.wait_for_timeout(1500)
        return page

    def signed_in(self, role: Role) -> Page:
        """An empty page of somebody new with this role."""
        context = self.browser.new_context(viewport={"width": 1440, "height": 900})
        if self.database:
            context.add_cookies([{"name": "evenhand_session", "value": self._sign_in(role), "url": self.address}])
        return context.new_page()

    def _sign_in(self, role: Role = Role.RATER) -> str:
        self.seats += 1
        engine = open_engine(self.database or "")
        now, name = datetime.now(UTC), f"Person {self.seats}"
        _, token = write(engine, lambda session: people.invite(session, name=name, role=role, now=now))
        return write(engine, lambda session: joining.redeem(session, token, now))

    @contextmanager
    def raters_at_work(self) -> Iterator[None]:
        """Raters who press a key every three to five seconds; they need no browser, so the load is the server's."""
        cookies = [self._sign_in() for _ in range(RATERS_AT_WORK)]
        command = [sys.executable, "-m", "benchmarks.raters_at_work", self.address, *cookies]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as raters:
            try:
                if "at work" not in raters.stdout.readline():
                    raise RuntimeError("the raters did not get to work")
                yield
                if raters.poll() is not None:
                    raise RuntimeError("the raters left")
            finally:
                raters.kill()


def pressed(
    page: Page, presses: int, *, until: Callable[[], bool] = lambda: False, every_ms: float = 250
) -> list[float]:
    """Milliseconds to the next pair of so many key presses that brought one, or of those before ``until`` is true."""
    found: list[float] = []
    for number in range(4 * presses):
        press = page.evaluate(PRESS, "1234"[number % 4])
        if until():
            break
        if brought_another_pair(press):
            found.append(press["ms"])
        if len(found) == presses:
            break
        page.wait_for_timeout(every_ms)
    return found


def brought_another_pair(press: dict[str, Any]) -> bool:
    """Whether what `PRESS` gave came to another pair, not to the next question of the same."""
    before, after = (press[end].rsplit("-", 1)[0] for end in ("from", "to"))
    return bool(before != after)


def _compare(ours: Desk, bare: Desk) -> dict[str, float]:
    """The two pages in turn, so that the machine's mood falls on both."""
    pages = {"ours": ours.open(), "bare": bare.open()}
    times: dict[str, list[float]] = {"ours": [], "bare": [], "same pair": []}
    for number in range(PRESSES):
        for name, page in pages.items():
            press = page.evaluate(PRESS, "1234"[number % 4])
            times[name if name == "bare" or brought_another_pair(press) else "same pair"].append(press["ms"])
            page.wait_for_timeout(250)
    for page in pages.values():
        page.context.close()
    medians = {f"{name} ms": round(statistics.median(ms)) for name, ms in times.items()}
    return {"ratio": round(statistics.median(times["ours"]) / statistics.median(times["bare"]), 2), **medians}


@contextmanager
def _server(script: str, folder: str, **settings: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {
        "EVENHAND_DATABASE_URL": f"sqlite:///{folder}/evenhand.db",
        "EVENHAND_AUTH": "link",
        "OPENBLAS_NUM_THREADS": "1",
        **settings,
    }
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port)]
    with Path(folder, f"{port}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _wait(address: str) -> None:
    for _ in range(600):
        try:
            with urlopen(address, timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(address)
