"""From a run to its figures in a real browser: by any way over the other pages, and with an address gone stale."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from core.storage.engine import writing
from core.storage.tables import Candidate
from tests.browser.conftest import settle
from tests.browser.server import Server
from tests.evaluated import Evaluated
from tests.workspace import NOW

pytestmark = pytest.mark.browser
LONG = "A candidate whose name says which model it is, at which endpoint, and with which system prompt"
CLEAN = {"Refusal": 1.0, "Complete": 1.0, "Contains": 1.0}


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A workspace with one run of three candidates on twelve prompts, the champion among them, for its admin."""
    folder = tmp_path_factory.mktemp("figures")
    server = Server(f"sqlite:///{folder / 'evenhand.db'}", folder / "server.log", {"EVENHAND_DEMO": "0"})
    with writing(server.engine) as session:
        made = Evaluated(session)
        for number in range(12):
            made.prompt(f"p{number}", ("support", "coding")[number % 2])
        for name, kind in (("Refusal", "refusal"), ("Complete", "incomplete"), ("Contains", "contains")):
            made.evaluator(name, kind)
        names = ("Dear", "Cheap", LONG)
        for name in names:
            made.candidate(name)
        session.get_one(Candidate, made.candidates["Dear"]).is_champion = True
        counted = {"planned": 36, "responses": 36, "attempts": 36, "started_at": NOW, "finished_at": NOW}
        run = made.run(candidate_ids=list(made.candidates.values()), **counted)
        for name in names:
            for number in range(12):
                known = {"cost_usd": 0.01 if name == "Dear" else 0.001, "latency_ms": 900.0 + number}
                made.attempts(run, name, f"p{number}", [known])
                made.response(run, name, f"p{number}", f"{name} answers {number}.", scores=CLEAN, **known)
    yield server.start()
    server.stop()


def to(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    settle(page)


def part(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).or_(page.get_by_text(name, exact=True)).last.click()
    settle(page)


def is_whole(page: Page) -> None:
    expect(page.get_by_role("heading", name="Cost & quality")).to_be_visible()
    expect(page.get_by_role("heading", name="All figures")).to_be_visible()
    expect(page.get_by_text("Incident")).to_have_count(0)


@pytest.mark.long
@pytest.mark.regression("1.5")
def test_a_runs_cost_and_quality_opens_after_a_walk_over_candidates_and_prices(figures: Server, page: Page) -> None:
    page.goto(f"{figures.address}/candidates")
    settle(page)
    part(page, "Prices")
    expect(page.get_by_text("per million tokens").first).to_be_visible()
    part(page, "Candidates")
    to(page, "Runs")
    page.get_by_test_id("stMain").get_by_role("link", name="Cost & quality").click()
    settle(page)
    is_whole(page)
    expect(page.get_by_text("Compared on 12 prompts, run 1")).to_be_visible()
    to(page, "Candidates")
    part(page, "Prices")
    to(page, "Cost & quality")
    is_whole(page)


@pytest.mark.long
@pytest.mark.regression("1.5")
def test_a_stale_address_is_said_to_be_one_and_the_rest_stands(figures: Server, page: Page) -> None:
    stale = "cost_run=Run+99&cost_category=Sport&cost_show=Prices&run=Run+99&category=Sport&show=Prices"
    page.goto(f"{figures.address}/cost?{stale}")
    settle(page)
    is_whole(page)
    expect(page.get_by_text("not here any more")).to_have_count(3)
    expect(page.get_by_text("36 responses of 3 candidates")).to_be_visible()


@pytest.mark.long
def test_the_scope_is_said_narrowed_by_one_click_and_stands_in_the_address(figures: Server, page: Page) -> None:
    page.goto(f"{figures.address}/cost")
    settle(page)
    expect(page.get_by_text("Compared on 12 prompts of the champion Dear, newest run of each")).to_be_visible()
    page.get_by_text("Only prompts that all were asked").click()
    expect(page.get_by_text("12 prompts that all 3 candidates were asked")).to_be_visible()
    assert "cost_shared=true" in page.url
    page.reload()
    settle(page)
    expect(page.get_by_text("12 prompts that all 3 candidates were asked")).to_be_visible()


def test_on_a_phone_names_are_ink_stay_in_sight_and_show_whole_when_pointed_at(figures: Server, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{figures.address}/runs")
    settle(page)
    table = page.get_by_role("region", name=re.compile("How far each candidate is"))
    name = table.get_by_role("rowheader", name=LONG)
    assert name.get_attribute("title") == LONG
    assert name.evaluate("cell => getComputedStyle(cell).color") == "rgb(18, 22, 26)"
    assert table.evaluate("box => box.scrollWidth > box.clientWidth"), "it is wider than a phone"
    before = name.bounding_box()
    table.evaluate("box => box.scrollLeft = 200")
    after = name.bounding_box()
    assert before is not None and after is not None
    assert before["x"] == after["x"] and before["width"] < 200


def test_a_figure_that_is_chosen_shows_what_is_behind_it_and_a_head_puts_in_order(figures: Server, page: Page) -> None:
    page.goto(f"{figures.address}/cost")
    settle(page)
    table = page.get_by_role("region", name=re.compile("Every candidate with cost"))
    names = table.get_by_role("rowheader")
    expect(names.first).to_be_visible()
    assert LONG in [name.get_attribute("title") for name in names.all()]

    table.get_by_role("row", name="Dear").get_by_role("cell").nth(13).click()
    settle(page)
    assert "cost_behind=The+slowest" in page.url and "cost_of=1" in page.url
    expect(page.get_by_text("12 in all.")).to_be_visible()

    head = table.get_by_role("columnheader", name="Spent")
    for turned, first in (("ascending", "Cheap"), ("descending", "Dear · champion: what your users get today")):
        head.click()
        assert head.get_attribute("aria-sort") == turned
        assert names.first.get_attribute("title") == first
    table.get_by_role("row").nth(1).get_by_role("cell").nth(5).click()
    settle(page)
    assert "cost_behind=All+responses" in page.url and "cost_of=1" in page.url


def test_figures_are_chosen_by_keyboard_too(figures: Server, page: Page) -> None:
    page.goto(f"{figures.address}/cost")
    settle(page)
    table = page.get_by_role("region", name=re.compile("Every candidate with cost"))
    table.focus()
    page.keyboard.press("Tab")
    for key in (*["ArrowRight"] * 15, "ArrowDown", "Enter"):
        page.keyboard.press(key)
    settle(page)
    assert "cost_behind=The+slowest" in page.url
