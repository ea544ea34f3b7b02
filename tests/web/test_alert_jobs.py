"""The app itself sends alerts and lets the rules look; a receiver that stalls holds up nothing of it."""

import asyncio
from threading import Thread

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from core import clock
from core.domain.alerts import AlertKind, Severity
from core.services import alerts
from core.services.alerts import Delivery, Raised
from core.services.runs import carry_out
from core.storage.engine import reading, writing
from core.storage.tables import AlertDelivery, AlertRule
from core.web.lifespan import Background
from tests.planted import PlantedPlan, PlantedServer
from tests.services.alerts.receivers import Inbox, webhook
from tests.services.alerts.test_delivering import wait_until
from tests.services.runs.evaluations import make, planned


def raise_to(engine: Engine, monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setenv("TEAM_ALERT_URL", f"json://127.0.0.1:{port}/")
    with writing(engine) as session:
        alerts.destinations.add(session, "Team", "TEAM_ALERT_URL", now=clock.now())
        what = Raised(AlertKind.DRIFT, "drift", "It moved", "By much.", "/drift", Severity.URGENT)
        assert alerts.raise_alert(session, what, now=clock.now())


def deliveries(engine: Engine) -> list[AlertDelivery]:
    with reading(engine) as session:
        return list(session.exec(select(AlertDelivery)).all())


def test_the_app_sends_what_is_raised_and_lets_the_rules_look(workspace: Engine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EVENHAND_DEMO", "0")
    inbox, background = Inbox(), Background()

    async def serve() -> None:
        async with background.lifespan(None):
            raise_to(workspace, monkeypatch, port)
            await asyncio.to_thread(wait_until, lambda: [row.state for row in deliveries(workspace)] == ["sent"])
            background.scheduler.get_job("rules of alerts").func()

    with webhook(inbox) as port:
        asyncio.run(serve())
    assert sum(inbox.taken().values()) == 1
    assert [turn.problem for turn in background.turns.all() if turn.problem] == []
    with reading(workspace) as session:
        assert any(row.checked_at for row in session.exec(select(AlertRule)).all())


def test_a_run_comes_to_its_end_while_a_receiver_stalls_and_stopping_does_not_wait_for_it(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    server = PlantedServer()
    server.use(PlantedPlan())
    inbox = Inbox(stall_s=60)
    delivery = Delivery(sqlite_engine, now=clock.now)
    with webhook(inbox) as port:
        raise_to(sqlite_engine, monkeypatch, port)
        thread = Thread(target=delivery.turn)
        thread.start()
        try:
            wait_until(lambda: bool(inbox.received))
            run_id = planned(sqlite_engine, make(sqlite_engine, server.base_url))
            assert carry_out(sqlite_engine, run_id, score=False).state == "done"
            assert thread.is_alive(), "the receiver still says nothing"
        finally:
            delivery.stop()
            thread.join(20)
            server.close()
    assert not thread.is_alive()
    (row,) = deliveries(sqlite_engine)
    assert (row.state, row.attempts, row.claimed_by) == ("due", 1, None)
    assert row.problem == "Evenhand was stopped meanwhile."
