"""What a phone needs beside the desktop: a menu that goes away, no keys, nothing that covers anything."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from core.domain.people import Role
from tests.browser.conftest import settle
from tests.browser.server import Server
from tests.workspace import make_workspace

pytestmark = pytest.mark.browser


@pytest.fixture
def server(make_server: Callable[..., Server]) -> Server:
    """A server in link mode with something to rate and to list."""
    server = make_server(EVENHAND_AUTH="link")
    make_workspace(server.engine, guidelines="Judge as if you had to sign it.")
    return server.start()


def phone(browser: Browser, server: Server, role: Role) -> Page:
    """A phone of somebody who has joined."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    context.set_default_timeout(30_000)
    context.add_cookies([server.sign_in(f"a {role.word}", role)])
    page = context.new_page()
    page.goto(server.address)
    settle(page)
    return page


@pytest.mark.parametrize(
    ("role", "choices"), [(Role.ADMIN, ("Candidates", "People")), (Role.RATER, ("My votes", "Rate"))]
)
def test_the_menu_goes_once_something_was_chosen(
    browser: Browser, server: Server, role: Role, choices: tuple[str, str]
) -> None:
    page = phone(browser, server, role)
    for choice in choices:
        page.get_by_test_id("stExpandSidebarButton").click()
        link = page.get_by_role("link", name=choice, exact=True)
        expect(link).to_be_in_viewport()
        link.click()
        settle(page)
        expect(link).not_to_be_in_viewport()
    page.context.close()


def test_no_keys_are_named_where_there_is_no_keyboard(browser: Browser, server: Server) -> None:
    page = phone(browser, server, Role.RATER)
    start = page.get_by_role("button", name="Start rating")
    expect(start).to_be_visible()
    expect(start.locator("kbd")).to_be_hidden()
    page.context.close()


def test_the_tools_of_a_table_cover_nothing(browser: Browser, server: Server) -> None:
    page = phone(browser, server, Role.ADMIN)
    page.goto(f"{server.address}/datasets")
    settle(page)
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    expect(page.get_by_test_id("stElementToolbar").first).to_be_hidden()
    page.context.close()
