"""/healthz for whoever restarts the app, /metrics for Prometheus. Neither names a candidate or a person."""

import hmac
import logging
from threading import Lock
from time import monotonic

from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core import clock
from core.services.workspace import count_workspace
from core.settings import get_settings
from core.storage.engine import get_engine, reading
from core.web.headers import stays_here
from core.web.lifespan import Background

_log = logging.getLogger(__name__)
_NO_STORE = {"Cache-Control": "no-store"}
COUNTED_EVERY_S = 15.0
_NO_METRICS = (
    "Metrics are read on this machine itself, or with the token: set EVENHAND_METRICS_TOKEN and send it as "
    "'Authorization: Bearer …'.\n"
)


def health_routes(background: Background) -> list[Route]:
    """The two routes, for the scheduler of this process."""

    def healthz(_request: Request) -> Response:
        parts = {"database": _database(), "scheduler": _scheduler(background)}
        good = all(state == "ok" for state in parts.values())
        answer = {"status": "ok" if good else "failing", **parts}
        return JSONResponse(answer, status_code=200 if good else 503, headers=_NO_STORE)

    counts = _Counts()

    def metrics(request: Request) -> Response:
        if not _may_read(request):
            return PlainTextResponse(_NO_METRICS, 401, headers={**_NO_STORE, "WWW-Authenticate": "Bearer"})
        lines = [line for name, (what, n) in counts.now().items() for line in _gauge(f"evenhand_{name}", what, n)]
        lines += _gauge("evenhand_uptime_seconds", "Seconds since this process started.", _uptime_s(background))
        lines += _gauge("evenhand_scheduler_running", "1 while background jobs run.", int(background.is_running))
        return PlainTextResponse(
            "\n".join(lines) + "\n", media_type="text/plain; version=0.0.4; charset=utf-8", headers=_NO_STORE
        )

    return [Route("/healthz", healthz, methods=["GET"]), Route("/metrics", metrics, methods=["GET"])]


class _Counts:
    """What the workspace holds, counted when it is asked for and at most every 15 s."""

    def __init__(self) -> None:
        self._lock, self._found, self._at = Lock(), dict[str, tuple[str, int]](), 0.0

    def now(self) -> dict[str, tuple[str, int]]:
        """Name of each count → what it counts, how many."""
        with self._lock:
            if not self._found or monotonic() - self._at >= COUNTED_EVERY_S:
                with reading(get_engine()) as session:
                    self._found, self._at = count_workspace(session), monotonic()
            return self._found


def _may_read(request: Request) -> bool:
    """Whether the request comes from this machine itself, or carries the installation's token."""
    token = get_settings().metrics_token
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if token is not None and token.get_secret_value() and kind.lower() == "bearer":
        wanted = token.get_secret_value().encode()
        return hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), wanted)
    return stays_here(request.scope)


def _database() -> str:
    try:
        with get_engine().connect() as connection:
            connection.execute(text("SELECT 1"))
    except Exception:
        _log.exception("the database does not answer")
        return "does not answer"
    return "ok"


def _scheduler(background: Background) -> str:
    if not background.is_running:
        return "stopped"
    if background.problems:
        return "failing: " + ", ".join(sorted(background.problems))
    return "ok"


def _gauge(name: str, what: str, value: float) -> list[str]:
    return [
        f"# HELP {name} {what}",
        f"# TYPE {name} gauge",
        f"{name} {value:g}" if value < 1e6 else f"{name} {value:.0f}",
    ]


def _uptime_s(background: Background) -> float:
    return 0.0 if background.started_at is None else (clock.now() - background.started_at).total_seconds()
