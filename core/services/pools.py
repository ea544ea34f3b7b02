"""A study's pool: which responses to which prompts it pairs, blank ones aside. In memory while nothing was added."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations
from threading import Lock

import sqlalchemy as sa
from sqlmodel import Session

from core.storage.tables import Study, metadata

_response = metadata.tables["response"]
_prompt = metadata.tables["prompt"]
_dataset = metadata.tables["dataset"]

_MOST_POOLS = 32
_kept: dict[tuple[object, ...], "Pool"] = {}
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


def pool_of(session: Session, study: Study) -> Pool:
    """The pool of ``study``, from memory when no response has come since."""
    newest = session.execute(
        sa.select(sa.func.max(_response.c.id), sa.func.count(_response.c.id), sa.func.max(_response.c.created_at))
    ).one()
    scope = (study.dataset_id, tuple(study.categories or ()), tuple(study.candidate_ids or ()))
    key = (str(session.get_bind().engine.url), study.id, scope, tuple(newest))
    pool = _kept.get(key)
    if pool is None:
        pool = _read(session, study)
        with _lock:
            while len(_kept) >= _MOST_POOLS:
                _kept.pop(next(iter(_kept)))
            _kept[key] = pool
    return pool


def _read(session: Session, study: Study) -> Pool:
    query = (
        sa.select(_response.c.prompt_id, _response.c.candidate_id, sa.func.max(_response.c.id))
        .join(_prompt, _prompt.c.id == _response.c.prompt_id)
        .join(_dataset, _dataset.c.id == _prompt.c.dataset_id)
        .group_by(_response.c.prompt_id, _response.c.candidate_id)
    )
    query = query.where(_response.c.words > 0)
    if study.dataset_id is not None:
        query = query.where(_prompt.c.dataset_id == study.dataset_id)
    else:
        query = query.where(_dataset.c.is_demo.is_(False))
    if study.categories:
        query = query.where(_prompt.c.category.in_(study.categories))
    if study.candidate_ids:
        query = query.where(_response.c.candidate_id.in_(study.candidate_ids))
    responses: dict[int, dict[int, int]] = defaultdict(dict)
    for prompt_id, candidate_id, response_id in session.execute(query):
        responses[prompt_id][candidate_id] = response_id
    prompts_of: dict[tuple[int, int], list[int]] = defaultdict(list)
    for prompt_id, by_candidate in responses.items():
        for pair in combinations(sorted(by_candidate), 2):
            prompts_of[pair].append(prompt_id)
    candidates = sorted({candidate for by_candidate in responses.values() for candidate in by_candidate})
    return Pool(tuple(candidates), dict(responses), {pair: tuple(ids) for pair, ids in prompts_of.items()})
