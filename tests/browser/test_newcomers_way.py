"""A newcomer's way in each role, from an empty workspace to a board: admin, invited rater, invited analyst.

Each stretch of it has tests of its own in the usual run.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import col, select

from core.domain.people import Role
from core.storage.engine import reading
from core.storage.tables import (
    Assignment,
    Candidate,
    Dataset,
    Evaluator,
    Gate,
    Prompt,
    Remark,
    Response,
    Run,
    Study,
    Vote,
)
from tests.browser.conftest import PHONE, Profiles, forget, settle
from tests.browser.server import Server
from tests.echo import EchoServer

pytestmark = [pytest.mark.browser, pytest.mark.long]
LONG_S = 60_000
PAIRS = 15
ANSWERING = ("Kind", "Brief", "Long")
ASKED = 8


class Desk:
    """A person's tab, worked as they would: by what is written on the page."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page, self.server = page, server
        page.set_default_timeout(LONG_S)

    def open(self, address: str) -> None:
        """Go to a page of the app by its address."""
        self.page.goto(f"{self.server.address}/{address}")
        settle(self.page)

    def press(self, name: str | re.Pattern[str]) -> None:
        """Press the first button of that name."""
        self.page.get_by_role("button", name=name).first.click()
        settle(self.page)

    def fill(self, key: str, text: str, kind: str = "input") -> None:
        """Type into a field and leave it."""
        field = self.page.locator(f".st-key-{key} {kind}").first
        field.fill(text)
        field.press("Tab")
        settle(self.page)

    def pick(self, key: str, option: str) -> None:
        """Choose in a drop-down."""
        self.page.locator(f".st-key-{key}").get_by_role("combobox").click()
        self.page.keyboard.type(option)
        self.page.get_by_role("option", name=option).first.click()
        settle(self.page)

    def sees(self, words: str | re.Pattern[str]) -> None:
        """Wait until the page says so."""
        expect(self.page.get_by_text(words).first).to_be_visible(timeout=LONG_S)


def test_from_an_empty_workspace_to_votes_and_a_board(
    make_server: Callable[..., Server], context_of: Profiles, echo: EchoServer, tmp_path: Path
) -> None:
    server = make_server(EVENHAND_AUTH="link").start()
    desk = context_of()
    admin = Desk(desk.new_page(), server)
    _joins(admin, server.invite("Ada", Role.ADMIN))
    _imports(admin, tmp_path)
    _defines_candidates(admin, echo)
    _sets_a_gate(admin)
    _runs(admin)
    _opens_a_study(admin)
    rater = Desk(context_of(**PHONE).new_page(), server)
    _joins(rater, _invites(admin, "Dr Adler", study="Parcels, June"))
    _rates(rater)
    forget(desk)
    analyst = Desk(desk.new_page(), server)
    _joins(analyst, server.invite("Ann", Role.ANALYST))
    analyst.open("leaderboard?leaderboard_study=Parcels, June")
    analyst.sees(re.compile(r"\d+ votes by 1 rater"))


def _joins(desk: Desk, link: str) -> None:
    desk.page.goto(link)
    desk.page.get_by_role("button", name=re.compile("^Join")).click()
    settle(desk.page)


def _imports(desk: Desk, folder: Path) -> None:
    """A table with odd headings, and a log whose records hold messages and no answers."""
    table, log = folder / "tickets.csv", folder / "parcels.jsonl"
    rows = [f'T-{n},"My kettle {n} does not boil.",{("support", "billing")[n % 2]}' for n in range(6)]
    table.write_text("\n".join(["Ticket No.,Kundenfrage,Bereich", *rows]))
    asked = [{"messages": [{"role": "user", "content": f"Where is parcel {n}?"}]} for n in range(ASKED)]
    log.write_text("\n".join(map(json.dumps, asked)))
    desk.open("datasets?datasets_show=Import")
    desk.page.locator("input[type=file]").set_input_files(table)
    desk.sees("Say which is which.")
    settle(desk.page)
    desk.pick(_field(desk, "prompts_id"), "Ticket No.")
    desk.pick(_field(desk, "prompts_category"), "Bereich")
    desk.press("Import the prompts")
    desk.sees("6 prompts came in, all of them new.")
    desk.page.locator("input[type=file]").set_input_files(log)
    desk.sees("reads as a log of chat completions, as prompts")
    settle(desk.page)
    desk.press("Import the prompts")
    desk.sees(f"{ASKED} prompts came in, all of them new.")
    with reading(desk.server.engine) as session:
        tickets = session.exec(select(Prompt).join(Dataset).where(Dataset.name == "tickets")).all()
    assert {prompt.category for prompt in tickets} == {"support", "billing"}
    assert {prompt.external_id for prompt in tickets} == {f"T-{n}" for n in range(6)}


def _field(desk: Desk, end: str) -> str:
    """The key of a field of the mapping, which holds the file's own id."""
    classes = desk.page.locator(f'[class*="_{end}"]').first.get_attribute("class") or ""
    return next(name for name in classes.split() if name.endswith(f"_{end}")).removeprefix("st-key-")


def _defines_candidates(desk: Desk, echo: EchoServer) -> None:
    """Some that answer and one that asks where nobody listens; it is tried before it is trusted."""
    desk.press("Define candidates")
    for name, address in (*((name, echo.address) for name in ANSWERING), ("Lost", NOBODY)):
        desk.open("candidates?edit=new")
        desk.pick("candidates_new_provider", "Other (OpenAI-compatible)")
        desk.fill("candidates_new_name", name)
        desk.fill("candidates_new_model", "echo-text")
        desk.fill("candidates_new_base_url", f"{address}/v1/chat/completions")
        desk.fill("candidates_new_system", f"Be {name.lower()}.", "textarea")
        desk.fill("candidates_new_input_usd_per_mtok", "1")
        desk.fill("candidates_new_output_usd_per_mtok", "2")
        desk.press("Add it")
        desk.sees(f"'{name}' is added.")
    desk.press("Ask it")
    desk.sees(re.compile("could not be reached|did not answer|no connection", re.IGNORECASE))
    with reading(desk.server.engine) as session:
        known = {each.name: each.settings["base_url"] for each in session.exec(select(Candidate))}
    assert known == dict.fromkeys(ANSWERING, f"{echo.address}/v1") | {"Lost": f"{NOBODY}/v1"}


NOBODY = "http://127.0.0.1:9"


def _sets_a_gate(desk: Desk) -> None:
    desk.open("datasets?datasets_show=Gates")
    desk.pick("datasets_gate_evaluator", "Word limit")
    desk.fill("datasets_gate_most_words", "400")
    desk.press("Add it")
    with reading(desk.server.engine) as session:
        kept = session.exec(select(Evaluator.params).join(Gate).where(Evaluator.kind == "word_limit")).all()
    assert {"max_words": 400} in [{"max_words": params.get("max_words")} for params in kept]


def _runs(desk: Desk) -> None:
    desk.press("Re-evaluate")
    desk.pick("re_evaluate_dataset", "parcels")
    desk.press(re.compile(rf"^Run {ASKED * (len(ANSWERING) + 1)} calls"))
    desk.sees(f"Try the {ASKED} given up again")
    with reading(desk.server.engine) as session:
        run = session.exec(select(Run).where(Run.source == "evaluation")).one()
        assert (run.state, run.responses, run.failed) == ("done", ASKED * len(ANSWERING), ASKED)
        assert len(session.exec(select(Response)).all()) == ASKED * len(ANSWERING)


def _opens_a_study(desk: Desk) -> None:
    desk.open("studies")
    desk.press("New study")
    desk.fill("studies_new_name", "Parcels, June")
    desk.press("Make the draft")
    desk.sees("A draft: no rater sees it.")
    desk.press("Open")
    desk.page.get_by_role("dialog").get_by_role("button", name="Open", exact=True).click()
    settle(desk.page)
    with reading(desk.server.engine) as session:
        assert session.exec(select(Study.state).where(Study.name == "Parcels, June")).one() == "open"


def _invites(desk: Desk, name: str, *, study: str) -> str:
    desk.open("people")
    desk.press("Invite people")
    desk.page.locator(".st-key-people_invite_name input").fill(name)
    desk.pick("people_invite_study_one", study)
    desk.press("Make link")
    desk.sees(f"Send this link to {name}.")
    return desk.page.locator("code").first.inner_text().strip()


def _rates(desk: Desk) -> None:
    """Pairs on a phone, by touch: with an answer taken back, a pair skipped, one flagged, one noted."""
    page, bar = desk.page, desk.page.get_by_test_id("stBottom")
    begin = page.get_by_role("button", name="Start rating")
    if begin.is_visible():
        begin.click()
        settle(page)
    for number in range(1, PAIRS + 1):
        desk.sees(re.compile(rf"^Pair {number} of"))
        if number == 2:
            desk.press("Skip")
            desk.press("I do not know the subject")
        if number in (3, 4):
            desk.press("Flag" if number == 3 else "Note")
            box = page.get_by_role("dialog").get_by_role("textbox")
            box.fill(f"As 1 of 2, said of pair {number}.")
            box.press("Control+Enter")
            expect(page.get_by_role("dialog")).to_be_hidden()
            settle(page)
        for question in range(3):
            bar.locator(f'[class*="-{question}-"] button').nth(number % 4).click()
            settle(page)
        if number == PAIRS - 1:
            desk.press("Undo")
            bar.locator('[class*="-2-"] button').first.click()
            settle(page)
    desk.sees(re.compile(rf"^Pair {PAIRS + 1} of"))
    with reading(desk.server.engine) as session:
        states = session.exec(select(Assignment.state)).all()
        notes = session.exec(select(Remark.note).order_by(col(Remark.id))).all()
        votes = session.exec(select(Vote.outcome)).all()
        named = session.exec(select(Study.name).join(Assignment).distinct()).all()
    assert (states.count("done"), states.count("skipped"), states.count("leased")) == (PAIRS, 1, 1)
    assert notes == ["As 1 of 2, said of pair 3.", "As 1 of 2, said of pair 4."]
    assert (len(votes), votes.count(None)) == (PAIRS * 3 + 2, 1)
    assert named == ["Parcels, June"]
