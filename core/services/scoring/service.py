"""Scoring responses with the evaluators that ask no model; done again, it changes nothing."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from core import clock
from core.domain.scoring.base import Score, Subject
from core.services import apart
from core.services.scoring import embedding, gates, records, refusal, subjects
from core.services.scoring import evaluators as known
from core.services.scoring.registry import kind_named
from core.services.scoring.saying import one_by_one, trace
from core.storage.engine import reading, write
from core.storage.tables import Evaluator, metadata

__all__ = ["ensure_defaults", "in_use", "load", "rescore", "score_missing", "score_responses"]

_SAMPLE = "I am sorry to hear that. You will find the answer with them."
_log = logging.getLogger(__name__)
_score, _response, _prompt, _run = (metadata.tables[name] for name in ("score", "response", "prompt", "run"))
IN_BATCHES: dict[str, Callable[[Sequence[Subject], Any], list[Score]]] = {
    embedding.KIND.key: embedding.score_all,
    refusal.KIND.key: refusal.score_all,
}
SLOW_KINDS = frozenset({embedding.KIND.key})
_CHUNK = 250
_SLOW_CHUNK = 16
_TURN_S = 0.02
_LONGEST_REST_S = 1.0
_KEPT_EVERY_S = 5.0
_PAGE = 20_000


def ensure_defaults(engine: Engine, *, now: datetime) -> None:
    """Have the evaluators and gates that every workspace has; those that were retired stay retired."""

    def both(session: Session) -> None:
        known.ensure_defaults(session, now)
        gates.ensure_defaults(session, now)

    write(engine, both)


def load(engine: Engine, run_id: int, *, now: datetime) -> None:
    """Load what scoring a run's responses takes, for whoever counts milliseconds meanwhile: a text of ours is scored.

    It has a reference where a prompt of the run's dataset has one: what compares texts is large.
    """
    prompts = sa.select(_prompt.c.id).join(_run, _run.c.dataset_id == _prompt.c.dataset_id)
    referred = prompts.where(_run.c.id == run_id, _prompt.c.reference.is_not(None)).limit(1)
    with reading(engine) as session:
        has_references = session.execute(referred).first() is not None
    sample = Subject(turns=(_SAMPLE,), reference=(_SAMPLE,) if has_references else ())
    for evaluator in in_use(engine, now):
        list(_scores(evaluator, [sample]))


def score_responses(
    engine: Engine,
    response_ids: Sequence[int],
    *,
    evaluators: Sequence[Evaluator] | None = None,
    now: datetime | None = None,
    gently: bool = False,
) -> int:
    """Score the responses where they lack a score, and return how many scores were written.

    ``evaluators``: by default all in use that ask no model. An evaluator that fails on a response leaves it unscored
    with the reason and stops nobody else. Slow kinds go last, in small batches. ``gently``: rest as long as it works,
    so that pages in the same process go on. Safe beside other processes that score the same responses.
    """
    return _score_all(engine, response_ids, evaluators, now or clock.now(), over=False, gently=gently)


def rescore(
    engine: Engine,
    *,
    run_id: int | None = None,
    dataset_id: int | None = None,
    evaluator_ids: Sequence[int] | None = None,
    now: datetime,
    gently: bool = False,
) -> int:
    """Score responses anew, over what was said before, without asking any model; how many scores were written.

    ``run_id``, ``dataset_id``: of which responses, by default all. ``evaluator_ids``: by default all in use; judges
    among them are left out, see ``judge_run``. ``gently``: as in ``score_responses``, for a process that shows pages.
    """
    with reading(engine) as session:
        chosen = known.scoring(session) if evaluator_ids is None else known.by_id(session, evaluator_ids)
    chosen = [evaluator for evaluator in chosen if evaluator.kind not in known.JUDGES]
    apart.try_again()
    written = 0
    for ids in _pages(engine, run_id, dataset_id):
        written += _score_all(engine, ids, chosen, now, over=True, gently=gently)
    return written


def score_missing(
    engine: Engine,
    *,
    run_id: int | None = None,
    dataset_id: int | None = None,
    evaluators: Sequence[Evaluator] | None = None,
    now: datetime | None = None,
) -> int:
    """Score every response (of a run, of a dataset) that lacks a score, at full speed; by default by all in use."""
    return sum(
        score_responses(engine, ids, evaluators=evaluators, now=now) for ids in _pages(engine, run_id, dataset_id)
    )


def _score_all(
    engine: Engine,
    response_ids: Sequence[int],
    evaluators: Sequence[Evaluator] | None,
    now: datetime,
    *,
    over: bool,
    gently: bool,
) -> int:
    if evaluators is None:
        evaluators = in_use(engine, now)
    quick = [evaluator for evaluator in evaluators if evaluator.kind not in SLOW_KINDS]
    slow = [evaluator for evaluator in evaluators if evaluator.kind in SLOW_KINDS]
    written = 0
    for group, size in ((quick, _CHUNK), (slow, _SLOW_CHUNK)):
        if group:
            for ids in subjects.in_chunks(response_ids, size):
                written += _score_chunk(engine, ids, group, now, over=over, gently=gently)
    return written


def in_use(engine: Engine, now: datetime) -> list[Evaluator]:
    """The evaluators in use that ask no model; in a workspace that never had any, the usual ones are made first."""
    with reading(engine) as session:
        if known.listed(session, with_retired=True):
            return known.scoring(session)
    ensure_defaults(engine, now=now)
    with reading(engine) as session:
        return known.scoring(session)


def _score_chunk(
    engine: Engine, ids: Sequence[int], evaluators: Sequence[Evaluator], now: datetime, *, over: bool, gently: bool
) -> int:
    with reading(engine) as session:
        there = set() if over else _there(session, ids)
        found = subjects.read(session, [id for id in ids if any((id, each.id) not in there for each in evaluators)])
    rest, rows, written, kept_at = _Rest(gently), list[records.ScoreRow](), 0, time.perf_counter()
    for evaluator in evaluators:
        assert evaluator.id is not None
        wanted = [one for one in found if (one.response_id, evaluator.id) not in there]
        for one, said in zip(wanted, _scores(evaluator, [one.subject for one in wanted]), strict=True):
            rows.append(records.row(one.response_id, evaluator.id, said, now))
            if time.perf_counter() - kept_at > _KEPT_EVERY_S:
                written += write(engine, partial(records.save, rows=rows, over=over))
                rows, kept_at = [], time.perf_counter()
            rest.after_a_turn()
    return written + (write(engine, partial(records.save, rows=rows, over=over)) if rows else 0)


def _scores(evaluator: Evaluator, wanted: Sequence[Subject]) -> Iterator[Score]:
    """What the evaluator says of each, a few at a time, or one by one where it has no quicker way or that fails."""
    in_batches = IN_BATCHES.get(evaluator.kind)
    if in_batches is None:
        yield from one_by_one(evaluator, wanted)
        return
    for start in range(0, len(wanted), _SLOW_CHUNK):
        some = wanted[start : start + _SLOW_CHUNK]
        try:
            said = in_batches(some, kind_named(evaluator.kind).params.of(evaluator.params))
        except Exception:
            _log.error("the evaluator %s failed on a batch, going on one by one: %s", evaluator.name, trace())
            yield from one_by_one(evaluator, some)
        else:
            yield from said


class _Rest:
    """Rests as long as it worked, a few hundredths of a second at a time; the interpreter is others' meanwhile."""

    def __init__(self, wanted: bool) -> None:
        self._wanted, self._since = wanted, time.perf_counter()

    def after_a_turn(self) -> None:
        worked = time.perf_counter() - self._since
        if self._wanted and worked > _TURN_S:
            time.sleep(min(worked, _LONGEST_REST_S))
            self._since = time.perf_counter()


def _there(session: Session, ids: Sequence[int]) -> set[tuple[int, int]]:
    query = sa.select(_score.c.response_id, _score.c.evaluator_id).where(_score.c.response_id.in_(ids))
    return {(response_id, evaluator_id) for response_id, evaluator_id in session.execute(query)}


def _pages(engine: Engine, run_id: int | None, dataset_id: int | None) -> Iterator[list[int]]:
    """The ids of the responses, in order, some thousands at a time."""
    query = sa.select(_response.c.id).order_by(_response.c.id).limit(_PAGE)
    if run_id is not None:
        query = query.where(_response.c.run_id == run_id)
    if dataset_id is not None:
        query = query.join(_prompt, _prompt.c.id == _response.c.prompt_id).where(_prompt.c.dataset_id == dataset_id)
    after = 0
    while True:
        with reading(engine) as session:
            ids = list(session.execute(query.where(_response.c.id > after)).scalars())
        if not ids:
            return
        yield ids
        after = ids[-1]
