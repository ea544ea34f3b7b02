"""What the workspace does by itself to watch: schedules, drift, rules, alerts; in the app or apart from it."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from core import clock
from core.services import alerts, routing
from core.services.large import is_large
from core.services.watching import drift, rules, schedules
from core.services.watching.beside import Beside


@dataclass(frozen=True)
class Job:
    """Something to be done every so many seconds; safe beside the same job in another process."""

    every_s: int
    name: str
    turn: Callable[[], object]


def heavy_jobs(engine: Engine) -> tuple[Job, ...]:
    """The jobs that read all responses of a dataset."""
    return (
        Job(30, "drift", lambda: drift.check_due(engine, now=clock.now())),
        Job(60, "drift replay", lambda: drift.replay_all_due(engine)),
        Job(20, "routes", lambda: routing.propose_due(engine, now=clock.now(), unchecked=drift.due)),
        Job(20, "rules of alerts", lambda: rules.look(engine)),
    )


class Watch:
    """The jobs of one process. ``stop`` ends what a receiver of alerts may keep waiting, and the process beside it."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._beside = engine, Beside(engine)
        self._alerts = alerts.Delivery(engine, now=clock.now)
        self.jobs = (
            Job(5, "schedules", lambda: schedules.tick(engine, now=clock.now())),
            *(Job(job.every_s, job.name, self._here_or_beside(job)) for job in heavy_jobs(engine)),
            # By itself, so that a receiver that stalls keeps no rule from looking.
            Job(3, "alerts to send", self._alerts.turn),
        )

    def stop(self) -> None:
        """Let the message that is being sent go, to be sent again by whoever comes next."""
        self._alerts.stop()
        self._beside.stop()

    def _here_or_beside(self, job: Job) -> Callable[[], object]:
        def turn() -> None:
            if is_large(self._engine):
                self._beside.ensure()
            else:
                job.turn()

        return turn
