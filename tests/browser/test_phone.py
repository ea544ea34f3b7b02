"""What a phone needs beside the desktop: a menu that goes away, no keys, nothing that covers anything."""

from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from core.domain.people import Role
from core.domain.votes import Outcome
from tests.ballots import Ballot, cast
from tests.browser.conftest import PHONE, Profiles, settle
from tests.browser.server import Server
from tests.workspace import make_workspace

pytestmark = pytest.mark.browser
_NUMBERS = count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in link mode with something to rate and to list."""
    folder = tmp_path_factory.mktemp("phone")
    server = Server(f"sqlite:///{folder / 'evenhand.db'}", folder / "server.log", {"EVENHAND_AUTH": "link"})
    at = make_workspace(server.engine, guidelines="Judge as if you had to sign it.")
    cast(server.engine, at, [Ballot(n % 3, n % 2, 2 + n % 2, Outcome.LEFT) for n in range(40)])
    yield server.start()
    server.stop()


def phone(context_of: Profiles, server: Server, role: Role) -> Page:
    """A phone of somebody who has joined."""
    context = context_of(**PHONE)
    context.add_cookies([server.sign_in(f"a {role.word} {next(_NUMBERS)}", role)])
    page = context.new_page()
    page.goto(server.address)
    settle(page)
    return page


@pytest.mark.parametrize(
    ("role", "choices"),
    [
        (Role.ADMIN, ("Candidates", "People")),
        pytest.param(Role.RATER, ("My votes", "Rate"), marks=pytest.mark.long),
    ],
)
def test_the_menu_goes_once_something_was_chosen(
    context_of: Profiles, server: Server, role: Role, choices: tuple[str, str]
) -> None:
    page = phone(context_of, server, role)
    for choice in choices:
        page.get_by_test_id("stExpandSidebarButton").click()
        link = page.get_by_role("link", name=choice, exact=True)
        expect(link).to_be_in_viewport()
        link.click()
        settle(page)
        expect(link).not_to_be_in_viewport()


@pytest.mark.long
def test_no_keys_are_named_where_there_is_no_keyboard(context_of: Profiles, server: Server) -> None:
    page = phone(context_of, server, Role.RATER)
    start = page.get_by_role("button", name="Start rating")
    expect(start).to_be_visible()
    expect(start.locator("kbd")).to_be_hidden()


def test_the_tools_of_a_table_cover_nothing(context_of: Profiles, server: Server) -> None:
    page = phone(context_of, server, Role.ADMIN)
    page.goto(f"{server.address}/datasets")
    settle(page)
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    expect(page.get_by_test_id("stElementToolbar").first).to_be_hidden()


def test_a_table_shows_its_first_figures_beside_whose_they_are_and_its_lines_are_whole(
    context_of: Profiles, server: Server
) -> None:
    page = phone(context_of, server, Role.ADMIN)
    page.goto(f"{server.address}/leaderboard")
    settle(page)
    table = page.get_by_role("region", name="Every candidate with rank")
    inside = table.evaluate(
        """region => [...region.querySelectorAll("thead th")]
            .filter(head => head.getBoundingClientRect().right <= region.getBoundingClientRect().right)
            .map(head => head.textContent)"""
    )
    assert inside[:4] == ["Candidate", "Rating", "Lower", "Upper"], "whose it is, and its rating with the interval"
    table.evaluate("region => region.scrollTo({left: 9999})")
    rows = table.evaluate(
        """region => [...region.querySelectorAll("tbody tr")].map(row => [...row.cells].map(cell => {
            const style = getComputedStyle(cell)
            return [cell.getBoundingClientRect().top, style.borderTopWidth, style.borderTopColor].join()
        }))"""
    )
    assert rows and all(len(set(lines)) == 1 for lines in rows), "one line above all cells of a row"
