"""Re-evaluate from the sidebar, in a real browser: on the model of this machine, with no key and no network.

Where it matters when answers come, and in the usual run, a model of planned times answers instead.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, expect
from sqlmodel import Session, col, select

from core.services.runs import workers
from core.storage.engine import reading, writing
from core.storage.tables import Assignment, Candidate, Response, Run, Score, Study
from tests.browser.conftest import settle
from tests.browser.server import Server
from tests.long import times
from tests.planted import PlantedPlan, PlantedServer, planted
from tests.prepared import demo_of_a_week
from tests.speed import patience_s

pytest.importorskip("xllamacpp")
pytestmark = pytest.mark.browser
OTHERS = ("Plain",)
STALLED_S = patience_s(120)
FEW = 6
HALF_HANG = PlantedPlan(total_ms=100, stall_every=2, stall_ms=120_000)
CATEGORIES = ("ambiguous", "reasoning")[: times(1, 2)]
ALL = 8 * len(CATEGORIES)
ASKED = times(2, ALL)


@pytest.fixture
def studio(make_server: Callable[..., Server]) -> Server:
    """The demo workspace with its newest run alone, for the admin of this machine."""
    studio = make_server()
    demo_of_a_week(studio.engine)
    return studio.start()


@pytest.fixture
def model(studio: Server) -> Iterator[PlantedServer]:
    """Answers for the only of the demo's candidates that is left, every second request not within two minutes.

    Has no price.
    """
    with planted(HALF_HANG) as server:
        with writing(studio.engine) as session:
            for other in session.exec(select(Candidate).where(Candidate.name != "Terse")):
                other.is_retired = True
        is_answered_for(studio, server)
        yield server


def is_answered_for(studio: Server, server: PlantedServer) -> None:
    """Let the server answer in place of the quickest of the demo's candidates."""
    with writing(studio.engine) as session:
        terse = session.exec(select(Candidate).where(Candidate.name == "Terse")).one()
        terse.provider, terse.model = "vllm", "planted"
        terse.settings = {"base_url": server.base_url, "max_tokens": 20}


def ordered(page: Page, prompts: int = ALL, others: tuple[str, ...] = ()) -> Locator:
    """The dialog, with the quickest of the demo's candidates alone chosen, and as many prompts of some categories."""
    page.get_by_role("button", name="Re-evaluate").click()
    dialog = page.get_by_role("dialog")
    if others:
        expect(dialog.get_by_text(f"{1 + len(others)} candidates × 16 prompts")).to_be_visible()
    for name in others:
        dialog.get_by_text(name, exact=True).click()
        expect(dialog.get_by_role("checkbox", name=name)).not_to_be_checked()
    expect(dialog.get_by_text("1 candidate × 16 prompts")).to_be_visible()
    for chosen, category in enumerate(CATEGORIES, start=1):
        dialog.get_by_role("combobox", name="Categories").fill(category)
        option = page.get_by_role("option", name=category)
        option.click()
        expect(option).to_be_hidden()
        # What is chosen before the last choice has come back takes its place.
        expect(dialog.get_by_text(f"1 candidate × {8 * chosen} prompts")).to_be_visible()
    page.keyboard.press("Tab")
    if prompts != ALL:
        dialog.get_by_role("spinbutton", name="How many").fill(str(prompts))
        page.keyboard.press("Tab")
        expect(dialog.get_by_text(f"1 candidate × {prompts} prompts")).to_be_visible()
    return dialog


def begin(page: Page, dialog: Locator) -> None:
    dialog.get_by_role("button", name=re.compile(r"^Run \d+ calls?$")).click()
    expect(page.get_by_role("heading", name=re.compile(r"^Run \d+ · Demo"))).to_be_visible()
    expect(dialog).to_be_hidden()


def the_run(session: Session) -> Run:
    return session.exec(select(Run).where(Run.source == "evaluation")).one()


def card(page: Page) -> Locator:
    """The run that the page shows."""
    return page.locator(".st-key-runs_card")


def done(page: Page) -> int:
    """How many responses the bar says have come to an end."""
    return int(card(page).get_by_text(re.compile(r"^\d+ of \d+$")).inner_text().split()[0])


def is_said_to_be(page: Page, state: str) -> None:
    """Wait until the run's badge says so."""
    expect(card(page).locator(".stMarkdownBadge")).to_contain_text(state, timeout=patience_s(30) * 1000)


def comes_to_its_end(page: Page) -> None:
    """Wait until the run is done, for as long as something comes: how long a model takes is the machine's affair."""
    badge, seen, since = card(page).locator(".stMarkdownBadge"), -1, monotonic()
    while "done" not in badge.inner_text():
        if (now := done(page)) != seen:
            seen, since = now, monotonic()
        assert monotonic() - since < STALLED_S, f"nothing more came after {seen}"
        page.wait_for_timeout(250)


def underway(page: Page) -> None:
    """Wait until the first response has arrived and the bar says so."""
    expect(card(page).get_by_text(re.compile(r"^[1-9]\d* of \d+$"))).to_be_visible(timeout=patience_s(90) * 1000)


@pytest.mark.parametrize("by", [pytest.param("this machine's model", marks=pytest.mark.long), "a server"])
def test_a_slice_of_the_demo_is_asked_again_scored_and_can_be_rated(studio: Server, page: Page, by: str) -> None:
    with planted(PlantedPlan(total_ms=1_000)) as server:  # so slow that a busy browser sees the bar on its way
        if by == "a server":
            is_answered_for(studio, server)
        a_slice_is_asked_again(studio, page)


def a_slice_is_asked_again(studio: Server, page: Page) -> None:
    page.goto(f"{studio.address}/people")
    settle(page)
    begin(page, ordered(page, ASKED, OTHERS))
    assert re.search(r"[?&]run=\d+", page.url)
    underway(page)
    first = done(page)
    comes_to_its_end(page)
    expect(card(page).get_by_text(f"{ASKED} of {ASKED}", exact=True)).to_be_visible()
    assert first < ALL
    with reading(studio.engine) as session:
        run = the_run(session)
        came = session.exec(select(Response).where(Response.run_id == run.id)).all()
        scored = set(session.exec(select(Score.response_id).where(col(Score.response_id).in_([r.id for r in came]))))
        terse = session.exec(select(Candidate.id).where(Candidate.name == "Terse")).one()
    assert (run.state, run.planned, run.responses, run.failed) == ("done", ASKED, ASKED, 0)
    assert {response.candidate_id for response in came} == {terse}
    assert scored == {response.id for response in came}
    assert run.attempts >= ASKED
    acceptable = re.compile(rf"{ASKED} responses · \d+ acceptable of {ASKED} scored")
    expect(card(page).get_by_text(acceptable)).to_be_visible()
    a_new_response_can_be_rated(studio, page, {response.id for response in came})


def a_new_response_can_be_rated(studio: Server, page: Page, came: set[int]) -> None:
    """Rate pairs of the demo's study, of what was asked again alone: what Terse said before counts as cut short."""
    with writing(studio.engine) as session:
        terse = session.exec(select(Candidate.id).where(Candidate.name == "Terse")).one()
        for before in session.exec(select(Response).where(Response.candidate_id == terse)):
            if before.id not in came:
                before.finish_reason = "length"
        study = session.exec(select(Study).where(Study.name == "Demo")).one()
        names = select(Candidate.id).where(col(Candidate.name).in_(("Terse", "Plain")))
        study.categories, study.candidate_ids = list(CATEGORIES), [found for found in session.exec(names) if found]
    settle(page)
    page.get_by_role("link", name="Rate pairs").click()
    page.get_by_role("button", name="Start rating").click()
    bar = page.get_by_test_id("stBottom")
    for title in ("Tone", "Safety", "Send"):
        expect(bar.locator("strong", has_text=re.compile(f"^{title}$"))).to_be_visible()
        page.wait_for_timeout(500)
        page.keyboard.press("1")
    expect(page.get_by_text(re.compile(r"^Pair 2 of|There is no pair left"))).to_be_visible()
    with reading(studio.engine) as session:
        rated = session.exec(select(Assignment).where(Assignment.state == "done")).one()
    assert came & {rated.left_response_id, rated.right_response_id}


@pytest.mark.long
def test_a_run_is_cancelled_and_goes_on_where_it_ended(studio: Server, model: PlantedServer, page: Page) -> None:
    page.goto(f"{studio.address}/people")
    settle(page)
    begin(page, ordered(page, FEW))
    underway(page)
    card(page).get_by_role("button", name="Cancel").click()
    is_said_to_be(page, "cancelled")
    with reading(studio.engine) as session:
        kept = set(session.exec(select(Response.id).where(Response.run_id == the_run(session).id)))
    assert 0 < len(kept) < FEW
    model.use(PlantedPlan(total_ms=100))
    card(page).get_by_role("button", name="Resume").click()
    is_said_to_be(page, "done")
    with reading(studio.engine) as session:
        run = the_run(session)
        came = session.exec(select(Response).where(Response.run_id == run.id)).all()
    assert kept <= {response.id for response in came}
    assert len({response.prompt_id for response in came}) == len(came) == FEW


@pytest.mark.long
def test_a_server_that_stops_leaves_no_worker_behind_and_the_next_one_goes_on(
    studio: Server, model: PlantedServer, page: Page
) -> None:
    page.goto(f"{studio.address}/people")
    settle(page)
    begin(page, ordered(page, FEW))
    underway(page)
    children = workers_of(studio)
    assert len(children) == 1
    studio.stop()
    assert not any(is_alive(pid) for pid in children)
    with reading(studio.engine) as session:
        before = the_run(session).responses
    assert before < FEW
    model.use(PlantedPlan(total_ms=100))
    studio.start()
    page.goto(f"{studio.address}/runs")
    is_said_to_be(page, "done")


def workers_of(studio: Server) -> list[int]:
    """Process ids of the server's children that carry runs out."""
    assert studio.process is not None
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == studio.process.pid and workers.__name__.rsplit(".", 1)[0].encode() in words:
            found.append(int(entry.name))
    return found


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_the_dialog_is_worked_by_keyboard_and_has_no_serious_fault(studio: Server, context: BrowserContext) -> None:
    for scheme in ("light", "dark")[: times(1, 2)]:
        page = context.new_page()
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{studio.address}/people")
        settle(page)
        button = page.get_by_role("button", name="Re-evaluate")
        button.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("2 candidates × 16 prompts")).to_be_visible()
        settle(page)
        found = Axe().run(page, context={"include": [['[role="dialog"]']]}).response["violations"]
        assert [fault["id"] for fault in found if fault["impact"] in ("serious", "critical")] == []
        run = dialog.get_by_role("button", name=re.compile("^Run"))
        for _ in range(30):
            page.keyboard.press("Tab")
            if run.evaluate("button => button === document.activeElement"):
                break
        expect(run).to_be_focused()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(button).to_be_focused()
        page.close()
    with reading(studio.engine) as session:
        assert session.exec(select(Run).where(Run.source == "evaluation")).first() is None
