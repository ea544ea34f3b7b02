"""Links, pictures and reports in a real browser: what one person sends, another sees, or is told what changed."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect
from sqlmodel import select

from core.services import scoring
from core.services.leaderboards import tallies, weighting
from core.storage.engine import writing
from core.storage.tables import Response, Run, Score
from tests.browser.conftest import settle
from tests.browser.server import Server
from tests.decided import Planted, Production, plant, vote
from tests.long import times, usual_first
from tests.workspace import NOW

pytestmark = pytest.mark.browser
HOSTILE = "<img src=x onerror=\"document.title='got you'\"> & *co*"
LAST = {
    "leaderboard": "Every candidate with rank",
    "cost": "Every candidate with cost",
    "decisions": "Every challenger with",
}
PAGES = tuple(LAST)
USUAL_FIRST = usual_first(PAGES[0], long=PAGES[1:])
SENT = PAGES[: times(1, len(PAGES))]


@dataclass(frozen=True)
class Sent:
    """A server, and what is planted there."""

    server: Server
    made: Production

    def goes_on(self, seed: int) -> None:
        """Twelve more votes, cast the other way, and a run in which what is hostile costs ten times as much."""
        says = {"tone": (0.0, 1.0), "send": (0.0, 1.0)}
        vote(self.server.engine, self.made, ("A", HOSTILE), says, prompts=6, seed=seed)
        with writing(self.server.engine) as session:
            tallies.rebuild(session, 1)
            run = session.get_one(Run, 1)
            later = Run(**run.model_dump(exclude={"id"}))
            session.add(later)
            session.flush()
            for row in session.exec(select(Response).where(Response.run_id == 1)).all():
                factor = 10 if row.candidate_id == self.made.candidates[HOSTILE] else 1
                fields = row.model_dump(exclude={"id", "run_id", "cost_usd"})
                new = Response(**fields, run_id=later.id, cost_usd=factor * (row.cost_usd or 0))
                session.add(new)
                session.flush()
                for score in session.exec(select(Score).where(Score.response_id == row.id)).all():
                    session.add(Score(**score.model_dump(exclude={"id", "response_id"}), response_id=new.id))
        weighting.refresh_all(self.server.engine, now=NOW)


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sent]:
    """Two candidates, one with a hostile name, answered and voted on."""
    folder = tmp_path_factory.mktemp("links")
    server = Server(f"sqlite:///{folder / 'evenhand.db'}", folder / "server.log")
    made = plant(server.engine, {"A": Planted(1.0, 0.02), HOSTILE: Planted(1.0, 0.01)}, prompts=24)
    vote(server.engine, made, ("A", HOSTILE), {"tone": (0.9, 0.4), "send": (0.9, 0.6)})
    with writing(server.engine) as session:
        tallies.rebuild(session, 1)
    weighting.refresh_all(server.engine, now=NOW)
    scoring.ensure_defaults(server.engine, now=NOW)
    scoring.score_missing(server.engine, dataset_id=made.dataset, run_id=None, now=NOW)
    yield Sent(server.start(), made)
    server.stop()


@pytest.fixture
def desk(context: BrowserContext) -> BrowserContext:
    """A profile that may read what it has copied."""
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    return context


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    settle(page)
    return page


def copied(page: Page, *, pinned: bool) -> str:
    """By keyboard alone."""
    if pinned:
        page.get_by_role("checkbox", name=re.compile("^as of vote")).focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="Copy link").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    return str(page.evaluate("navigator.clipboard.readText()"))


def numbers(page: Page) -> list[str]:
    """Every table of the page, and its headline; once the last of them is drawn."""
    last = next(told for name, told in LAST.items() if f"/{name}" in page.url)
    expect(page.get_by_role("region", name=re.compile(last)).get_by_role("row").nth(1)).to_be_visible()
    tables = page.get_by_test_id("stMain").get_by_role("table").all()
    heading = page.get_by_test_id("stMain").locator("h2").first.inner_text()
    return [heading, *(table.inner_text() for table in tables)]


def test_what_one_person_sends_another_sees_after_votes_and_runs_or_is_told_what_changed(
    sent: Sent, desk: BrowserContext
) -> None:
    seen, links, page = {}, {}, desk.new_page()
    for name in SENT:
        opened(page, f"{sent.server.address}/{name}")
        seen[name] = numbers(page)
        links[name] = copied(page, pinned=False), copied(page, pinned=True)
        assert all(link.startswith(sent.server.address) for link in links[name])
    page.close()
    sent.goes_on(seed=7)
    ours, theirs = desk.new_page(), desk.new_page()
    for name in SENT:
        pinned = opened(ours, links[name][1])
        assert numbers(pinned) == seen[name], name
        expect(pinned.get_by_text(re.compile("as the link asks; 12 votes|as the link asks; 6 votes"))).to_be_visible()
        pinned.get_by_role("button", name="Show now").click()
        settle(pinned)
        assert numbers(pinned) != seen[name] and "as_of" not in pinned.url, name
        unpinned = opened(theirs, links[name][0])
        assert numbers(unpinned) != seen[name], name
        expect(unpinned.get_by_text("Since this link was made")).to_be_visible()
        unpinned.get_by_role("button", name="Show it as it was").click()
        settle(unpinned)
        assert numbers(unpinned) == seen[name], name
        for page in (pinned, unpinned):
            expect(page.get_by_text("Incident")).to_have_count(0)
            assert page.title() != "got you"


def test_without_a_clipboard_of_its_own_the_browser_copies_too(sent: Sent, desk: BrowserContext) -> None:
    page = desk.new_page()
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(f"{sent.server.address}/responses")
    settle(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    page.get_by_test_id("stTextInputField").focus()
    page.keyboard.press("Control+V")
    expect(page.get_by_test_id("stTextInputField")).to_have_value(re.compile("responses_dataset=1"))


def saved(page: Page, what: str) -> tuple[str, Path]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=what, exact=True).click()
    path = waiting.value.path()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    return waiting.value.suggested_filename, path


@pytest.mark.parametrize("name", USUAL_FIRST)
def test_a_picture_is_a_png_on_light_ground_with_something_on_it(sent: Sent, desk: BrowserContext, name: str) -> None:
    page = opened(desk.new_page(), f"{sent.server.address}/{name}")
    file, path = saved(page, "Picture")
    assert re.fullmatch(r"[\w.-]+\.png", file)
    picture = Image.open(io.BytesIO(path.read_bytes())).convert("RGB")
    assert picture.width == 2200 and picture.height > 500
    assert picture.getpixel((5, 5)) == (255, 255, 255)
    colours = picture.getcolors(maxcolors=1 << 24) or []
    inked = sum(count for count, colour in colours if colour != (255, 255, 255))
    assert 0.01 < inked / (picture.width * picture.height) < 0.5
    assert len({colour for count, colour in colours if count > 50 and max(colour) - min(colour) > 40}) >= 1, "marks"


@pytest.mark.parametrize("name", USUAL_FIRST)
def test_a_report_opens_by_itself_holds_the_same_numbers_and_fits_a_page(
    sent: Sent, desk: BrowserContext, name: str, tmp_path: Path
) -> None:
    page = opened(desk.new_page(), f"{sent.server.address}/{name}")
    file, path = saved(page, "Report")
    assert re.fullmatch(r"[\w.-]+\.html", file)
    report = desk.new_page()
    asked: list[str] = []
    report.on("request", lambda request: asked.append(request.url))
    kept = tmp_path / file
    kept.write_bytes(path.read_bytes())
    report.goto(kept.as_uri())
    headline, *tables = numbers(page)
    assert report.locator("h1").inner_text().startswith(headline.replace("\u2060", ""))
    assert report.title() != "got you" and report.locator("img").count() == report.locator("figure").count()
    for chart in report.locator("img").all():
        assert chart.evaluate("chart => chart.complete && chart.naturalWidth > 300")
    cells = [cell for cell in report.locator("td.number").all_inner_texts() if cell]
    on_page = "\n".join(tables)
    assert all(cell in on_page for cell in cells)
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]
    assert report.pdf(format="A4").count(b"/Type /Page\n") <= 1


@pytest.mark.long
def test_back_leads_off_a_page_in_one_step(sent: Sent, page: Page) -> None:
    page.goto(f"{sent.server.address}/cost")
    settle(page)
    for name in ("Responses", "Decisions"):
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
        settle(page)
    for heading in ("Responses", "Cost & quality"):
        page.go_back()
        settle(page)
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
