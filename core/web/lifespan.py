"""What starts once per process and stops with it: the schema, the workspace, the first link, the scheduler."""

import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy import Engine

from core import clock
from core.services import apart, columns
from core.services.demo.finishing import finish_demo
from core.services.demo.opening import prepare_workspace
from core.services.leaderboards.weighting import refresh_stale
from core.services.people.people import first_admin_link
from core.services.runs import workers
from core.services.scoring import score_pending
from core.services.studies import preferences
from core.services.studies.assigning import release_abandoned
from core.services.watching.jobs import Watch
from core.settings import AuthMode, get_settings
from core.storage.engine import get_engine, write
from core.storage.schema import upgrade
from core.web.log import set_up_logs
from core.web.turns import Turns, WatchedScheduler
from core.web.warming import compute_first, freeze_loaded, warm_up

_log = logging.getLogger(__name__)


class Background:
    """The process's scheduler; ``turns`` tells when each of its jobs had a turn, and which failed."""

    def __init__(self) -> None:
        self.scheduler: WatchedScheduler | None = None
        self.started_at: datetime | None = None
        self.turns = Turns()
        self._watch: Watch | None = None

    @asynccontextmanager
    async def lifespan(self, _app: object) -> AsyncIterator[None]:
        """Bring the database up to date, open the workspace, run the jobs until the server stops."""
        set_up_logs()
        engine = get_engine()
        _open_workspace(engine)
        warm_up(engine)
        self._start(engine)
        try:
            yield
        finally:
            self._stop()

    @property
    def is_running(self) -> bool:
        """Whether jobs are being run."""
        return self.scheduler is not None and bool(self.scheduler.running)

    def _start(self, engine: Engine) -> None:
        # That a turn is skipped while the last one still works is as it should be, and no warning.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        one_at_a_time = {"coalesce": True, "max_instances": 1}
        self.scheduler = WatchedScheduler(
            timezone=UTC, job_defaults=one_at_a_time, executors={"default": {"type": "threadpool", "max_workers": 16}}
        )
        self._every(3, "tallies", lambda: refresh_stale(engine, now=clock.now()))
        self._every(2, "runs", lambda: workers.ensure(engine))
        self._every(5, "scores", lambda: _score(engine))
        self._every(3, "pairs to draw", lambda: preferences.refresh(engine))
        self._every(10, "columns", lambda: _keep_columns(engine))
        self._every(10, "what was loaded", freeze_loaded)
        if get_settings().scheduler:
            self._watch = Watch(engine)
            for job in self._watch.jobs:
                self._every(job.every_s, job.name, job.turn)
        self._every(60, "leases", lambda: release_abandoned(engine, clock.now()))
        self.scheduler.start()
        self.started_at = clock.now()

    def _stop(self) -> None:
        if self._watch is not None:
            self._watch.stop()
        if self.scheduler is not None and self.scheduler.running:
            self.scheduler.shutdown(wait=True)
        workers.stop()
        apart.stop()
        get_engine().dispose()

    def _every(self, seconds: int, name: str, job: Callable[[], object]) -> None:
        def turn() -> None:
            try:
                with self.turns.turn(name):
                    job()
            except Exception:
                _log.exception("the background job %s failed and will be tried again", name)

        assert self.scheduler is not None
        self.turns.expect(name, seconds)
        self.scheduler.add_job(turn, "interval", seconds=seconds, id=name)


def _score(engine: Engine) -> None:
    """The demo's texts first, each once however often it was given."""
    if not finish_demo(engine, now=clock.now(), gently=True):
        score_pending(engine)


def _keep_columns(engine: Engine) -> None:
    """What was written anew changes what pages show: it is computed before somebody looks."""
    if columns.keep_due(engine, now=clock.now()):
        compute_first(engine)


def _open_workspace(engine: Engine) -> None:
    settings = get_settings()
    upgrade(engine)
    prepare_workspace(engine, demo=settings.demo, now=clock.now())
    sys.stdout.write(f"\nEvenhand answers at {settings.base_url.rstrip('/')}\n")
    if settings.auth is AuthMode.LINK:
        token = write(engine, lambda session: first_admin_link(session, clock.now()))
        if token is not None:
            sys.stdout.write(f"\nSign in as the first admin, once: {settings.base_url.rstrip('/')}/join/{token}\n\n")
    sys.stdout.flush()
