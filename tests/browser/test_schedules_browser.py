"""*Schedules* in a real browser, on a phone: one click a month, the browser's own time zone, a run now and its page."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlmodel import select

from core.storage.engine import reading
from core.storage.tables import Schedule
from tests.browser.conftest import PHONE, Profiles, settle
from tests.browser.server import Server
from tests.browser.test_accessibility import FRAME
from tests.echo import EchoServer
from tests.services.runs.evaluations import make

pytestmark = pytest.mark.browser
# What keeps Streamlit from reading ":0" otherwise stands behind the colon, unseen.
WEEKLY = re.compile("Every Sunday 06:.?00 Lord Howe, next in")
MONTHLY = re.compile("On the 1st of every month 06:.?00 Lord Howe, next in")


@pytest.mark.long
def test_a_schedule_is_added_run_and_leads_to_its_run(
    make_server: Callable[..., Server], context_of: Profiles, echo: EchoServer
):
    server = make_server()
    make(server.engine, echo.address, prompts=2)
    server.start()
    page = context_of(**PHONE, timezone_id="Australia/Lord_Howe", bypass_csp=True).new_page()
    page.goto(f"{server.address}/schedules")
    page.get_by_role("button", name="New schedule").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(WEEKLY)).to_be_visible()
    _has_no_serious_fault(page)
    dialog.get_by_role("button", name="Every month").click()
    expect(dialog.get_by_text(MONTHLY)).to_be_visible()
    dialog.get_by_role("button", name="Add the schedule").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text(MONTHLY)).to_be_visible()
    with reading(server.engine) as session:
        schedule = session.exec(select(Schedule)).one()
    assert (schedule.cron, schedule.zone) == ("0 6 1 * *", "Australia/Lord_Howe")
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_role("button", name="Run now")).to_be_disabled()
    _has_no_serious_fault(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing goes over the edge"
    page.get_by_role("link", name="Run 1").first.click()
    expect(page.get_by_text("Run 1 · asked").first).to_be_visible()


def _has_no_serious_fault(page: Page) -> None:
    settle(page)
    aside = [[selector] for selector in (*FRAME, '[data-testid="stToast"]')]
    found = Axe().run(page, context={"exclude": aside}).response["violations"]
    serious = [fault for fault in found if fault["impact"] in ("serious", "critical")]
    assert [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in serious] == []
