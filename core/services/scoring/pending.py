"""Finding the responses that an evaluator has not seen yet, a little at a time, beside pages in the same process."""

from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import sqlalchemy as sa
from sqlalchemy import Engine

from core import clock
from core.services.scoring.service import SLOW_KINDS, in_use, score_responses
from core.storage.engine import reading
from core.storage.tables import metadata

_response, _score = metadata.tables["response"], metadata.tables["score"]
_WINDOW = 5_000
_MOST_WINDOWS = 4
_SLOW_LIMIT = 20


@dataclass
class _Search:
    """Responses up to ``scored`` have what ``evaluators`` say of them; from there on it is looked.

    ``again`` looks at those behind it once more, a window at a time: on PostgreSQL an id may become visible after a
    larger one.
    """

    evaluators: frozenset[int]
    scored: int = 0
    again: int = 0


_searches: dict[tuple[str, bool], _Search] = {}
_lock = Lock()


def score_pending(engine: Engine, *, limit: int = 200, now: datetime | None = None) -> int:
    """Score at most ``limit`` responses that lack a score, and return how many scores were written.

    0: none was found to be missing. To be called every few seconds: it rests as long as it works, so that pages go
    on, and slow kinds have their turn when the quick ones are done, a few responses at a time.
    """
    now = now or clock.now()
    evaluators = in_use(engine, now)
    with _lock:
        for is_slow, most in ((False, limit), (True, min(limit, _SLOW_LIMIT))):
            group = [evaluator for evaluator in evaluators if (evaluator.kind in SLOW_KINDS) is is_slow]
            ids = frozenset(evaluator.id for evaluator in group if evaluator.id is not None)
            if ids and (lacking := _lacking(engine, ids, is_slow)):
                return score_responses(engine, lacking[:most], evaluators=group, now=now, gently=True)
    return 0


def _lacking(engine: Engine, evaluators: frozenset[int], is_slow: bool) -> list[int]:
    place = (str(engine.url), is_slow)
    search = _searches.get(place)
    if search is None or search.evaluators != evaluators:
        search = _searches[place] = _Search(evaluators)
    for _ in range(_MOST_WINDOWS):
        ids, lacking = _window(engine, search.scored, evaluators)
        if lacking:
            search.scored = lacking[0] - 1
            return lacking
        if not ids:
            break
        search.scored = ids[-1]
    ids, lacking = _window(engine, search.again, evaluators)
    if not lacking:
        search.again = ids[-1] if ids and ids[-1] < search.scored else 0
    return lacking


def _window(engine: Engine, after: int, evaluators: frozenset[int]) -> tuple[list[int], list[int]]:
    """(the next responses' ids after one, those of them that lack a score), in order."""
    ids = sa.select(_response.c.id).where(_response.c.id > after).order_by(_response.c.id).limit(_WINDOW).subquery()
    on = (_score.c.response_id == ids.c.id) & _score.c.evaluator_id.in_(evaluators)
    query = sa.select(ids.c.id, sa.func.count(_score.c.evaluator_id)).select_from(ids.outerjoin(_score, on))
    with reading(engine) as session:
        rows = session.execute(query.group_by(ids.c.id).order_by(ids.c.id)).all()
    return [row[0] for row in rows], [row[0] for row in rows if row[1] < len(evaluators)]
