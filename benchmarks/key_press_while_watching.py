"""From a key press to the next pair on the screen while the workspace watches itself, sixteen raters at work.

Meanwhile a schedule is due and its run is carried out and scored, runs of a candidate that got worse are checked for
drift, an alarm is raised and sent to a webhook that stalls, and rules look at everything, all by the server that shows
the pairs, on the same two cores as browser, raters and planted servers.
"""

import statistics
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import Engine
from sqlmodel import Session

from benchmarks.key_press import ARGS, Desk, pressed
from benchmarks.key_press import _server as app
from core.services import alerts, scoring
from core.services.candidates import storing
from core.services.watching import schedules
from core.storage.engine import open_engine, reading, write
from core.storage.tables import AlertDelivery, Candidate, DriftCheck, DriftFinding, ScheduleFire
from tests.drifting import Truth, Weeks, weeks
from tests.planted import PlantedPlan, PlantedServer, planted
from tests.services.alerts.receivers import Inbox, webhook

PRESSES, MOST_TIMES_IDLE = 24, 2.0
WITHIN_S = 420.0
NAMES, PROMPTS, REPETITIONS = ("Harbour", "Meadow"), 4, 3
CATEGORIES = ("billing", "coding", "legal", "medical", "returns", "safety", "support", "travel")
WORSE = {"Meadow": Truth(points=-0.6)}
HOOK = "WATCHING_ALERT_URL"
STALL_S = 3.0
PLAN = PlantedPlan(first_byte_ms=50, first_visible_ms=80, total_ms=200, text="I looked it up: it comes on Friday.")


def run(presses: int = PRESSES) -> dict[str, Any]:
    """Median ms to the next pair meanwhile, over that before it with the same raters at work; at most 2."""
    inbox = Inbox(stall_s=STALL_S)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, ExitStack() as stack:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGS)
        stack.callback(browser.close)
        hook = f"json://127.0.0.1:{stack.enter_context(webhook(inbox))}/"
        address = f"sqlite:///{folder}/evenhand.db"
        desk = Desk(browser, stack.enter_context(app("streamlit_app.py", folder, **{HOOK: hook})), address)
        page = desk.open()
        engine = open_engine(address)
        stack.callback(engine.dispose)
        made = _weeks(engine)
        server = stack.enter_context(planted(PLAN))
        _wait(page, engine, DriftCheck, 1)
        stack.enter_context(desk.raters_at_work())
        idle = pressed(page, presses)
        _set_going(made, server)
        meanwhile, done = _pressed_until_done(page, engine, made, presses)
    value = statistics.median(meanwhile) / statistics.median(idle)
    detail = {
        "idle_ms": round(statistics.median(idle)),
        "while_watching_ms": round(statistics.median(meanwhile)),
        "slowest_ms": {"idle": round(max(idle)), "while watching": round(max(meanwhile))},
        "presses_meanwhile": len(meanwhile),
        "meanwhile": done,
        "messages_taken": sum(inbox.taken().values()),
    }
    return {
        "name": "key_press_while_watching",
        "value": round(value, 2),
        "goal": f"<= {MOST_TIMES_IDLE:g} x idle",
        "met": bool(value <= MOST_TIMES_IDLE and all(done.values())),
        "detail": detail,
    }


def _weeks(engine: Engine) -> Weeks:
    """A baseline of three runs and one after it; the app checks the last."""
    made = weeks(engine, names=NAMES, categories=CATEGORIES, prompts=PROMPTS, dataset="Weekly")
    for _ in range(4):
        made.run()
    _score(made)
    return made


def _score(made: Weeks) -> None:
    """In this process, as a worker scores its run in its own."""
    scoring.score_missing(made.engine, dataset_id=made.dataset, run_id=None, now=datetime.now(UTC))


def _set_going(made: Weeks, server: PlantedServer) -> None:
    """A schedule that is due, a destination, and two runs in which a candidate got worse: one may be chance."""
    now = datetime.now(UTC)

    def ordered(session: Session) -> None:
        asked = Candidate(
            name="Scheduled", provider="vllm", model="planted", position=storing.next_position(session), created_at=now,
            settings={"base_url": server.base_url, "max_tokens": 40},
        )  # fmt: skip
        session.add(asked)
        session.flush()
        draft = schedules.ScheduleDraft(
            dataset="Weekly", cron="0 6 * * 0", candidate_ids=(asked.id or 0,), repetitions=REPETITIONS
        )
        schedule = schedules.add(session, draft, now=now)
        schedule.next_run_at = now - timedelta(seconds=1)
        session.add(schedule)
        alerts.destinations.add(session, "Team", HOOK, now=now)

    write(made.engine, ordered)
    for _ in range(2):
        made.run(WORSE)
    _score(made)


def _pressed_until_done(page: Page, engine: Engine, made: Weeks, presses: int) -> tuple[list[float], dict[str, int]]:
    until = time.monotonic() + WITHIN_S

    def over() -> bool:
        return all(_done(engine).values()) or time.monotonic() > until

    found = pressed(page, 10_000, until=over, every_ms=1_000)  # at full pace the pairs come to an end before
    made.run(WORSE)
    _score(made)
    return [*found, *pressed(page, presses)], _done(engine)


def _done(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:

        def count(table: type, *where: Any) -> int:
            return int(session.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())

        return {
            "schedules_fired": count(ScheduleFire, ScheduleFire.outcome == "ran"),
            "checks_after_the_first": max(0, count(DriftCheck, DriftCheck.is_whole) - 1),
            "alarms": count(DriftFinding, DriftFinding.tier == "alarm"),
            "messages_sent": count(AlertDelivery, AlertDelivery.state == "sent"),
        }


def _wait(page: Page, engine: Engine, table: type, least: int) -> None:
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        with reading(engine) as session:
            if int(session.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()) >= least:
                return
        page.wait_for_timeout(500)
    raise TimeoutError(f"no {table.__name__} came")
