"""From a pasted list of people to the study that they rate, and back in after a break: in a real browser."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.domain.people import Role
from core.services.studies import studies
from core.storage.engine import write
from tests.browser.conftest import DESK, forget, settle
from tests.browser.server import Server
from tests.workspace import NOW, make_workspace

pytestmark = pytest.mark.browser
SIZES = {"desk": DESK, "phone": {"width": 390, "height": 844}}


@pytest.fixture
def running(make_server: Callable[..., Server]) -> Server:
    """A server in link mode with two open studies beside the one over everything."""
    server = make_server(EVENHAND_AUTH="link")
    make_workspace(server.engine)
    for name in ("First", "Second"):
        write(server.engine, lambda s, name=name: studies.create(s, name=name, now=NOW, state="open"))
    return server.start()


def tab(context: BrowserContext, size: str) -> Page:
    page = context.new_page()
    page.set_viewport_size(SIZES[size])
    return page


@pytest.mark.parametrize("size", ["desk", pytest.param("phone", marks=pytest.mark.long)])
def test_a_pasted_list_becomes_raters_who_land_in_their_study_and_come_back(
    running: Server, context: BrowserContext, size: str, tmp_path: Path
) -> None:
    links = invited(running, context, size, tmp_path)
    forget(context)
    page = tab(context, size)
    page.goto(links["Anna Weber"])
    page.get_by_role("button", name="Join").click()
    page.wait_for_url(running.address + "/")
    settle(page)
    expect(page.get_by_text("Pair 1 of 36")).to_be_visible()
    expect(page.get_by_role("combobox", name="Study")).to_have_value("Second")
    page.goto(links["Anna Weber"])
    page.wait_for_url(running.address + "/")
    expect(page.get_by_text("Pair 1 of 36")).to_be_visible()
    asks_before_another_joins(running, page, links["Bo Lind"])
    asks_before_signing_out(page)
    page.goto(links["Anna Weber"])
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()


def invited(server: Server, context: BrowserContext, size: str, tmp_path: Path) -> dict[str, str]:
    """Invite two people to the second study from the page; name → link, out of the file."""
    page = tab(context, size)
    context.add_cookies([server.sign_in("Ada", Role.ADMIN)])
    page.goto(f"{server.address}/people?invite=yes&people_how=Several+people")
    settle(page)
    box = page.locator("textarea")
    box.fill("Anna Weber <anna@example.org>; Bo Lind")
    box.press("Control+Enter")
    page.get_by_role("combobox", name="Study").click()
    page.get_by_role("option", name="Second").click()
    settle(page)
    page.get_by_role("button", name="Invite 2 people").click()
    expect(page.get_by_text("2 people are invited.")).to_be_visible()
    expect(page.get_by_test_id("stCode")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download all messages").click()
    download.value.save_as(tmp_path / "invitations.csv")
    rows = csv.DictReader(io.StringIO((tmp_path / "invitations.csv").read_text(encoding="utf-8-sig")))
    return {row["name"]: row["link"] for row in rows}


def asks_before_another_joins(server: Server, page: Page, link: str) -> None:
    page.goto(link)
    expect(page.get_by_role("heading", name="Join as Bo Lind instead?")).to_be_visible()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Stay Anna Weber").click()
    page.wait_for_url(server.address + "/")
    page.goto(f"{server.address}/my_votes")
    settle(page)
    expect(page.get_by_text("Anna Weber · rater")).to_be_visible()


def asks_before_signing_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You will need a new join link to come back")).to_be_visible()
    page.get_by_role("button", name="Stay signed in").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("dialog").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
