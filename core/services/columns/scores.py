"""What evaluators say of responses, one row a response, read from the facts."""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlmodel import Session

from core.services.columns.facts import AT_ONCE, rows_of
from core.services.columns.parts import Chosen, within
from core.storage.engine import reading
from core.storage.tables import metadata

_score, _response = metadata.tables["score"], metadata.tables["response"]
Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
SCORES, SCORES_LAYOUT, SCORES_CHUNK = "scores", "1", 2**18
_MOST_THREADS = 4
NOT_THERE, UNSCORED, NO_CASE = np.nan, -1.0, 2.0
"""No score; the evaluator looked and could not tell; it has nothing to say."""


def of_responses(
    session: Session, evaluators: Sequence[int], of: Ids, chosen: Chosen | None = None
) -> Iterator[tuple[Ids, Floats]]:
    """(places in ``of``, [places, evaluators] the values), some thousands at a time; places without any are left out.

    ``of``: the responses' ids, ascending; ``chosen``: the runs they are of, None where they are all in their range.
    """
    if not len(of) or not evaluators:
        return
    s = _score.c
    value = sa.case((s.applies.is_(False), NO_CASE), (s.value.is_(None), UNSCORED), else_=s.value)
    pivoted = [sa.func.max(value).filter(s.evaluator_id == evaluator) for evaluator in evaluators]
    query = sa.select(s.response_id, *pivoted).where(s.response_id.between(int(of[0]), int(of[-1])))
    # By the responses' range: an index by evaluator leads to rows that lie anywhere, as SQLite would have it.
    query = query.where((s.evaluator_id + 0).in_(evaluators)).group_by(s.response_id)
    if chosen is not None:
        query = query.join(_response, _response.c.id == s.response_id).where(within(_response, chosen))
    for rows in rows_of(session, query):
        values = np.array(rows, dtype=float)
        place, here = places(of, values[:, 0].astype(np.int64))
        yield place[here], values[here, 1:]


def in_pieces(engine: Engine, evaluators: Sequence[int], of: Ids, *, ahead: bool) -> Iterator[Floats]:
    """[some responses, evaluators] the values of all responses between the first and the last of ``of``, in order.

    ``ahead``: several pieces are read at once, for SQLite adds up without holding the interpreter.
    """
    pieces = [of[begin : begin + AT_ONCE] for begin in range(0, len(of), AT_ONCE)]
    read = partial(_piece, engine, evaluators)
    at_once = min(os.cpu_count() or 1, _MOST_THREADS) if ahead and len(pieces) > 1 else 0
    if not at_once:
        yield from map(read, pieces)
        return
    with ThreadPoolExecutor(at_once) as threads:
        waiting: deque[Future[Floats]] = deque()
        for piece in pieces:
            waiting.append(threads.submit(read, piece))
            if len(waiting) > 2 * at_once:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _piece(engine: Engine, evaluators: Sequence[int], of: Ids) -> Floats:
    found = np.full((len(of), len(evaluators)), NOT_THERE)
    with reading(engine) as session:
        for place, values in of_responses(session, evaluators, of):
            found[place] = values
    return found


def places(of: Ids, wanted: Ids) -> tuple[Ids, NDArray[np.bool_]]:
    """Where each of ``wanted`` stands in ``of`` (ascending), and whether it is there."""
    if not len(of):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=bool)
    place = np.minimum(np.searchsorted(of, wanted), len(of) - 1)
    return place, of[place] == wanted
