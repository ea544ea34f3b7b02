"""A message's link to the Drift page in a real browser: it lands on its change, and the address stays true."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from core.services.watching import drift
from core.services.watching.drift import FindingLine
from core.storage.engine import reading, write
from tests.browser.conftest import settle
from tests.browser.scenes import only_planted
from tests.browser.server import Server
from tests.drifting import Truth, weeks

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Fell:
    """A server, and the findings of its workspace."""

    server: Server
    findings: tuple[FindingLine, ...]


@pytest.fixture(scope="module")
def fell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fell]:
    """One of two candidates fell, and became dearer."""
    folder = tmp_path_factory.mktemp("drift")
    server = Server(f"sqlite:///{folder / 'evenhand.db'}", folder / "server.log")
    only_planted(server.engine)
    made = weeks(server.engine, names=("A", "B"), prompts=16)
    first = made.run()
    write(server.engine, lambda s: drift.pin(s, "Weekly", [first], person_id=None, why="", now=made.now))
    made.run({"B": Truth(points=-0.7, price=2.0)})
    drift.check_due(server.engine, now=made.now)
    with reading(server.engine) as session:
        findings = drift.state(session, "Weekly").findings
    yield Fell(server.start(), findings)
    server.stop()


def test_a_link_lands_on_its_change_and_pressing_another_changes_the_address(fell: Fell, page: Page) -> None:
    told = [one for one in fell.findings if not one.is_of_total]
    linked, first = told[-1], told[0]
    page.goto(f"{fell.server.address}/drift?dataset=Weekly&finding={linked.id}")
    settle(page)
    expect(page.get_by_text("Shown below")).to_have_count(1)
    assert f"finding={linked.id}" in page.url and "drift_dataset=1" in page.url
    page.mouse.wheel(0, -5_000)  # who scrolls away is no longer led to the change
    page.get_by_role("button", name="Look closely").first.click()
    settle(page)
    expect(page).to_have_url(re.compile(rf"finding={first.id}\b"))
    page.reload()
    settle(page)
    assert f"finding={first.id}" in page.url
    expect(page.get_by_text("Shown below")).to_have_count(1)
    expect(page.get_by_text("not here any more")).to_have_count(0)


@pytest.mark.long
def test_the_page_asks_nobody_else_and_says_no_incident(fell: Fell, page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{fell.server.address}/drift")
    settle(page)
    page.get_by_text("Hour of the day", exact=True).click()
    settle(page)
    assert not [url for url in asked if not url.startswith((fell.server.address, "data:", "blob:"))]
    expect(page.get_by_text("Incident")).to_have_count(0)
    expect(page.get_by_role("heading", name="Run by run")).to_be_visible()
