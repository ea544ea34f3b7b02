"""Workspaces in which routes change: a table that is proposed, and one in force with requests that were routed."""

from sqlalchemy import Engine
from sqlmodel import Session, select

from core.services.deciding import settings
from core.services.routing import decide, outcomes, propose_due
from core.storage.engine import reading, write
from core.storage.tables import RoutesProposed
from tests.decided import Planted, Production, plant
from tests.workspace import NOW

_CHANGING = {
    "A": Planted(0.8, 0.02, 2400.0),
    "B": Planted(0.82, 0.008, 900.0, share_in={"coding": 0.5}),
    "C": Planted(0.5, 0.001, 500.0),
    "D": Planted(0.81, None, 1500.0),
}


def proposed(engine: Engine) -> Production:
    """B is cheaper and as good in support; D has no price."""
    made = plant(engine, _CHANGING, prompts=900, repetitions=2)
    propose_due(engine, now=NOW)
    return made


def in_force(engine: Engine) -> None:
    """The same, accepted, with answers a month and requests that were routed."""
    made = proposed(engine)
    write(engine, _with_answers)
    with reading(engine) as session:
        version = session.exec(select(RoutesProposed.id)).one()
    write(engine, lambda session: decide(session, version, is_accepted=True, why="Half the price in support.",
                                         person_id=None, now=NOW))  # fmt: skip
    a, b = made.candidates["A"], made.candidates["B"]
    for number in range(40):
        fell = "too_slow" if number % 9 == 0 else None
        outcomes.record(
            engine,
            {
                "dataset": "Support", "proposed_id": version, "category": ("support", "coding", None)[number % 3],
                "primary_id": b, "answered_id": a if fell else b, "fell_back_because": fell,
                "tries": [{"was_sent": True}] * (2 if fell else 1), "latency_ms": 900.0 + 10 * number,
                "first_visible_ms": 200.0, "cost_usd": 0.008, "created_at": NOW,
            },
        )  # fmt: skip


def _with_answers(session: Session) -> None:
    settings.save(session, settings.DecidingParams.defaults(), latency_limit_ms={"support": 5000.0},
                  answers_a_month={"support": 40000.0, "coding": 9000.0})  # fmt: skip
