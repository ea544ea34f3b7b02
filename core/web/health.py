"""/healthz for whoever restarts the app, /metrics for Prometheus. Neither names a candidate or a person."""

import logging
from datetime import UTC, datetime

from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.services.counts import count_workspace
from core.storage.engine import get_engine, reading
from core.web.lifespan import Background

_log = logging.getLogger(__name__)
_NO_STORE = {"Cache-Control": "no-store"}


def health_routes(background: Background) -> list[Route]:
    """The two routes, for the scheduler of this process."""

    def healthz(_request: Request) -> Response:
        parts = {"database": _database(), "scheduler": _scheduler(background)}
        good = all(state == "ok" for state in parts.values())
        answer = {"status": "ok" if good else "failing", **parts}
        return JSONResponse(answer, status_code=200 if good else 503, headers=_NO_STORE)

    def metrics(_request: Request) -> Response:
        with reading(get_engine()) as session:
            counts = count_workspace(session)
        lines = [line for name, (what, n) in counts.items() for line in _gauge(f"evenhand_{name}", what, n)]
        lines += _gauge("evenhand_uptime_seconds", "Seconds since this process started.", _uptime_s(background))
        lines += _gauge("evenhand_scheduler_running", "1 while background jobs run.", int(background.is_running))
        return PlainTextResponse(
            "\n".join(lines) + "\n", media_type="text/plain; version=0.0.4; charset=utf-8", headers=_NO_STORE
        )

    return [Route("/healthz", healthz, methods=["GET"]), Route("/metrics", metrics, methods=["GET"])]


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
    return 0.0 if background.started_at is None else (datetime.now(UTC) - background.started_at).total_seconds()
