"""Having columns written beside pages, a run at a time; and all of them anew."""

import time
from datetime import datetime
from functools import partial
from threading import Lock

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from core.services.columns.keeping import all_keys, keep
from core.services.columns.stored import LAYOUTS
from core.storage.engine import reading, write
from core.storage.tables import GOING, metadata

_columns, _chunk, _run = (metadata.tables[name] for name in ("run_columns", "run_columns_chunk", "run"))
_LEAST_REST_S = 10.0
_TIMES_AS_LONG = 10.0
_ORPHANED_S = 300.0
_SWEPT_AT_ONCE = 8
_rests_until: dict[tuple[str, int], float] = {}
_orphans: dict[tuple[str, str], float] = {}
_lock = Lock()


def keep_due(engine: Engine, *, now: datetime) -> int:
    """Write what ended runs lack of their columns, the newest first; how many parts became whole.

    To be called every few seconds: it rests as long as it works, and leaves a run alone ten times as long as that
    took, so that one whose facts change all the time is not written all the time.
    """
    if not _lock.acquire(blocking=False):
        return 0
    try:
        with reading(engine) as session:
            due = [run_id for run_id in _due(session) if _rests_until.get(_place(engine, run_id), 0) < time.monotonic()]
        kept = 0
        for run_id in due:
            began = time.monotonic()
            kept += keep(engine, run_id, now=now, gently=True)
            took = time.monotonic() - began
            _rests_until[_place(engine, run_id)] = time.monotonic() + max(_LEAST_REST_S, _TIMES_AS_LONG * took)
        _sweep(engine, _ORPHANED_S)
        return kept
    finally:
        _lock.release()


def rebuild(engine: Engine, *, now: datetime) -> int:
    """Write the columns of every ended run anew; of how many runs."""
    write(engine, partial(_carry_out, sa.delete(_columns)))
    _sweep(engine, 0.0)
    with reading(engine) as session:
        due = _due(session)
    for run_id in due:
        keep(engine, run_id, now=now)
    return len(due)


def _place(engine: Engine, run_id: int) -> tuple[str, int]:
    return str(engine.url), run_id


def _due(session: Session) -> list[int]:
    """The ended runs that lack columns, the newest first."""
    c, keys = _columns.c, all_keys(session)
    evaluators = {evaluator for _, evaluator in keys}
    current = sa.or_(*((c.part == part) & (c.layout == layout) for part, layout in LAYOUTS.items()))
    whole = sa.select(c.run_id, sa.func.count()).where(c.is_whole, current, c.evaluator_id.in_(evaluators))
    there = {row[0]: row[1] for row in session.execute(whole.group_by(c.run_id))}
    ended = sa.select(_run.c.id).where(_run.c.state.not_in(GOING)).order_by(_run.c.id.desc())
    return [run_id for run_id in session.execute(ended).scalars() if there.get(run_id, 0) < len(keys)]


def _sweep(engine: Engine, after_s: float) -> None:
    """Delete chunks that are nobody's since a while: somebody may be reading them still."""
    lone = sa.select(_chunk.c.token).where(_chunk.c.token.not_in(sa.select(_columns.c.token))).distinct()
    with reading(engine) as session:
        found = {(str(engine.url), token) for token in session.execute(lone).scalars()}
    now = time.monotonic()
    for place in list(_orphans):
        if place[0] == str(engine.url) and place not in found:
            del _orphans[place]
    for place in found:
        if now - _orphans.setdefault(place, now) >= after_s:
            _delete(engine, place[1])


def _delete(engine: Engine, token: str) -> None:
    """A few at a time: others wait to write meanwhile."""
    while True:
        first = sa.select(_chunk.c.number).where(_chunk.c.token == token).order_by(_chunk.c.number)
        with reading(engine) as session:
            numbers = list(session.execute(first.limit(_SWEPT_AT_ONCE)).scalars())
        if not numbers:
            return
        gone = sa.delete(_chunk).where(_chunk.c.token == token, _chunk.c.number.in_(numbers))
        write(engine, partial(_carry_out, gone))


def _carry_out(statement: sa.Delete, session: Session) -> None:
    session.execute(statement)
