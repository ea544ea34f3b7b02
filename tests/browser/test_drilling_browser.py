"""From a figure to the response behind it in a real browser: it is marked, in view, and has the focus."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from core.domain.votes import Outcome
from core.services.leaderboards import tallies
from core.services.scoring.evaluators import DEFAULT_KINDS
from core.storage.engine import writing
from core.storage.tables import Assignment, Candidate, Evaluator, Remark, Score, Vote
from tests.browser.conftest import PHONE, Profiles, settle
from tests.browser.server import Server
from tests.evaluated import Evaluated
from tests.voted import Voted
from tests.workspace import NOW

pytestmark = pytest.mark.browser
CLEAN = {"Refusal": 1.0, "Complete": 1.0, "Right number": 1.0}
PROMPTS, MANY = 12, 60
LONG = "A long answer goes on and on, line after line, until nobody reads it any more. " * 40
WRONG = "the final number is 4.2, 3.96 was wanted"


@pytest.fixture(scope="module")
def drilled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A workspace of three candidates in two runs, and of sixty on the last prompt, for its admin."""
    folder = tmp_path_factory.mktemp("drilled")
    server = Server(f"sqlite:///{folder / 'evenhand.db'}", folder / "server.log", {"EVENHAND_DEMO": "0"})
    plant(server)
    yield server.start()
    server.stop()


def plant(server: Server) -> None:
    """Cheap gets every third number wrong, in both runs; on the last prompt sixty candidates answer at length."""
    with writing(server.engine) as session:
        made = Evaluated(session)
        for number in range(PROMPTS):
            made.prompt(f"p{number}", ("support", "coding")[number % 2])
        made.prompt("many", "support", messages=[{"role": "user", "content": LONG}])
        for name, kind in (("Refusal", "refusal"), ("Complete", "incomplete"), ("Right number", "number_match")):
            made.evaluator(name, kind)
        for kind in set(DEFAULT_KINDS) - {"refusal", "incomplete", "number_match"}:
            # What is there is left as it is: no score is awaited while the page is looked at.
            made.evaluator(kind, kind)
            session.get_one(Evaluator, made.evaluators[kind]).retired_at = NOW
        made.gate("Right number")
        for number in range(MANY):
            made.candidate(("Dear", "Cheap", "Useless")[number] if number < 3 else f"candidate {number}")
        session.get_one(Candidate, made.candidates["Dear"]).is_champion = True
        counted = {"planned": 36, "responses": 36, "attempts": 36, "started_at": NOW, "finished_at": NOW}
        said = Voted(made)
        for _ in range(2):
            run = made.run(candidate_ids=list(made.candidates.values())[:3], **counted)
            for number in range(PROMPTS):
                answers = [answer(made, run, name, number) for name in ("Dear", "Cheap", "Useless")]
                vote = said.vote("Dr. Ada", answers[1], answers[0], Outcome.RIGHT, time_on_pair_ms=42_000)
                given = session.get_one(Assignment, session.get_one(Vote, vote).assignment_id)
                session.add(
                    Remark(
                        assignment_id=given.id, rater_id=given.rater_id, kind="comment", note="A is wrong by far.",
                        created_at=NOW,
                    )
                )  # fmt: skip
        tallies.rebuild(session, said.study)
        last = made.run()
        for name in made.candidates:
            made.response(last, name, "many", LONG, scores=CLEAN)


def answer(made: Evaluated, run: int, name: str, number: int) -> int:
    known: dict[str, Any] = {"cost_usd": 0.01 if name == "Dear" else 0.001, "latency_ms": 900.0 + number}
    good = name == "Dear" or (name == "Cheap" and number % 3 > 0)
    made.attempts(run, name, f"p{number}", [known])
    text = f"{name} answers {number} in run {run}.\n\n{LONG}"
    response = made.response(run, name, f"p{number}", text, scores={**CLEAN, "Right number": float(good)}, **known)
    if not good:
        made.session.get_one(Score, (response, made.evaluators["Right number"])).reason = WRONG
    return response


def is_in_view(page: Page, card: Locator) -> bool:
    """Whether the card begins in the window, below the page's head, and stays there."""
    page.wait_for_timeout(1800)
    box, size = card.bounding_box(), page.viewport_size
    assert box is not None and size is not None
    return 40 <= box["y"] <= size["height"] / 3


def has_focus(card: Locator) -> bool:
    return bool(card.evaluate("card => card === document.activeElement"))


ON = pytest.mark.parametrize(
    "settings", [pytest.param({}, id="desk"), pytest.param(PHONE, id="phone", marks=pytest.mark.long)]
)


@ON
def test_from_a_figure_over_its_list_to_the_response_marked_in_view_and_in_focus(
    drilled: Server, context_of: Profiles, settings: dict[str, Any]
) -> None:
    page = context_of(**settings).new_page()
    page.goto(f"{drilled.address}/cost")
    settle(page)
    table = page.get_by_role("region", name="Every candidate with cost")
    expect(table.get_by_role("rowheader", name="Cheap")).to_be_visible()
    head = [each.inner_text() for each in table.get_by_role("columnheader").all()]
    table.get_by_role("row", name="Cheap").get_by_role("cell").nth(head.index("Right number") - 1).click()
    settle(page)
    expect(page.get_by_text("4 in all.")).to_be_visible()

    behind = page.get_by_role("region", name="The responses behind the chosen figure")
    behind.get_by_role("link", name="p3").click()
    settle(page)
    expect(page).to_have_url(re.compile(r"/responses\?.*response=\d+"))
    card = page.locator(".st-key-responses_chosen")
    expect(card).to_have_count(1)
    assert is_in_view(page, card)
    assert has_focus(card)
    expect(card.get_by_text("chosen").first).to_be_visible()
    expect(card.get_by_text("not automatically acceptable")).to_be_visible()
    expect(card.get_by_text("Lacks the right number")).to_be_visible()
    expect(card.get_by_text(WRONG).first).to_be_visible()
    expect(card.get_by_text("Cheap answers 3 in run 2.")).to_be_visible()
    expect(card.get_by_text("A is wrong by far.")).to_be_attached()
    expect(card.get_by_text("names A, this response")).to_be_attached()
    expect(card.get_by_role("region", name="The votes on this response").get_by_text("the other")).to_be_attached()


def test_from_a_number_of_the_leaderboard_to_a_pair_and_its_response_and_back_again(
    drilled: Server, context_of: Profiles
) -> None:
    page = context_of().new_page()
    page.goto(f"{drilled.address}/leaderboard?leaderboard_study=1")
    settle(page)
    table = page.get_by_role("region", name="Every candidate with")
    expect(table.get_by_role("rowheader", name="Cheap")).to_be_visible()
    head = [each.inner_text() for each in table.get_by_role("columnheader").all()]
    table.get_by_role("row", name="Cheap").get_by_role("cell").nth(head.index("Losses") - 1).click()
    settle(page)
    expect(page.get_by_text(f"{2 * PROMPTS} votes on {2 * PROMPTS} pairs of responses.")).to_be_visible()
    assert "leaderboard_votes=lost" in page.url
    pairs = page.get_by_role("region", name="The pairs of responses")
    pairs.get_by_role("link", name="p5").first.click()
    settle(page)
    card = page.locator(".st-key-responses_chosen")
    expect(card.get_by_text("Cheap", exact=True).first).to_be_visible()
    assert is_in_view(page, card)

    card.get_by_role("link", name="B: Dear").click()
    settle(page)
    expect(card.get_by_text("Dear", exact=True).first).to_be_visible()
    expect(card).to_have_count(1)
    assert is_in_view(page, card)
    assert has_focus(card)

    page.go_back()
    settle(page)
    expect(card.get_by_text("Cheap", exact=True).first).to_be_visible()
    page.go_back()
    settle(page)
    assert "/leaderboard" in page.url and "leaderboard_votes=lost" in page.url


@ON
def test_one_of_sixty_with_long_texts_comes_into_view_and_a_gesture_is_not_fought(
    drilled: Server, context_of: Profiles, settings: dict[str, Any]
) -> None:
    page = context_of(**settings).new_page()
    page.goto(f"{drilled.address}/responses?response={2 * 3 * PROMPTS + 47}")
    settle(page)
    card = page.locator(".st-key-responses_chosen")
    expect(card.get_by_text("candidate 46", exact=True)).to_be_visible()
    assert is_in_view(page, card)
    assert has_focus(card)
    page.keyboard.press("Home")
    page.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    page.wait_for_timeout(1000)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
