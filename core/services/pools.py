"""A study's pool: which responses to which prompts it pairs, blank ones aside. Kept in memory, and it grows there.

While a run goes on every key press finds new responses: reading them all again each time would make raters wait.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import sqlalchemy as sa
from sqlmodel import Session

from core.storage.tables import Study, metadata

_response = metadata.tables["response"]
_prompt = metadata.tables["prompt"]
_dataset = metadata.tables["dataset"]

_MOST_POOLS = 32
_kept: dict[tuple[object, ...], tuple["_Newest", "Pool"]] = {}
_lock = Lock()


@dataclass(frozen=True)
class Pool:
    """``responses``: prompt id → candidate id → response id, the newest of each candidate that is not blank.

    ``prompts_of``: candidate pair (smaller id first) → ids of the prompts that both answered.
    """

    candidates: tuple[int, ...]
    responses: dict[int, dict[int, int]]
    prompts_of: dict[tuple[int, int], tuple[int, ...]]

    @property
    def pairs(self) -> int:
        """How many pairs of responses there are."""
        return sum(len(prompts) for prompts in self.prompts_of.values())


@dataclass(frozen=True)
class _Newest:
    """What there was when a pool was read: the last response's id and time, and how many there were."""

    id: int = 0
    at: datetime | None = None
    count: int = 0


def pool_of(session: Session, study: Study) -> Pool:
    """The pool of ``study``, from memory with what has come since; read anew where anything went."""
    scope = (study.dataset_id, tuple(study.categories or ()), tuple(study.candidate_ids or ()))
    key = (str(session.get_bind().engine.url), study.id, scope)
    newest = _newest(session)
    seen, pool = _kept.get(key, (_Newest(), _EMPTY))
    if newest == seen:
        return pool
    if not _only_grew(session, seen, newest):
        seen, pool = _Newest(), _EMPTY
    pool = _with(pool, _responses(session, study, after=seen.id, until=newest.id))
    with _lock:
        while len(_kept) >= _MOST_POOLS and key not in _kept:
            _kept.pop(next(iter(_kept)))
        _kept[key] = (newest, pool)
    return pool


_EMPTY = Pool((), {}, {})


def _newest(session: Session) -> _Newest:
    last = sa.select(_response.c.created_at).order_by(_response.c.id.desc()).limit(1).scalar_subquery()
    found = session.execute(sa.select(sa.func.max(_response.c.id), last, sa.func.count(_response.c.id))).one()
    return _Newest(found[0] or 0, found[1], found[2])


def _only_grew(session: Session, seen: _Newest, newest: _Newest) -> bool:
    """Whether all that is new has ids after ``seen``: nothing was deleted, nor became visible late with a lower id."""
    is_new = (_response.c.id > seen.id) & (_response.c.id <= newest.id)
    last = sa.select(_response.c.created_at).where(_response.c.id == seen.id).scalar_subquery()
    at, count = session.execute(sa.select(last, sa.func.count(_response.c.id)).where(is_new)).one()
    return bool(at == seen.at and count == newest.count - seen.count)


def _responses(session: Session, study: Study, *, after: int, until: int) -> Iterable[tuple[int, int, int]]:
    """(prompt, candidate, its newest response that is not blank) of the study, of responses with ids in between."""
    query = (
        sa.select(_response.c.prompt_id, _response.c.candidate_id, sa.func.max(_response.c.id))
        .join(_prompt, _prompt.c.id == _response.c.prompt_id)
        .join(_dataset, _dataset.c.id == _prompt.c.dataset_id)
        .where(_response.c.words > 0, _response.c.id > after, _response.c.id <= until)
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
    return ((row[0], row[1], row[2]) for row in session.execute(query))


def _with(pool: Pool, rows: Iterable[tuple[int, int, int]]) -> Pool:
    """The pool and these responses, each newer than what the pool has of its candidate to its prompt."""
    responses = dict(pool.responses)
    fresh: dict[int, dict[int, int]] = {}
    gained: dict[tuple[int, int], list[int]] = defaultdict(list)
    candidates = set(pool.candidates)
    for prompt_id, candidate_id, response_id in rows:
        if prompt_id not in fresh:
            fresh[prompt_id] = responses[prompt_id] = dict(responses.get(prompt_id, {}))
        by_candidate = fresh[prompt_id]
        if candidate_id not in by_candidate:
            candidates.add(candidate_id)
            for other in by_candidate:
                gained[min(other, candidate_id), max(other, candidate_id)].append(prompt_id)
        by_candidate[candidate_id] = response_id
    more = {pair: (*pool.prompts_of.get(pair, ()), *prompts) for pair, prompts in gained.items()}
    return Pool(tuple(sorted(candidates)), responses, pool.prompts_of | more)
