"""A week in the life of a workspace that watches itself, at high speed: each thing leads to the next.

A schedule is made and runs, on the model of this machine and on two planted ones; an invited rater rates; a planted
provider answers worse under a new name when the schedule is due again; that is found, an alert is raised and sent, its
link leads to what changed, and the verdict changes. ``EVENHAND_PICTURES=FOLDER`` keeps a picture of every page.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from playwright.sync_api import Page
from sqlmodel import Session, select

from core.domain.people import Role
from core.services.candidates import storing
from core.services.scoring import ensure_defaults
from core.storage.engine import reading, write
from core.storage.tables import (
    Alert,
    AlertDelivery,
    AlertRule,
    Assignment,
    Candidate,
    Dataset,
    DriftCheck,
    DriftFinding,
    Evaluator,
    Gate,
    Prompt,
    Run,
    Schedule,
)
from core.ui.shared.navigation import REGISTRY
from tests.browser.conftest import Profiles, settle
from tests.browser.server import Server
from tests.browser.test_newcomers_way import Desk
from tests.planted import PlantedPlan, PlantedServer
from tests.services.alerts.receivers import Inbox, webhook
from tests.speed import patience_s

pytest.importorskip("xllamacpp")
pytestmark = [pytest.mark.browser, pytest.mark.long]
NOW = datetime.now(UTC)
PROMPTS, REPETITIONS, VOTES = 32, 2, 6
CATEGORIES = ("returns", "support")
LOOKS_AGAIN_S = 240
GOOD = PlantedPlan(total_ms=5, text="I looked it up: your parcel comes on Friday.", answered_by="harbour-2026-05")
WORSE = PlantedPlan(total_ms=5, text="That is not for me to say, ask somebody else.", answered_by="harbour-2026-11")
STEADY = PlantedPlan(total_ms=5, text="It comes on Friday, I am sorry for the wait.", answered_by="meadow-1")
HOOK = "TEAM_ALERT_URL"
PICTURES = os.environ.get("EVENHAND_PICTURES")


class Provider:
    """A planted server that can be replaced by another on the same port, as a provider replaces a model."""

    def __init__(self, plan: PlantedPlan) -> None:
        self.server = PlantedServer(plan)

    def becomes(self, plan: PlantedPlan) -> None:
        """From now on it answers by another plan."""
        port = self.server.port
        self.server.close()
        self.server = PlantedServer(plan, port=port)


@pytest.fixture
def harbour() -> Iterator[Provider]:
    provider = Provider(GOOD)
    yield provider
    provider.server.close()


@pytest.fixture
def meadow() -> Iterator[Provider]:
    provider = Provider(STEADY)
    yield provider
    provider.server.close()


def test_a_week_in_which_the_champion_gets_worse(
    make_server: Callable[..., Server], context_of: Profiles, harbour: Provider, meadow: Provider
) -> None:
    inbox = Inbox()
    with ExitStack() as stack:
        port = stack.enter_context(webhook(inbox))
        server = make_server(EVENHAND_AUTH="link", **{HOOK: f"json://127.0.0.1:{port}/"}).start()
        _workspace(server, harbour, meadow)
        admin = Desk(context_of().new_page(), server)
        _joins(admin, server.invite("Ada", Role.ADMIN))
        _names_a_destination(admin)
        _makes_a_schedule(admin)
        _is_due(server, runs=1)
        _rates(Desk(context_of(viewport={"width": 1280, "height": 900}).new_page(), server), server)
        _pins_the_baseline(admin)
        harbour.becomes(WORSE)
        _is_due(server, runs=2)
        _drift_is_found(server)
        message = _an_alert_arrives(server, inbox)
        _leads_to_what_changed(admin, message)
        _leads_to_the_verdict(admin)
        _pictures(admin.page)


def _workspace(server: Server, harbour: Provider, meadow: Provider) -> None:
    """Prompts with what an answer must contain, three candidates, a gate."""
    ensure_defaults(server.engine, now=NOW)
    write(server.engine, lambda session: _filled(session, harbour, meadow))


def _filled(session: Session, harbour: Provider, meadow: Provider) -> None:
    dataset = Dataset(name="Parcels", version=1, content_hash="parcels", created_at=NOW)
    session.add(dataset)
    session.flush()
    for number in range(PROMPTS):
        asked = f"Order {number}: when does my parcel come?"
        session.add(
            Prompt(
                dataset_id=dataset.id or 0,
                external_id=f"P-{number}",
                category=CATEGORIES[number % 2],
                messages=[{"role": "user", "content": asked}],
                reference=["Friday"],
                tags=[],
                content_hash=asked,
            )
        )
    prices = {"input_usd_per_mtok": 1.0, "output_usd_per_mtok": 2.0}
    cheap = {"input_usd_per_mtok": 0.5, "output_usd_per_mtok": 1.0}
    planted = (("Harbour", harbour, prices), ("Meadow", meadow, cheap))
    for position, (name, provider, price) in enumerate(planted):
        session.add(
            Candidate(
                name=name,
                provider="vllm",
                model=name.lower(),
                position=position,
                is_champion=not position,
                settings={"base_url": provider.server.base_url, "max_tokens": 40, **price},
                created_at=NOW,
            )
        )
    session.add(
        Candidate(
            name="Ours",
            provider="local",
            model="smollm2",
            position=storing.next_position(session),
            settings={"max_tokens": 6},
            created_at=NOW,
        )
    )
    contains = next(
        each for each in session.exec(select(Evaluator).where(Evaluator.kind == "contains")) if each.retired_at is None
    )
    session.add(Gate(category=None, evaluator_id=contains.id or 0, at_least=1.0, created_at=NOW))


def _joins(desk: Desk, link: str) -> None:
    desk.page.goto(link)
    desk.page.get_by_role("button", name=re.compile("^Join")).click()
    settle(desk.page)


def _names_a_destination(admin: Desk) -> None:
    admin.open("alerts?alerts_show=Destinations")
    admin.fill("alerts_new_name", "Team")
    admin.fill("alerts_new_variable", HOOK)
    admin.press(re.compile("Add$"))
    admin.sees("Team")
    admin.press("Send a test")
    admin.sees(re.compile("took it|taken|arrived"))


def _makes_a_schedule(admin: Desk) -> None:
    admin.open("schedules")
    admin.press("New schedule")
    admin.fill("schedules_times", str(REPETITIONS))
    admin.press("Every week")
    admin.sees(re.compile(r"every Sunday", re.IGNORECASE))
    admin.press("Add the schedule")
    admin.sees("Added.")


def _is_due(server: Server, *, runs: int) -> None:
    """Its time comes; wait until the run has ended and is scored."""

    def due(session: Session) -> None:
        schedule = session.exec(select(Schedule)).one()
        schedule.next_run_at = datetime.now(UTC) - timedelta(seconds=1)
        session.add(schedule)

    write(server.engine, due)
    _wait_for(server, lambda session: len(session.exec(select(Run).where(Run.state == "done")).all()) == runs)


def _rates(rater: Desk, server: Server) -> None:
    """An invited rater, by keyboard."""
    _joins(rater, server.invite("Dr Adler", Role.RATER))
    begin = rater.page.get_by_role("button", name="Start rating")
    if begin.is_visible():
        begin.click()
        settle(rater.page)
    for number in range(1, VOTES + 1):
        rater.sees(re.compile(rf"^Pair {number} of"))
        for key in ("1", "4", "3"):
            rater.page.keyboard.press(key)
            settle(rater.page)
    with reading(server.engine) as session:
        assert session.exec(select(Assignment.state)).all().count("done") >= VOTES - 1


def _pins_the_baseline(admin: Desk) -> None:
    admin.open("drift?dataset=Parcels")
    admin.page.get_by_text(re.compile("(Pin a|Move the) baseline")).click()
    settle(admin.page)
    admin.pick("drift_runs", "Run 1")
    admin.page.keyboard.press("Escape")
    admin.press(re.compile("^(Pin|Move) it"))
    admin.sees("Pinned. Later runs are checked against it.")


def _drift_is_found(server: Server) -> None:
    _wait_for(server, lambda session: bool(session.exec(select(DriftCheck).where(DriftCheck.is_whole)).all()))
    with reading(server.engine) as session:
        harbour = session.exec(select(Candidate.id).where(Candidate.name == "Harbour")).one()
        found = session.exec(select(DriftFinding)).all()
    alarms = {(one.candidate_id, one.metric) for one in found if one.tier == "alarm"}
    assert (harbour, "acceptable") in alarms
    assert {one.candidate_id for one in found if one.metric == "acceptable" and one.tier == "alarm"} == {harbour}
    causes = next(one.causes for one in found if (one.candidate_id, one.metric) == (harbour, "acceptable"))
    assert causes == ["model version"]


def _an_alert_arrives(server: Server, inbox: Inbox) -> str:
    """The address that the message about drift leads to."""
    _wait_for(server, lambda session: bool(_sent(session, "drift")))
    with reading(server.engine) as session:
        alert = _sent(session, "drift")[0]
    assert inbox.taken()[alert.public_id] == 1
    content = next(one.content for one in inbox.received if one.public_id == alert.public_id)
    return str(content["link"])


def _sent(session: Session, kind: str) -> list[Alert]:
    query = select(Alert).join(AlertDelivery).where(Alert.kind == kind, AlertDelivery.state == "sent")
    return list(session.exec(query))


def _leads_to_what_changed(admin: Desk, address: str) -> None:
    admin.page.goto(address)
    settle(admin.page)
    admin.sees(re.compile(r"Harbour's .* fell from"))
    admin.sees("ask somebody else")


def _leads_to_the_verdict(admin: Desk) -> None:
    """The champion is no longer the best: an alert of its own, within the hour; its link shows the verdict."""
    write(admin.server.engine, _an_hour_passes)
    _wait_for(admin.server, lambda session: bool(_sent(session, "champion")))
    admin.open("alerts")
    admin.sees(re.compile("Meadow"))
    with reading(admin.server.engine) as session:
        link = _sent(session, "champion")[0].link
    admin.open(link.lstrip("/"))
    admin.sees(re.compile(r"Switch .*to Meadow"))


def _an_hour_passes(session: Session) -> None:
    rule = session.get_one(AlertRule, "champion")
    assert rule.checked_at is not None
    rule.checked_at -= timedelta(hours=1)
    session.add(rule)


def _wait_for(server: Server, happened: Callable[[Session], bool]) -> None:
    """What comes by itself, as long as it takes on this machine."""
    until = monotonic() + patience_s(LOOKS_AGAIN_S)
    while True:
        with reading(server.engine) as session:
            if happened(session):
                return
        assert monotonic() < until, "it did not come by itself"
        sleep(0.3)


def _pictures(page: Page) -> None:
    """Every page in light and dark, wide and narrow, where somebody wants to look at them."""
    for entry in REGISTRY if PICTURES else ():
        for scheme in ("light", "dark"):
            for width in (1440, 390):
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": width, "height": 1000})
                page.goto(re.sub(r"(https?://[^/]+).*", rf"\1/{entry.url_path}", page.url))
                settle(page)
                page.wait_for_timeout(800)
                page.screenshot(path=Path(PICTURES or "", f"{entry.url_path}-{scheme}-{width}.png"))
