"""/healthz for whoever restarts the app: whether the database answers and the scheduler lives. It names nobody."""

import logging

from sqlalchemy import text
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core import clock
from core.storage.engine import get_engine
from core.web.lifespan import Background
from core.web.metrics import metrics_route

_log = logging.getLogger(__name__)
_NO_STORE = {"Cache-Control": "no-store"}


def health_routes(background: Background) -> list[Route]:
    """/healthz and /metrics, for the scheduler of this process."""

    def healthz(_request: Request) -> Response:
        parts = {"database": _database(), "scheduler": _scheduler(background)}
        good = all(state == "ok" for state in parts.values())
        answer = {"status": "ok" if good else "failing", **parts}
        return JSONResponse(answer, status_code=200 if good else 503, headers=_NO_STORE)

    return [Route("/healthz", healthz, methods=["GET"]), metrics_route(background)]


def _database() -> str:
    try:
        with get_engine().connect() as connection:
            connection.execute(text("SELECT 1"))
    except Exception:
        _log.exception("the database does not answer")
        return "does not answer"
    return "ok"


def _scheduler(background: Background) -> str:
    """In words what is the matter, each job with since when; "ok" where nothing is."""
    if not background.is_running or background.scheduler is None:
        return "stopped"
    now = clock.now()
    said = [words for turn in background.turns.all() if (words := turn.in_words(now))]
    if not background.scheduler.is_alive:
        said.insert(0, "dead: the thread that gives jobs their turns has ended; restart the app")
    return "; ".join(said) or "ok"
