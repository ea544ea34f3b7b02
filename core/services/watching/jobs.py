"""What the workspace does by itself to watch: schedules, drift, rules, alerts; in the app or apart from it."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from core import clock
from core.services import alerts
from core.services.watching import drift, rules, schedules


@dataclass(frozen=True)
class Job:
    """Something to be done every so many seconds; safe beside the same job in another process."""

    every_s: int
    name: str
    turn: Callable[[], object]


class Watch:
    """The jobs of one process. ``stop`` ends what a receiver of alerts may keep waiting."""

    def __init__(self, engine: Engine) -> None:
        self._alerts = alerts.Delivery(engine, now=clock.now)
        self.jobs = (
            Job(5, "schedules", lambda: schedules.tick(engine, now=clock.now())),
            Job(30, "drift", lambda: drift.check_due(engine, now=clock.now())),
            Job(60, "drift replay", lambda: drift.replay_all_due(engine)),
            Job(20, "rules of alerts", lambda: rules.look(engine)),
            # By itself, so that a receiver that stalls keeps no rule from looking.
            Job(3, "alerts to send", self._alerts.turn),
        )

    def stop(self) -> None:
        """Let the message that is being sent go, to be sent again by whoever comes next."""
        self._alerts.stop()
