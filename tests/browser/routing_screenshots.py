"""Pictures of the Routing page over planted productions, at 1440 and 390 pixels, light and dark.

``python -m tests.browser.routing_screenshots FOLDER [SCENE …]``: changes proposed, a table in force with requests,
nothing to change, no champion, nothing at all, sixty candidates, hostile names.
"""

import sys
import tempfile
from itertools import product
from pathlib import Path

from playwright.sync_api import sync_playwright
from sqlalchemy import Engine
from sqlmodel import Session, select

from core.services.deciding import settings
from core.services.routing import decide, outcomes, propose_due
from core.storage.engine import reading, write
from core.storage.tables import RoutesProposed
from tests.browser.conftest import ARGS, CHROMIUM
from tests.browser.drift_screenshots import HOSTILE, only_planted, take
from tests.browser.server import Server
from tests.decided import Planted, Production, plant
from tests.workspace import NOW

_CHANGING = {
    "A": Planted(0.8, 0.02, 2400.0),
    "B": Planted(0.82, 0.008, 900.0, share_in={"coding": 0.5}),
    "C": Planted(0.5, 0.001, 500.0),
    "D": Planted(0.81, None, 1500.0),
}


def changes(engine: Engine) -> Production:
    """B is cheaper and as good in support; D has no price."""
    made = plant(engine, _CHANGING, prompts=900, repetitions=2)
    propose_due(engine, now=NOW)
    return made


def in_force(engine: Engine) -> None:
    """The same, accepted, with answers a month and requests that were routed."""
    made = changes(engine)
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


def keeps(engine: Engine) -> None:
    """Nobody is proven better or cheaper."""
    plant(engine, {"A": Planted(0.8, 0.01), "B": Planted(0.78, 0.01)}, prompts=60)


def no_champion(engine: Engine) -> None:
    """Nobody is in production."""
    plant(engine, {"A": Planted(0.8), "B": Planted(0.8)}, prompts=20, champion=None)


def empty(_engine: Engine) -> None:
    """Nothing."""


def many(engine: Engine) -> None:
    """Sixty candidates."""
    others = {f"candidate {number:02d}": Planted(0.5 + number / 150, 0.001 + number / 4000) for number in range(60)}
    plant(engine, {"A": Planted(0.8, 0.02), **others}, prompts=400)
    propose_due(engine, now=NOW)


def hostile(engine: Engine) -> None:
    """Names that are markup, and prices that nobody knows."""
    worse = "<script>alert(1)</script> :material/home: $x$ | `y` and a name that goes on and on, for a long while yet"
    plant(engine, {HOSTILE: Planted(0.4, None), worse: Planted(0.9, None)}, prompts=400, champion=HOSTILE,
          dataset="Support <b>*x*</b> $1$")  # fmt: skip
    propose_due(engine, now=NOW)


SCENES = {
    "changes": changes,
    "in_force": in_force,
    "keeps": keeps,
    "no_champion": no_champion,
    "empty": empty,
    "many": many,
    "hostile": hostile,
}


def main() -> None:
    """Make a workspace a scene, start the app over it, take the pictures."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or SCENES:
        with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
            server = Server(f"sqlite:///{scratch}/evenhand.db", Path(scratch, "log"))
            only_planted(server.engine)
            SCENES[name](server.engine)
            server.start()
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
            try:
                for scheme, width in product(("light", "dark"), (1440, 390)):
                    path = folder / f"routing-{name}-{scheme}-{width}"
                    take(browser, f"{server.address}/routing", path, width, scheme)
            finally:
                browser.close()
                server.stop()


if __name__ == "__main__":
    main()
