"""Routing in a real browser: its numbers are those of `decide` and `report`, and lead to the responses behind them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from core.domain.words import money
from core.services.deciding import settings
from core.services.demo.opening import prepare_workspace
from core.storage.engine import write
from tests.browser.conftest import settle
from tests.browser.scenes import only_planted
from tests.browser.server import Server
from tests.command_line import evenhand
from tests.decided import Planted, plant, vote
from tests.long import usual_first
from tests.workspace import NOW

pytestmark = pytest.mark.browser
ANSWERS = {"support": 10_000.0, "coding": 5_000.0}
PROMPTS = 190


@dataclass(frozen=True)
class Told:
    """A server, and what the command line prints of its workspace, which has one run."""

    server: Server
    decide: dict[str, Any]
    report: dict[str, Any]

    def line(self, candidate: str, category: str) -> dict[str, Any]:
        """A candidate's figures in a category, of the report."""
        return next(
            one for one in self.report["candidates"] if (one["candidate"], one["category"]) == (candidate, category)
        )

    def compared(self, candidate: str, category: str) -> dict[str, Any]:
        """Its comparison with the champion there."""
        verdict = next(one for one in self.decide["verdicts"] if one["category"] == category)
        return next(one for one in verdict["comparisons"] if one["challenger"] == candidate)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """B does as well as A in support for less than half, and far worse in coding; raters saw some of both."""
    folder: Path = tmp_path_factory.mktemp("routing")
    database = f"sqlite:///{folder / 'evenhand.db'}"
    server = Server(database, folder / "server.log", {"EVENHAND_DEMO": "0"})
    prepare_workspace(server.engine, demo=False, now=NOW)
    only_planted(server.engine)
    candidates = {
        "A": Planted(0.85, 0.02), "B": Planted(0.88, 0.008, 700.0, share_in={"coding": 0.4}), "C": Planted(0.3, 0.001),
    }  # fmt: skip
    made = plant(server.engine, candidates, prompts=PROMPTS, repetitions=2)
    vote(server.engine, made, ("A", "B"), {"send": (0.8, 0.85)}, raters=7, prompts=20)
    write(server.engine, lambda s: settings.save(s, {}, latency_limit_ms={}, answers_a_month=ANSWERS))
    env = {"EVENHAND_DATABASE_URL": database}
    decide, report = (json.loads(evenhand(name, "--json", env=env).stdout) for name in ("decide", "report"))
    yield Told(server.start(), decide, report)
    server.stop()


def opened(told: Told, page: Page, who: str = "") -> Locator:
    page.goto(f"{told.server.address}/routing{f'?routing_who={who}' if who else ''}")
    settle(page)
    main = page.get_by_test_id("stMain")
    expect(main.get_by_role("heading", name="Give support to B; keep A in coding.")).to_be_visible()
    return main


def rows(main: Locator, name: str) -> list[dict[str, str]]:
    """The rows of a table by its heads."""
    found = main.get_by_role("region", name=name).first.evaluate(
        """region => [...region.querySelectorAll("tr")]
            .map(row => [...row.cells].map(cell => cell.textContent.replaceAll("\\u00a0", " ")))"""
    )
    head, *body = found
    return [dict(zip(head, row, strict=True)) for row in body]


MOVES, MADE_OF = "Each category that somebody else", "Each category with who answers it"
BEHIND = "The responses behind the chosen figure"


def follow(main: Locator, name: str, category: str, head: str) -> None:
    """Press the figure of a category in a table."""
    region = main.get_by_role("region", name=name).first
    expect(region.get_by_role("columnheader").last).to_be_visible()
    heads = [each.inner_text() for each in region.get_by_role("columnheader").all()]
    row = region.locator("tbody tr").filter(has=main.page.get_by_role("link", name=category, exact=True))
    row.locator("td, th").nth(heads.index(head)).get_by_role("link").click()
    settle(main.page)


def number(text: str) -> float:
    found = re.search(r"[\d,.]+", text)
    assert found is not None, text
    return float(found[0].replace(",", ""))


def points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")


def test_what_would_change_says_what_decide_prints_and_leads_to_that_verdict(told: Told, page: Page) -> None:
    main = opened(told, page)
    move, compared = rows(main, MOVES)[0], told.compared("B", "support")
    assert move["Category"] == "support"
    assert move["Quality"] == f"{points(compared['quality']['estimate'])} points"
    assert move["Cost per acceptable"] == f"{100 * compared['cost']['estimate']:.0f} % cheaper"
    follow(main, MOVES, "support", "Quality")
    expect(main.get_by_role("heading", name="Decisions", exact=True)).to_be_visible()
    assert "decisions_scope=support" in page.url
    table = main.get_by_role("region", name="Every challenger with its differences")
    expect(table.get_by_role("row", name="B").get_by_text(points(compared["quality"]["estimate"]))).to_be_visible()


def test_each_figure_of_a_table_is_that_of_report(told: Told, page: Page) -> None:
    found = {row["Category"]: row for row in rows(opened(told, page), MADE_OF)}
    assert set(found) == set(ANSWERS)
    for category, who in (("support", "B"), ("coding", "A")):
        row, line = found[category], told.line(who, category)
        assert who in row["Who answers"]
        assert number(row["Answers a month"]) == ANSWERS[category]
        acceptable = line["acceptable"]
        assert row["Acceptable"] == f"{100 * acceptable['value']:.0f} % of {line['responses'] + line['errors']:,}"
        assert row["Per 1,000 answers"] == money(1000 * line["cost_usd"] / line["responses"])
        for head, quantile in (("Median", "p50"), ("p95", "p95")):
            assert row[head] == f"{line['latency_ms'][quantile] / 1000:.2f} s"


def test_over_all_a_table_is_the_mean_of_its_categories_by_answers_a_month(told: Told, page: Page) -> None:
    main = opened(told, page)
    way = next(row for row in rows(main, "Quality, cost, latency") if "with its changes" in row["Who answers"])
    lines = {category: told.line(who, category) for category, who in (("support", "B"), ("coding", "A"))}
    whole = sum(ANSWERS.values())
    share = sum(ANSWERS[of] * line["acceptable"]["value"] for of, line in lines.items()) / whole
    usd = sum(ANSWERS[of] * line["cost_usd"] / line["responses"] for of, line in lines.items())
    assert way["Acceptable"] == f"{100 * share:.0f} % *", "in part automatic"
    assert way["Per 1,000 answers"] == money(1000 * usd / whole)
    assert way["A month"] == money(usd)
    expect(main.get_by_text(f"{100 * share:.1f} % by what was seen").first).to_be_visible()


@pytest.mark.parametrize("who", usual_first("table", long=("1",)))
def test_a_figure_leads_to_as_many_responses_as_make_it(told: Told, page: Page, who: str) -> None:
    main = opened(told, page, who)
    name = {"table": "B", "1": "A"}[who]
    line = told.line(name, "support")
    follow(main, MADE_OF, "support", "Acceptable")
    expect(main.get_by_role("heading", name="Cost & quality", exact=True)).to_be_visible()
    acceptable = round(line["acceptable"]["value"] * line["responses"])
    expect(main.get_by_text(f"{acceptable:,} in all.")).to_be_visible()
    assert {f"{row['Candidate']} {row['Category']} {row['By gates']}" for row in rows(main, BEHIND)} == {
        f"● {name} support acceptable"
    }


@pytest.mark.long
def test_the_mean_of_the_costs_behind_is_the_cost_of_an_answer(told: Told, page: Page) -> None:
    main = opened(told, page)
    row = next(row for row in rows(main, MADE_OF) if row["Category"] == "support")
    follow(main, MADE_OF, "support", "Per 1,000 answers")
    expect(main.get_by_text(f"{PROMPTS:,} in all.")).to_be_visible()
    costs = [number(each["Cost"]) for each in rows(main, BEHIND)]
    assert len(costs) == PROMPTS
    assert number(row["Per 1,000 answers"]) == pytest.approx(1000 * fmean(costs), rel=1e-2)
    assert fmean(costs) == pytest.approx(told.line("B", "support")["cost_usd"] / PROMPTS, rel=1e-2)


@pytest.mark.long
def test_from_a_figure_over_its_responses_to_one_with_its_votes(told: Told, page: Page) -> None:
    main = opened(told, page)
    follow(main, MADE_OF, "support", "Acceptable")
    main.get_by_role("region", name=BEHIND).get_by_role("link").first.click()
    settle(page)
    card = page.locator(".st-key-responses_chosen")
    expect(card.get_by_text("acceptable").first).to_be_visible()
    expect(card.get_by_text("B", exact=True).first).to_be_visible()


def test_choosing_a_figure_of_one_model_shows_what_it_is_made_of(told: Told, page: Page) -> None:
    main = opened(told, page)
    region = main.get_by_role("region", name="Quality, cost, latency").first
    region.locator("tbody tr").filter(has_text="C").last.locator("td").first.click()
    settle(page)
    assert "routing_who=3" in page.url
    assert all("C" in row["Who answers"] for row in rows(main, MADE_OF))
