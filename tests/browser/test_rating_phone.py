"""The rating page on a phone: no keys are named, nothing hides under the bar, and A and B are a tap apart."""

from collections.abc import Callable
from itertools import count

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import select

from core.domain.people import Role
from core.storage.engine import writing
from core.storage.tables import Response
from tests.browser.conftest import PHONE, Profiles, settle
from tests.browser.server import Server
from tests.workspace import make_workspace

pytestmark = pytest.mark.browser
_raters = count(1)
LAST = "The last words of this answer."
IN_SIGHT = """(element) => {
  const {top, bottom} = element.getBoundingClientRect()
  const bar = document.querySelector('[data-testid="stBottom"]').getBoundingClientRect().top
  return top >= 0 && bottom <= bar
}"""


@pytest.fixture(scope="module")
def desk(make_lasting_server: Callable[..., Server]) -> Server:
    """A server in link mode whose pairs are longer than a screen; nobody rates one to its end."""
    server = make_lasting_server(EVENHAND_AUTH="link")
    make_workspace(server.engine, prompts=4, candidates=2, guidelines="Judge as if you had to sign it.")
    with writing(server.engine) as session:
        for response in session.exec(select(Response)):
            paragraphs = ["It is paid within ten days. " * 12] * (6 if response.candidate_id % 2 else 4)
            response.turns, response.words = ["\n\n".join([*paragraphs, LAST])], 400
    return server.start()


def opened(context_of: Profiles, server: Server, *, phone: bool) -> Page:
    context = context_of(**PHONE if phone else {})
    context.add_cookies([server.sign_in(f"Dr Adler {next(_raters)}", Role.RATER)])
    page = context.new_page()
    page.goto(server.address)
    expect(page.get_by_text("4 pairs of answers to compare")).to_be_visible()
    page.get_by_role("button", name="Start rating").click()
    expect(page.locator('[data-testid="stBottom"] [class*="-0-3"]')).to_be_visible()
    settle(page)
    return page


def scroll_to_the_end(page: Page) -> None:
    page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollTop = 1e6")
    page.wait_for_timeout(300)


def test_on_a_phone_no_key_is_named_and_both_answers_are_a_tap_apart(context_of: Profiles, desk: Server):
    page = opened(context_of, desk, phone=True)
    assert page.locator("kbd:visible").count() == 0
    tools = page.locator(".st-key-rate_tools button")
    assert all(tool.bounding_box()["x"] + tool.bounding_box()["width"] <= 390 for tool in tools.all())
    switch = page.get_by_role("group", name="Which response to read")
    b_head = page.locator('article[data-side="B"] .caption')
    assert not b_head.evaluate(IN_SIGHT)
    switch.get_by_role("button", name="B").tap()
    expect(switch.get_by_role("button", name="B")).to_have_attribute("aria-pressed", "true")
    assert b_head.evaluate(IN_SIGHT)
    switch.get_by_role("button", name="A").tap()
    expect(switch.get_by_role("button", name="A")).to_have_attribute("aria-pressed", "true")


def test_on_a_phone_the_end_of_the_texts_comes_out_from_under_the_bar_and_nothing_fades(
    context_of: Profiles, desk: Server
):
    page = opened(context_of, desk, phone=True)
    expect(page.locator(".below")).to_be_visible()
    page.locator(".st-key-rate_tool_skip button").tap()
    expect(page.get_by_text("I would rather not read this")).to_be_visible()
    settle(page)
    scroll_to_the_end(page)
    assert page.get_by_text(LAST).last.evaluate(IN_SIGHT)
    expect(page.locator(".below")).to_be_hidden()


def test_what_comes_and_goes_above_the_texts_changes_what_is_below(context_of: Profiles, desk: Server):
    page = opened(context_of, desk, phone=True)
    expect(page.locator(".below")).to_be_visible()
    page.evaluate("""() => {
      const above = document.createElement("div")
      above.id = "above"
      above.style.height = "2000px"
      document.querySelector('[data-testid="stMainBlockContainer"]').prepend(above)
      document.dispatchEvent(new Event("scroll"))
    }""")
    expect(page.locator(".below")).to_be_hidden()
    # What goes within the frame in which it came changes no size.
    page.evaluate("() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen)))")
    page.evaluate("document.getElementById('above').remove()")
    expect(page.locator(".below")).to_be_visible()


def test_where_one_answer_has_ended_only_the_other_fades(context_of: Profiles, desk: Server):
    page = opened(context_of, desk, phone=False)
    expect(page.locator("kbd").first).to_be_visible()
    expect(page.get_by_role("group", name="Which response to read")).to_be_hidden()
    page.set_viewport_size({"width": 1440, "height": 700})
    below = page.locator(".below")
    expect(page.locator(".more")).to_have_text("More below")
    for _ in range(20):
        page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollTop += 40")
        page.wait_for_timeout(100)
        if page.locator(".more").inner_text().startswith("More of"):
            break
    longer = page.locator(".more").inner_text().removeprefix("More of ")[0]
    card, fade = page.locator(f'article[data-side="{longer}"]').bounding_box(), below.bounding_box()
    assert abs(fade["x"] - card["x"]) < 12 and abs(fade["width"] - card["width"]) < 12
    scroll_to_the_end(page)
    expect(below).to_be_hidden()
