"""A rater at work in a real browser, by keyboard alone; each test is another rater of the same study."""

import re
from collections.abc import Callable
from itertools import count

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlmodel import col, select

from core.domain.people import Role
from core.domain.votes import Outcome
from core.storage.engine import reading
from core.storage.tables import Assignment, Person, Remark, Vote
from tests.browser.conftest import settle
from tests.browser.server import Server
from tests.long import times
from tests.workspace import make_workspace

pytestmark = pytest.mark.browser
QUESTIONS = ("Tone", "Safety", "Send")
PAIRS = times(3, 20)


_raters = count(1)


@pytest.fixture(scope="module")
def studio(make_lasting_server: Callable[..., Server]) -> Server:
    """A server in link mode whose study has guidelines and plenty of pairs."""
    server = make_lasting_server(EVENHAND_AUTH="link")
    make_workspace(server.engine, prompts=12, candidates=4, guidelines="Judge as if you had to sign it.")
    return server.start()


@pytest.fixture
def rater() -> str:
    """The name of somebody who has not been here before."""
    return f"Dr Adler {next(_raters)}"


def join(page: Page, server: Server, rater: str) -> None:
    """Come in by a join link and begin, with the keyboard."""
    page.goto(server.invite(rater, Role.RATER))
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.tagName") != "BUTTON":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Judge as if you had to sign it.")).to_be_visible()
    expect(page.get_by_role("button", name="Start rating")).to_be_visible()
    settle(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"^Pair 1 of"))).to_be_visible()
    settle(page)


def asked(page: Page, title: str) -> None:
    """Wait until the question called ``title`` is the open one, with all its answers."""
    bar = page.get_by_test_id("stBottom")
    expect(bar.locator("strong", has_text=re.compile(f"^{title}$"))).to_be_visible()
    expect(bar.locator(f'[class*="-{QUESTIONS.index(title)}-3"]')).to_be_visible()
    # A browser binds a new button's key a moment after it paints the button.
    page.wait_for_timeout(150)


def rate(page: Page, number: int, keys: str = "123") -> None:
    """Answer the three questions of pair ``number`` and see the next one."""
    for title, key in zip(QUESTIONS, keys, strict=True):
        asked(page, title)
        page.keyboard.press(key)
    expect(page.get_by_text(re.compile(rf"^Pair {number + 1} of"))).to_be_visible()
    asked(page, "Tone")


def votes(server: Server, rater: str) -> list[Vote]:
    """The answers of one rater, the first one first."""
    with reading(server.engine) as session:
        return list(session.exec(select(Vote).join(Person).where(Person.name == rater).order_by(col(Vote.id))))


def states(server: Server, rater: str) -> list[str]:
    """What came of the pairs that one rater was given."""
    with reading(server.engine) as session:
        return sorted(session.exec(select(Assignment.state).join(Person).where(Person.name == rater)))


def in_hand(page: Page) -> str:
    """The opaque id of the pair that the page shows, from the keys of its answers."""
    classes = page.locator('[data-testid="stBottom"] [class*="st-key-"]').evaluate_all(
        "found => found.map(e => e.className)"
    )
    return next(found.group(1) for name in classes if (found := re.search(r"st-key-(?:rate-)?(\S+)-\d-3", name)))


def test_many_pairs_by_keyboard_with_undo_skip_flag_and_a_reload(studio: Server, rater: str, page: Page):
    join(page, studio, rater)
    for number in range(1, PAIRS + 1):
        rate(page, number, "1234"[number % 2 : number % 2 + 3])
    assert len(votes(studio, rater)) == 3 * PAIRS

    page.keyboard.press("z")
    asked(page, "Send")
    expect(page.get_by_text(re.compile(rf"^Pair {PAIRS} of"))).to_be_visible()
    page.keyboard.press("4")
    asked(page, "Tone")
    assert votes(studio, rater)[-1].outcome == Outcome.BOTH_BAD

    before = in_hand(page)
    page.keyboard.press("1")
    asked(page, "Safety")
    page.reload()
    asked(page, "Safety")
    settle(page)
    assert in_hand(page) == before
    page.keyboard.press("s")
    expect(page.get_by_text("I would rather not read this")).to_be_visible()
    settle(page)
    page.keyboard.press("1")
    asked(page, "Tone")
    assert in_hand(page) != before
    assert [vote.outcome for vote in votes(studio, rater)][-2:] == [Outcome.LEFT, None]

    page.keyboard.press("f")
    expect(page.get_by_text("brings this pair to the team's attention")).to_be_visible()
    answered = len(votes(studio, rater))
    page.keyboard.type("1 of 2 is dangerous advice")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Flagged. The team will see it.")).to_be_visible()
    assert len(votes(studio, rater)) == answered
    with reading(studio.engine) as session:
        assert session.exec(select(Remark.note)).one() == "1 of 2 is dangerous advice"
    assert states(studio, rater) == [*["done"] * PAIRS, "leased", "skipped"]


def test_a_doubled_key_press_and_a_second_tab_never_vote_on_an_unseen_pair(
    studio: Server, rater: str, page: Page, context: BrowserContext
):
    join(page, studio, rater)
    other = context.new_page()
    other.goto(studio.address)
    asked(other, "Tone")
    assert in_hand(other) == in_hand(page)
    seen = in_hand(page)
    for title in QUESTIONS:
        asked(page, title)
        for _ in range(3):
            page.keyboard.press("1")
    settle(page)
    asked(page, "Tone")
    asked(other, "Tone")
    other.keyboard.press("2")
    settle(other)
    assert in_hand(other) == in_hand(page) != seen
    with reading(studio.engine) as session:
        ids = [vote.assignment_id for vote in votes(studio, rater)]
        voted_on = session.exec(select(Assignment.public_id).where(col(Assignment.id).in_(ids))).all()
    assert set(voted_on) == {seen}
    assert [vote.outcome for vote in votes(studio, rater)] == [Outcome.LEFT] * 3


def test_a_key_pressed_again_just_as_the_next_pair_appears_does_not_count(studio: Server, rater: str, page: Page):
    join(page, studio, rater)
    answers = list(zip(QUESTIONS, "121", strict=True))
    for counted in range(3, 33, 3):  # on a busy machine a key may take longer than half a second to arrive
        for title, key in answers:
            asked(page, title)
            page.keyboard.press(key)
        page.get_by_test_id("stBottom").locator('[class*="-0-3"]').wait_for()
        page.keyboard.press("1")
        settle(page)
        if len(votes(studio, rater)) == counted:
            break
        answers = answers[-2:]
    else:
        pytest.fail("ten times the key was counted")
    asked(page, "Tone")
    page.wait_for_timeout(500)
    page.keyboard.press("1")
    asked(page, "Safety")
    assert len(votes(studio, rater)) == counted + 1


def test_my_votes_can_be_changed(studio: Server, rater: str, page: Page):
    join(page, studio, rater)
    rate(page, 1, "111")
    page.goto(f"{studio.address}/my_votes")
    settle(page)
    expect(page.get_by_text("You rated 1 pair with 3 answers.")).to_be_visible()
    page.get_by_role("radiogroup").get_by_text("Neither").click()
    expect(page.get_by_text("Changed.")).to_be_visible()
    assert votes(studio, rater)[-1].outcome == Outcome.BOTH_BAD
    assert votes(studio, rater)[-1].supersedes_id == votes(studio, rater)[2].id


def test_a_rater_who_has_rated_everything_is_thanked(make_server: Callable[..., Server], page: Page):
    server = make_server(EVENHAND_AUTH="link")
    make_workspace(server.engine, prompts=1, candidates=2)
    server.start()
    page.goto(server.invite("Dr Adler", Role.RATER))
    page.get_by_role("button").click()
    asked(page, "Tone")
    settle(page)
    for title in QUESTIONS:
        asked(page, title)
        page.keyboard.press("3")
    expect(page.get_by_text("Thank you")).to_be_visible()
    expect(page.get_by_text("You rated 1 pair in this study.")).to_be_visible()
