"""While anything is open no key of the page acts: a rater types whole paragraphs, and they are kept whole."""

import re
from datetime import UTC, datetime
from random import Random

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import col, select

from core.domain.people import Role
from core.domain.votes import Outcome
from core.services.people import people
from core.services.studies import voting
from core.storage.engine import reading, write
from core.storage.tables import Assignment, Person, Question, Remark, Study
from tests.browser.conftest import settle
from tests.browser.server import Server
from tests.browser.test_rating_browser import asked, in_hand, rater, states, studio, votes
from tests.pairs import pair_in_hand
from tests.workspace import later

__all__ = ["rater", "studio"]

pytestmark = pytest.mark.browser
PARAGRAPH = "as 1 of the 2 says, zebras sniff frozen greens, 3 notes to flag, undo and skip 4 times; ZSFNGT."


BY = pytest.mark.parametrize(
    "saving",
    [
        pytest.param(["Control+Enter"], id="by a shortcut"),
        pytest.param(["Tab", "Enter"], id="by the button", marks=pytest.mark.long),
    ],
)


def begin(page: Page, server: Server, rater: str) -> str:
    """A rater with one pair behind them and an answer on the second; its opaque id."""
    page.context.add_cookies([server.sign_in(rater, Role.RATER)])
    with reading(server.engine) as session:
        rater_id = session.exec(select(Person.id).where(Person.name == rater)).one()
        study_id = session.exec(select(Study.id)).one()
        questions = list(session.exec(select(Question.id).order_by(col(Question.position))))
    for outcomes in ((0, 1, 2), (1,)):
        now = datetime.now(UTC)
        pair = pair_in_hand(server.engine, study_id=study_id or 0, rater_id=rater_id or 0, now=now, rng=Random(0))
        for question, outcome in zip(questions, outcomes, strict=False):
            told = {"public_id": pair.public_id, "rater_id": rater_id, "question_id": question}
            voting.cast(server.engine, **told, outcome=Outcome(outcome), now=now)
    page.goto(server.address)
    asked(page, "Safety")
    settle(page)
    return in_hand(page)


def remarks(server: Server, rater: str) -> list[tuple[str, str]]:
    found = select(Remark.kind, Remark.note).join(Person).where(Person.name == rater).order_by(col(Remark.id))
    with reading(server.engine) as session:
        return list(session.exec(found).all())


def assert_nothing_happened(server: Server, rater: str, page: Page, pair: str) -> None:
    """The answers are those given before, and the same pair waits for the same question."""
    asked(page, "Safety")
    assert in_hand(page) == pair
    assert [vote.outcome for vote in votes(server, rater)] == [0, 1, 2, 1]
    assert states(server, rater) == ["done", "leased"]


@pytest.mark.regression("1.1")
@pytest.mark.parametrize(("key", "kind"), [pytest.param("n", "comment", marks=pytest.mark.long), ("f", "flag")])
def test_a_paragraph_typed_into_a_dialog_is_saved_whole_and_does_nothing_else(
    studio: Server, rater: str, page: Page, key: str, kind: str
):
    pair = begin(page, studio, rater)
    page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_be_visible()
    settle(page)
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    page.keyboard.type(PARAGRAPH, delay=5)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    settle(page)
    assert remarks(studio, rater) == [(kind, PARAGRAPH)]
    assert_nothing_happened(studio, rater, page, pair)


@pytest.mark.regression("1.1")
@BY
def test_what_is_typed_and_saved_before_the_box_is_there_goes_into_it(
    studio: Server, rater: str, page: Page, saving: list[str]
):
    pair = begin(page, studio, rater)
    page.keyboard.press("n")
    page.keyboard.type("1 of 2")
    for key in saving:
        page.keyboard.press(key)
    expect(page.get_by_text("Saved with this pair.")).to_be_visible()
    settle(page)
    assert remarks(studio, rater) == [("comment", "1 of 2")]
    assert_nothing_happened(studio, rater, page, pair)


@BY
def test_what_is_typed_and_saved_before_the_box_takes_anything_is_saved_whole(
    studio: Server, rater: str, page: Page, saving: list[str]
):
    pair = begin(page, studio, rater)
    page.keyboard.press("n")
    page.get_by_role("dialog").get_by_role("textbox").wait_for()
    page.keyboard.type("as 1 of 2")
    page.keyboard.press("Enter")
    page.keyboard.type("zebras")
    for key in saving:
        page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_have_count(0)
    settle(page)
    assert remarks(studio, rater) == [("comment", "as 1 of 2\nzebras")]
    assert_nothing_happened(studio, rater, page, pair)


@pytest.mark.regression("1.1")
def test_with_the_guidelines_open_no_key_of_the_page_acts_and_esc_leaves(studio: Server, rater: str, page: Page):
    pair = begin(page, studio, rater)
    page.keyboard.press("g")
    expect(page.get_by_role("dialog")).to_be_visible()
    settle(page)
    page.keyboard.type(PARAGRAPH, delay=5)
    settle(page)
    expect(page.get_by_role("dialog").get_by_text("Judge as if you had to sign it.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    settle(page)
    assert_nothing_happened(studio, rater, page, pair)
    page.keyboard.press("1")
    asked(page, "Send")


@pytest.mark.regression("1.1")
def test_a_reason_of_ones_own_for_a_skip_is_a_paragraph_too_and_esc_leaves(studio: Server, rater: str, page: Page):
    pair = begin(page, studio, rater)
    page.keyboard.press("s")
    expect(page.get_by_text("I would rather not read this")).to_be_visible()
    settle(page)
    page.keyboard.type(PARAGRAPH, delay=5)
    settle(page)
    page.keyboard.press("Escape")
    expect(page.get_by_text("I would rather not read this")).to_have_count(0)
    settle(page)
    assert_nothing_happened(studio, rater, page, pair)
    page.keyboard.press("s")
    expect(page.get_by_text("I would rather not read this")).to_be_visible()
    settle(page)
    page.keyboard.type("1 of them reads like law, and I am no lawyer", delay=5)
    page.keyboard.press("Enter")
    asked(page, "Tone")
    with reading(studio.engine) as session:
        of_rater = select(Assignment).join(Person).where(Person.name == rater)
        skipped = session.exec(of_rater.where(Assignment.state == "skipped")).one()
    assert (skipped.public_id, skipped.skip_reason) == (pair, "1 of them reads like law, and I am no lawyer")


def test_a_note_left_with_esc_is_there_again_when_it_is_opened_again(studio: Server, rater: str, page: Page):
    begin(page, studio, rater)
    box = page.get_by_role("dialog").get_by_role("textbox")
    page.keyboard.press("n")
    expect(box).to_be_visible()
    settle(page)
    page.keyboard.type("half a thought")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    settle(page)
    page.keyboard.press("n")
    expect(box).to_have_value("half a thought")
    assert remarks(studio, rater) == []


@pytest.mark.long
@pytest.mark.regression("2.1")
def test_the_open_page_of_a_revoked_rater_stops_at_the_next_key(studio: Server, rater: str, page: Page):
    begin(page, studio, rater)
    before = len(votes(studio, rater))
    with reading(studio.engine) as session:
        rater_id = session.exec(select(Person.id).where(Person.name == rater)).one()
    write(studio.engine, lambda session: people.revoke(session, rater_id, now=later(0)))
    page.keyboard.press("1")
    expect(page.get_by_text("You are not signed in")).to_be_visible()
    expect(page.get_by_text(re.compile("^Pair 2 of"))).to_have_count(0)
    assert len(votes(studio, rater)) == before


@pytest.mark.long
def test_my_votes_has_one_card_a_pair_with_its_answers_skips_flags_and_notes(studio: Server, rater: str, page: Page):
    begin(page, studio, rater)
    page.keyboard.press("n")
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_be_visible()
    settle(page)
    page.keyboard.type("Cites a *law* that is gone")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    settle(page)
    page.keyboard.press("s")
    expect(page.get_by_text("I would rather not read this")).to_be_visible()
    settle(page)
    page.keyboard.press("3")
    asked(page, "Tone")
    page.goto(f"{studio.address}/my_votes")
    settle(page)
    expect(page.get_by_role("radiogroup")).to_have_count(3)
    expect(page.get_by_text(re.compile(r"Skipped:\W+The two are the same$"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"Note:\W+Cites a \*law\* that is gone$"))).to_be_visible()
    expect(page.get_by_text("The pair", exact=True)).to_have_count(2)
