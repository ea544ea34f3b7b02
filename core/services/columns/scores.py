"""What evaluators say of responses, read from the facts."""

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

from core.services.columns.facts import AT_ONCE, SPARSE
from core.storage.engine import reading
from core.storage.tables import metadata

_score = metadata.tables["score"]
Floats = NDArray[np.float64]
Ids = NDArray[np.int64]
SCORES, SCORES_LAYOUT, SCORES_CHUNK = "scores", "1", 2**18
_MOST_THREADS = 4
NOT_THERE, UNSCORED, NO_CASE = np.nan, -1.0, 2.0
"""No score; the evaluator looked and could not tell; it has nothing to say."""
_STEPS = 2**62
"""Of a value from 0 to 1 on its way through a text: whole numbers are written quickly, and these tell doubles apart
down to a thousandth."""


def of_responses(session: Session, evaluators: Sequence[int], of: Ids) -> Iterator[tuple[Ids, Ids, Floats]]:
    """(places in ``of``, places in ``evaluators``, values) of the scores there are, some thousand responses at a time.

    ``of``: the responses' ids, ascending.
    """
    column = np.full(max(evaluators, default=0) + 1, -1)
    column[list(evaluators)] = np.arange(len(evaluators))
    for begin in range(0, len(of) if len(evaluators) else 0, AT_ONCE):
        some = of[begin : begin + AT_ONCE]
        response, evaluator, value = _scores(session, some)
        place, here = places(some, response)
        here &= evaluator < len(column)
        here[here] = column[evaluator[here]] >= 0
        yield begin + place[here], column[evaluator[here]], value[here]


def _scores(session: Session, of: Ids) -> tuple[Ids, Ids, Floats]:
    """(response, evaluator, value) of all scores of these responses, and perhaps of some between them.

    Added up to three texts by the database: a row for each score would cost most of the time that reading takes, and
    hold the interpreter. All three are put together in the same order, whichever it is.
    """
    s = _score.c
    steps = sa.cast(s.value * float(_STEPS), sa.BigInteger)
    value = sa.case((s.applies.is_(False), -2), (s.value.is_(None), -1), else_=steps)
    columns = s.response_id - int(of[0]), s.evaluator_id, value
    texts = (sa.func.aggregate_strings(sa.cast(column, sa.String), ",") for column in columns)
    is_sparse = of[-1] - of[0] >= SPARSE * len(of)
    where = s.response_id.in_(of.tolist()) if is_sparse else s.response_id.between(int(of[0]), int(of[-1]))
    row = session.execute(sa.select(*texts).where(where)).one()
    response, evaluator, told = (np.fromstring(text or "", dtype=np.int64, sep=",") for text in row)
    known = np.where(told == -1, UNSCORED, told / float(_STEPS))
    return response + of[0], evaluator, np.where(told == -2, NO_CASE, known)


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
        for place, evaluator, values in of_responses(session, evaluators, of):
            found[place, evaluator] = values
    return found


def places(of: Ids, wanted: Ids) -> tuple[Ids, NDArray[np.bool_]]:
    """Where each of ``wanted`` stands in ``of`` (ascending), and whether it is there."""
    if not len(of):
        return np.zeros(len(wanted), dtype=np.int64), np.zeros(len(wanted), dtype=bool)
    first, span = int(of[0]), int(of[-1] - of[0]) + 1
    if span > SPARSE * len(of):
        place = np.minimum(np.searchsorted(of, wanted), len(of) - 1)
        return place, of[place] == wanted
    at = np.zeros(span, dtype=np.int64)
    at[of - first] = np.arange(len(of))
    place = at[np.clip(wanted - first, 0, span - 1)]
    return place, of[place] == wanted
