"""/metrics for Prometheus: what the workspace holds, how its jobs go, and every candidate's figures and verdicts.

Who may read it: this machine itself, not through a proxy, or whoever sends the token. What names a candidate would
unblind a rater, whose browser may well be on this machine or come through a proxy that passes for it: outside local
mode, where whoever comes is the admin, it is told with the token alone.
"""

import hmac
from collections.abc import Iterable, Sequence
from threading import Lock
from time import monotonic

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core import clock
from core.services.workspace import count_workspace
from core.settings import AuthMode, get_settings
from core.storage.engine import get_engine, reading
from core.web import candidate_figures, watching_figures
from core.web.exposition import CONTENT_TYPE, Family, written
from core.web.figures import Figures
from core.web.headers import stays_here
from core.web.lifespan import Background

COUNTED_EVERY_S = 15.0
_NO_STORE = {"Cache-Control": "no-store"}
_NO_METRICS = (
    "Metrics are read on this machine itself, or with the token: set EVENHAND_METRICS_TOKEN and send it as "
    "'Authorization: Bearer …'.\n"
)
_NO_NAMES = "# What names candidates is told with the token alone: set EVENHAND_METRICS_TOKEN.\n"


def metrics_route(background: Background) -> Route:
    """The route, for the scheduler of this process."""
    counts = _Counts()
    parts = (Figures(candidate_figures.compute), Figures(watching_figures.compute))

    def metrics(request: Request) -> Response:
        has_token = _has_token(request)
        if not (stays_here(request.scope) if has_token is None else has_token):
            return PlainTextResponse(_NO_METRICS, 401, headers={**_NO_STORE, "WWW-Authenticate": "Bearer"})
        families = [*counts.now(), *_process(background)]
        if has_token or get_settings().auth is AuthMode.LOCAL:
            said = written([*families, *(family for part in parts for family in part.now())])
        else:
            said = written(families) + _NO_NAMES
        return Response(said, media_type=CONTENT_TYPE, headers=_NO_STORE)

    return Route("/metrics", metrics, methods=["GET"])


class _Counts:
    """What the workspace holds, counted when it is asked for and at most every 15 s."""

    def __init__(self) -> None:
        self._lock, self._found, self._at = Lock(), list[Family](), 0.0

    def now(self) -> Sequence[Family]:
        """A family a count; none names a candidate or a person."""
        with self._lock:
            if not self._found or monotonic() - self._at >= COUNTED_EVERY_S:
                with reading(get_engine()) as session:
                    counted = count_workspace(session)
                self._found = [_single(f"evenhand_{name}", what, n) for name, (what, n) in counted.items()]
                self._at = monotonic()
            return self._found


def _has_token(request: Request) -> bool | None:
    """Whether the request carries the installation's token; None where it brings none, or there is none."""
    token = get_settings().metrics_token
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if token is None or not token.get_secret_value() or kind.lower() != "bearer":
        return None
    return hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), token.get_secret_value().encode())


def _process(background: Background) -> Iterable[Family]:
    """This process: how long it runs, and how its jobs go."""
    started, scheduler = background.started_at, background.scheduler
    uptime = 0.0 if started is None else (clock.now() - started).total_seconds()
    yield _single("evenhand_uptime_seconds", "Seconds since this process started.", uptime)
    running = background.is_running and scheduler is not None and scheduler.is_alive
    yield _single("evenhand_scheduler_running", "1 while background jobs are given turns.", int(running))
    every = Family("evenhand_job_interval_seconds", "How often a background job should have a turn.")
    idle = Family("evenhand_job_idle_seconds", "How long ago its last turn ended.")
    going = Family("evenhand_job_going_seconds", "How long its turn has been going on; 0: it has none now.")
    failing = Family("evenhand_job_failing", "1: its last turn failed.")
    for turn in background.turns.all():
        labels = {"background_job": turn.job}
        every.add(turn.every_s, labels)
        idle.add(turn.idle_s if turn.had_one else None, labels)
        going.add(turn.going_s or 0.0, labels)
        failing.add(int(turn.problem is not None), labels)
    yield from (every, idle, going, failing)


def _single(name: str, what: str, value: float) -> Family:
    family = Family(name, what)
    family.add(value)
    return family
