"""A study's pool: which responses to which prompts it pairs, all but blank and cut-short ones.

Kept in memory, and it grows there.

While a run goes on every key press finds new responses: reading them all again each time would make raters wait.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import sqlalchemy as sa
from cachetools import LRUCache
from sqlmodel import Session

from core.domain.answering import INCOMPLETE
from core.storage.tables import Study, metadata

_response = metadata.tables["response"]
_prompt = metadata.tables["prompt"]
_dataset = metadata.tables["dataset"]
_removed = metadata.tables["responses_removed"]

_MOST_POOLS = 32
_MOST_GAPS = 50
_kept: LRUCache[tuple[object, ...], tuple["_Seen", "Pool"]] = LRUCache(_MOST_POOLS)
_lock = Lock()

Gap = tuple[int, int]
"""Ids, from the first to the last, that no response had when the others were read."""


@dataclass(frozen=True)
class Pool:
    """``responses``: prompt id → candidate id → response id, the newest of each that is neither blank nor cut short.

    ``prompts_of``: candidate pair (smaller id first) → ids of the prompts that both answered. ``reruns``: ids of the
    prompts that some candidate has answered more than once.
    """

    candidates: tuple[int, ...]
    responses: dict[int, dict[int, int]]
    prompts_of: dict[tuple[int, int], tuple[int, ...]]
    reruns: frozenset[int] = frozenset()

    @property
    def pairs(self) -> int:
        """How many pairs of newest responses there are."""
        return sum(len(prompts) for prompts in self.prompts_of.values())

    def newest(self, prompt: int, candidates: tuple[int, int]) -> tuple[int, int]:
        """The ids of both candidates' newest responses to a prompt that both answered."""
        by_candidate = self.responses[prompt]
        return by_candidate[candidates[0]], by_candidate[candidates[1]]


@dataclass(frozen=True)
class _Newest:
    """The last response's id and time, and how many responses were ever deleted."""

    id: int = 0
    at: datetime | None = None
    removed: int = 0


@dataclass(frozen=True)
class _Seen:
    """What there was when a pool was read."""

    newest: _Newest = _Newest()
    gaps: tuple[Gap, ...] = ()
    """The newest ids left out, which may still become visible."""


def pool_of(session: Session, study: Study) -> Pool:
    """The pool of ``study``, from memory with what has come since; read anew where anything went."""
    scope = (study.dataset_id, tuple(study.categories or ()), tuple(study.candidate_ids or ()))
    key = (str(session.get_bind().engine.url), study.id, scope)
    newest = _newest(session)
    with _lock:
        seen, pool = _kept.get(key, (_Seen(), _EMPTY))
    only_grew = _only_grew(session, seen, newest)
    if only_grew and newest == seen.newest:
        return pool
    if not only_grew:
        seen, pool = _Seen(), _EMPTY
    gaps = _gaps(session, after=seen.newest.id, until=newest.id)
    pool = _with(pool, _responses(session, study, after=seen.newest.id, until=newest.id))
    with _lock:
        _kept[key] = (_Seen(newest, (*seen.gaps, *gaps)[-_MOST_GAPS:]), pool)
    return pool


_EMPTY = Pool((), {}, {})


def _newest(session: Session) -> _Newest:
    """Asked once a transaction, and without counting: a key press must not read all responses."""
    transaction = session.get_transaction()
    newest: _Newest
    asked, newest = session.info.get(_Newest, (None, _Newest()))
    if asked is None or asked is not transaction:
        last = sa.select(_response.c.id, _response.c.created_at).order_by(_response.c.id.desc()).limit(1).subquery()
        removed = sa.select(sa.func.coalesce(sa.func.max(_removed.c.total), 0).label("total")).subquery()
        found = session.execute(
            sa.select(last.c.id, last.c.created_at, removed.c.total).select_from(
                removed.outerjoin(last, sa.true()),
            )
        ).one()
        newest = _Newest(found[0] or 0, found[1], found[2])
        session.info[_Newest] = (session.get_transaction(), newest)
    return newest


def _only_grew(session: Session, seen: _Seen, newest: _Newest) -> bool:
    """Whether all that is new has ids after those seen: nothing was deleted, nor became visible late in a gap."""
    before = seen.newest
    if before.removed != newest.removed or newest.id < before.id or (newest.id == before.id and newest.at != before.at):
        return False
    if not seen.gaps:
        return True
    late = sa.or_(sa.false(), *(_response.c.id.between(first, last) for first, last in seen.gaps))
    return session.execute(sa.select(_response.c.id).where(late).limit(1)).first() is None


def _gaps(session: Session, *, after: int, until: int) -> list[Gap]:
    """The ids in between that no response has, in order: PostgreSQL may show one later than one with a higher id."""
    following = sa.func.lead(_response.c.id).over(order_by=_response.c.id)
    present = sa.select(_response.c.id, following.label("following")).where(
        _response.c.id > after, _response.c.id <= until
    )
    first = session.execute(sa.select(sa.func.min(_response.c.id)).where(_response.c.id > after)).scalar()
    rows = present.subquery()
    apart = sa.select(rows.c.id, rows.c.following).where(rows.c.following > rows.c.id + 1)
    newest = session.execute(apart.order_by(rows.c.id.desc()).limit(_MOST_GAPS)).all()
    before = [(after + 1, first - 1)] if first is not None and first > after + 1 else []
    return before + [(row.id + 1, row.following - 1) for row in reversed(newest)]


def _responses(session: Session, study: Study, *, after: int, until: int) -> Iterable[tuple[int, int, int, int]]:
    """(prompt, candidate, its newest response to show, how many it has) of responses with ids in between."""
    query = (
        sa.select(_response.c.prompt_id, _response.c.candidate_id, sa.func.max(_response.c.id), sa.func.count())
        .join(_prompt, _prompt.c.id == _response.c.prompt_id)
        .join(_dataset, _dataset.c.id == _prompt.c.dataset_id)
        .where(_is_whole(), _response.c.id > after, _response.c.id <= until)
        .group_by(_response.c.prompt_id, _response.c.candidate_id)
    )
    if study.dataset_id is not None:
        query = query.where(_prompt.c.dataset_id == study.dataset_id)
    else:
        query = query.where(_dataset.c.is_demo.is_(False))
    if study.categories:
        query = query.where(_prompt.c.category.in_(study.categories))
    if study.candidate_ids:
        query = query.where(_response.c.candidate_id.in_(study.candidate_ids))
    return ((row[0], row[1], row[2], row[3]) for row in session.execute(query))


def _is_whole() -> sa.ColumnElement[bool]:
    """Nobody would send an empty answer or one that was cut short, so raters are not asked about them."""
    reason = _response.c.finish_reason
    return (_response.c.words > 0) & (reason.is_(None) | reason.not_in(sorted(INCOMPLETE)))


def _with(pool: Pool, rows: Iterable[tuple[int, int, int, int]]) -> Pool:
    """The pool and these responses, each newer than what the pool has of its candidate to its prompt."""
    responses = dict(pool.responses)
    fresh: dict[int, dict[int, int]] = {}
    gained: dict[tuple[int, int], list[int]] = defaultdict(list)
    candidates = set(pool.candidates)
    reruns: set[int] = set()
    for prompt_id, candidate_id, response_id, count in rows:
        if prompt_id not in fresh:
            fresh[prompt_id] = responses[prompt_id] = dict(responses.get(prompt_id, {}))
        by_candidate = fresh[prompt_id]
        if count > 1 or candidate_id in by_candidate:
            reruns.add(prompt_id)
        if candidate_id not in by_candidate:
            candidates.add(candidate_id)
            for other in by_candidate:
                gained[min(other, candidate_id), max(other, candidate_id)].append(prompt_id)
        by_candidate[candidate_id] = response_id
    more = {pair: (*pool.prompts_of.get(pair, ()), *prompts) for pair, prompts in gained.items()}
    return Pool(tuple(sorted(candidates)), responses, pool.prompts_of | more, pool.reruns | reruns)
