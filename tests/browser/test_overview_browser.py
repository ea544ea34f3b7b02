"""Overview in a real browser: every number on it leads to its proof, and is what `decide` and `report` print."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlmodel import select

from core.services.deciding import settings
from core.services.demo.opening import prepare_workspace
from core.storage.engine import reading, write
from core.storage.tables import OverviewVisit
from core.ui.overview.closer import CATEGORIES, CHARTS, FAILURES
from tests.browser.conftest import PHONE, Profiles, settle
from tests.browser.scenes import only_planted
from tests.browser.server import Server
from tests.command_line import evenhand
from tests.decided import Planted, plant, vote
from tests.workspace import NOW

pytestmark = pytest.mark.browser
ANSWERS = {"support": 10_000.0, "coding": 5_000.0}
LIMIT_MS = 2_000.0
HEADINGS = {"cost": "Cost & quality", "decisions": "Decisions", "responses": "Responses", "raters": "Raters"}


@dataclass(frozen=True)
class Told:
    """A server, and what the command line prints of its workspace."""

    server: Server
    decide: dict[str, Any]
    report: dict[str, Any]

    def line(self, candidate: str, category: str | None) -> dict[str, Any]:
        """A candidate's figures in a category, of the report."""
        return next(
            one for one in self.report["candidates"] if (one["candidate"], one["category"]) == (candidate, category)
        )

    def usd(self, candidate: str) -> float:
        """What a month's answers cost with the candidate."""
        lines = {category: self.line(candidate, category) for category in ANSWERS}
        return sum(number * lines[of]["cost_usd"] / lines[of]["responses"] for of, number in ANSWERS.items())


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """B does as well as A for less than half; C is cheap and bad, and slow."""
    folder = tmp_path_factory.mktemp("overview")
    database = f"sqlite:///{folder / 'evenhand.db'}"
    server = Server(database, folder / "server.log", {"EVENHAND_DEMO": "0"})
    prepare_workspace(server.engine, demo=False, now=NOW)
    only_planted(server.engine)
    made = plant(
        server.engine,
        {"A": Planted(0.8, 0.02), "B": Planted(0.83, 0.008), "C": Planted(0.3, 0.001, 4_000.0)},
        prompts=900,
    )
    vote(server.engine, made, ("A", "B"), {"send": (0.8, 0.85)}, raters=7, prompts=300)
    limits = {"": LIMIT_MS}
    write(server.engine, lambda s: settings.save(s, {}, latency_limit_ms=limits, answers_a_month=ANSWERS))
    env = {"EVENHAND_DATABASE_URL": database}
    decide, report = (json.loads(evenhand(name, "--json", env=env).stdout) for name in ("decide", "report"))
    yield Told(server.start(), decide, report)
    server.stop()


def opened(told: Told, page: Page, tab: str = "") -> Locator:
    """The page with one of its tabs open, of itself the first."""
    page.goto(f"{told.server.address}/overview{f'?overview_show={quote(tab)}' if tab else ''}")
    settle(page)
    main = page.get_by_test_id("stMain")
    expect(main.get_by_role("heading", name="Decisions taken")).to_be_visible()
    return main


def links(main: Locator) -> dict[str, str]:
    """The links of the page, all at one moment: what each says → where it leads; of two that say the same both."""
    found = main.evaluate(
        """main => [...main.querySelectorAll('[data-testid="stPageLink-NavLink"]')]
            .filter(link => link.checkVisibility()).map(link => [link.innerText, link.getAttribute("href")])"""
    )
    said: dict[str, str] = {}
    for words, href in found:
        told = plain(words.replace("\u2060", "").replace("›", ""))
        said[told if told not in said else f"{told} ({href})"] = href
    return said


def plain(text: str) -> str:
    """With one usual space wherever there is any."""
    return " ".join(text.split())


def points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")


def test_every_verdict_says_what_decide_prints(told: Told, page: Page) -> None:
    main = opened(told, page)
    said = links(main)
    whole, *categories = told.decide["verdicts"]
    head, _, reason = plain(whole["sentence"]).partition(": ")
    expect(main.get_by_role("heading", name=head)).to_be_visible()
    shown = next(each for each in said if each.lower().startswith(reason.lower()))
    assert rests(whole).lower() in shown.lower()
    for verdict in categories:
        shown = next(each for each in said if f"decisions_scope={verdict['category']}" in said[each])
        quality, cost = verdict["comparisons"][0]["quality"], verdict["comparisons"][0]["cost"]
        head, _, reason = plain(verdict["sentence"]).partition(": ")
        assert rests(verdict).lower().removeprefix("automatic, as ") in shown.lower()
        if verdict["decision"] != "not enough evidence":
            assert head in shown and reason.lower() in shown.lower()
            continue
        assert f"{points(quality['estimate'])} points" in shown
        assert f"{points(max(quality['lower'], -1))} to {points(min(quality['upper'], 1))}" in shown
        assert f"cost {-100 * cost['estimate']:+.0f} %".replace("-", "−") in shown


def rests(verdict: dict[str, Any]) -> str:
    found, one = verdict["rests_on"], verdict["comparisons"][0]
    votes = f"{found['votes']:,} send votes by {found['raters']:,} raters"
    if one["quality"]["source"] == "automatic" and one["because"] != "safety votes prove it worse":
        why = "are too few" if one["human"] is None else "prove neither that it is worse nor that it is not"
        votes = f"automatic, as {votes} {why}"
    return f"{votes} · {found['responses']:,} responses of both"


def test_costs_failures_and_latency_are_those_of_report(told: Told, page: Page) -> None:
    main = opened(told, page)
    said = links(main)
    assert "switch" in {verdict["decision"] for verdict in told.decide["verdicts"]}
    before, after = told.usd("A"), told.usd("B")
    failures, charts = (links(opened(told, page, tab)) for tab in (FAILURES, CHARTS))
    assert {f"${before:,.2f}", f"${after:,.2f}", f"−${before - after:,.2f}"} <= set(said)
    champion = told.line("A", None)
    rated, sent = (champion["humanly_acceptable"][name] for name in ("rated", "sent"))
    failed = round(champion["responses"] * (1 - champion["acceptable"]["value"]))
    assert any(
        each.startswith(f"Experts would not send {rated - sent:,} of {rated:,} rated responses") for each in failures
    )
    assert any(
        each.startswith(f"Fails “checked” {failed:,} of {champion['responses']:,} responses") for each in failures
    )
    slow = told.line("C", None)["latency_ms"]["p95"]
    assert f"Over the limit of 2.00 s at p95: C {slow / 1000:.2f} s" in charts


@pytest.mark.long
def test_every_number_leads_to_its_proof_in_the_same_scope(told: Told, page: Page) -> None:
    for tab in (CATEGORIES, FAILURES, CHARTS):
        for said, href in links(opened(told, page, tab)).items():
            follow(opened(told, page, tab), said, href)


def test_figures_lead_to_their_proof_in_the_same_scope(told: Told, page: Page) -> None:
    for begins, tab in (("$", CATEGORIES), ("Fails", FAILURES)):
        main = opened(told, page, tab)
        found = links(main)
        said = next(each for each in found if each.startswith(begins))
        follow(main, said, found[said])


def follow(main: Locator, said: str, asked: str) -> None:
    """Press the link, and see what it leads to in view and marked, in the scope that its address says."""
    page = main.page
    main.locator(f'a[href="{asked}"]').filter(visible=True).first.click()
    expect(main.get_by_role("heading", name=HEADINGS[asked.partition("?")[0]], exact=True)).to_be_visible()
    settle(page)
    expect(main.get_by_text("which is not here any more")).to_have_count(0)
    expect(main.get_by_text("Incident")).to_have_count(0)
    place = re.search(r"\bat=(\w+)", asked)
    if place is not None:
        expect(page.locator(f".st-key-{place[1]}")).to_be_in_viewport()
        expect(page.locator(f".st-key-{place[1]}")).to_have_css("border-inline-start-width", "4px")
        expect(page.locator(f".st-key-{place[1]}")).to_be_focused()
    if "cost_at_month" in asked and said.startswith("$"):
        expect(main.get_by_role("cell", name=said, exact=True).first).to_be_visible()
    if "cost_behind" in asked:
        number = re.search(r"([\d,]+) of", said)
        assert number is not None
        expect(main.get_by_text(f"{number[1]} in all.")).to_be_visible()
    category = re.search(r"decisions_scope=(\w+)", asked)
    if category is not None and category[1] in ANSWERS:
        expect(main.get_by_text(f"{category[1]}", exact=True).first).to_be_visible()
    prompt = re.search(r"&prompt=(\w+)", asked)
    if prompt is not None:
        expect(main.get_by_text(f"{prompt[1]}?").first).to_be_visible()


def test_the_visit_moves_once_it_was_really_looked_at(told: Told, page: Page) -> None:
    opened(told, page)
    expect(page.get_by_text("You are here for the first time.")).to_be_visible()
    page.wait_for_timeout(2_500)
    settle(page)
    with reading(told.server.engine) as session:
        row = session.exec(select(OverviewVisit)).one()
    assert (row.dataset, row.before) == ("Support", None)
    assert row.last["run"] == 1


def test_a_dialog_goes_once_the_decision_is_recorded(told: Told, page: Page) -> None:
    page.goto(f"{told.server.address}/decisions")
    settle(page)
    page.get_by_role("button", name="Decline", exact=True).click()
    page.get_by_role("textbox", name="Why").fill("Not this month.")
    page.get_by_role("button", name="Record it").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("cell", name="Not this month.")).to_be_visible()


def test_on_a_phone_nothing_runs_off_the_edge(told: Told, context_of: Profiles) -> None:
    page = context_of(**PHONE).new_page()
    opened(told, page)
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= 390
    for link in page.get_by_test_id("stMain").get_by_test_id("stPageLink-NavLink").filter(visible=True).all():
        box = link.bounding_box()
        assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
