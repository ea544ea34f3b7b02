"""From a fall to other routes, in a real browser: drift is found, alerted, decided, proposed, accepted and exported.

Each stretch of it has tests of its own in the usual run, of the services and of the page.
"""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import Session, col, select

from core.domain.deciding import Decision
from core.domain.routing import Occasion
from core.services import deciding
from core.services.alerts import rules
from core.services.routing import decide, exported, propose_due
from core.services.watching import drift
from core.services.watching.rules import routes
from core.services.watching.rules.checking import check
from core.storage.engine import reading, write
from core.storage.tables import Alert, RoutesProposed
from tests.browser.conftest import settle
from tests.browser.scenes import only_planted
from tests.browser.server import Server
from tests.drifting import Truth, Weeks, weeks
from tests.speed import patience_s
from tests.workspace import NOW

pytestmark = [pytest.mark.browser, pytest.mark.long]
CHEAP, FALLEN = Truth(price=0.2), Truth(points=-0.7, price=0.2)
BY_ITSELF_S = 300


def three_weeks(server: Server) -> Weeks:
    """B answers as well as A, the champion, at a fifth of its price; so somebody gave it both categories."""
    only_planted(server.engine)
    made = weeks(server.engine, names=("A", "B"), prompts=90, share=0.9)
    made.chance[1] = made.chance[0]
    for _ in range(3):
        made.run({"B": CHEAP})
    drift.check_due(server.engine, now=made.now)
    assert propose_due(server.engine, now=made.now) == 1
    write(
        server.engine,
        lambda session: decide(session, 1, is_accepted=True, why="A fifth of the price.", person_id=None, now=NOW),
    )
    return made


def leads_to_other_routes(server: Server, page: Page, folder: Path) -> None:
    """From the alert's link to the accepted table in a file."""
    with reading(server.engine) as session:
        proposed = _newest(session)
        link = session.exec(
            select(Alert.link).where(Alert.kind == "routes", Alert.key == f"routes:{proposed.id}")
        ).one()
        verdict = deciding.verdicts(session, "Weekly").of("support")
    assert verdict is not None and verdict.decision is not Decision.SWITCH
    assert proposed.because in {Occasion.DRIFT, Occasion.VERDICT}, "whichever looked first"
    page.goto(f"{server.address}{link}")
    settle(page)
    expect(page.get_by_role("heading", name="Give coding and support to A.")).to_be_visible()
    page.get_by_role("button", name=f"Accept version {proposed.id}").click()
    settle(page)
    page.get_by_role("textbox", name="Why").fill("B got worse.")
    page.keyboard.press("Tab")
    settle(page)
    page.get_by_role("button", name="Record it").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    settle(page)
    # Who looked first may not have known yet that B fell; then B is still to go as a fallback.
    kept = re.compile("^Keep (the table in force|who answers each category)")
    expect(page.get_by_role("heading", name=kept)).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    file = folder / "routes.json"
    download.value.save_as(file)
    found = json.loads(file.read_text())
    assert (found["version"], found["why"]) == (proposed.id, "B got worse.")
    assert {route["category"]: route["primary"] for route in found["routes"]} == {"coding": "A", "support": "A"}
    with reading(server.engine) as session:
        assert exported(session, "json", "Weekly") == file.read_text()


def test_a_fall_leads_to_other_routes_that_somebody_accepts_and_takes_along(
    make_server: Callable[..., Server], page: Page, tmp_path: Path
) -> None:
    server = make_server()
    made = three_weeks(server)
    write(server.engine, lambda session: rules.ensure(session, now=NOW))
    made.run({"B": FALLEN})
    drift.check_due(server.engine, now=made.now)
    assert propose_due(server.engine, now=made.now) == 1
    assert check(server.engine, [routes.PROPOSED], now=made.now) == 1
    server.start()
    leads_to_other_routes(server, page, tmp_path)


def test_all_of_it_comes_by_itself(make_server: Callable[..., Server], page: Page, tmp_path: Path) -> None:
    server = make_server()
    made = three_weeks(server)
    write(server.engine, lambda session: rules.ensure(session, now=NOW))
    server.start()
    made.run({"B": FALLEN}, finished_at=made.now - timedelta(days=1))
    _wait_for(server, lambda session: _alerts(session, "drift") > 0)
    _wait_for(server, _is_newest_told)
    leads_to_other_routes(server, page, tmp_path)


def _newest(session: Session) -> RoutesProposed:
    """The proposal that waits: the check for drift may overtake one that the verdict alone had led to."""
    return session.exec(select(RoutesProposed).order_by(col(RoutesProposed.id).desc()).limit(1)).one()


def _is_newest_told(session: Session) -> bool:
    """Whether it is another than the accepted one, and its alert is there."""
    newest = _newest(session).id
    told = select(Alert.id).where(Alert.kind == "routes", Alert.key == f"routes:{newest}")
    return newest != 1 and session.exec(told).first() is not None


def _alerts(session: Session, kind: str) -> int:
    return len(session.exec(select(Alert).where(Alert.kind == kind)).all())


def _wait_for(server: Server, happened: Callable[[Session], bool]) -> None:
    until = monotonic() + patience_s(BY_ITSELF_S)
    while True:
        with reading(server.engine) as session:
            if happened(session):
                return
        assert monotonic() < until, "it did not come by itself"
        sleep(0.5)
