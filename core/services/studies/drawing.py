"""Drawing a rater's next pair: which candidates, which prompt, and which response stands on the left."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import Session

from core.domain import blinding, sampling
from core.errors import NothingToRate
from core.services.studies import preferences
from core.services.studies.pool import Pool, pool_of
from core.services.studies.rerating import Responses, offered, responses_of
from core.storage.tables import Study, metadata
from core.storage.upsert import insert_into

History = Sequence[sa.Row[Any]]
"""What a rater was given in a study, oldest first."""

_pair = metadata.tables["pair"]
_assignment = metadata.tables["assignment"]

_HISTORY = (
    sa.select(
        _assignment.c.id,
        _assignment.c.state,
        _assignment.c.repeat_of_id,
        _assignment.c.pair_id,
        _assignment.c.left_response_id,
        _assignment.c.right_response_id,
        (_assignment.c.left_response_id == _pair.c.first_response_id).label("first_is_left"),
        _pair.c.prompt_id,
        _pair.c.first_candidate_id,
        _pair.c.second_candidate_id,
    )
    .join(_pair, _pair.c.id == _assignment.c.pair_id)
    .where(_assignment.c.study_id == bindparam("study"), _assignment.c.rater_id == bindparam("rater"))
    .order_by(_assignment.c.id)
)

_BEGUN = (
    sa.select(_pair.c.prompt_id, _pair.c.first_response_id, _pair.c.second_response_id, _pair.c.claimed)
    .where(
        _pair.c.study_id == bindparam("study"),
        _pair.c.first_candidate_id == bindparam("first"),
        _pair.c.second_candidate_id == bindparam("second"),
        _pair.c.claimed > 0,
    )
    .order_by(_pair.c.id)
)

_SIDES_OF_OTHERS = (
    sa.select(_assignment.c.left_response_id)
    .where(
        _assignment.c.pair_id == bindparam("pair"),
        _assignment.c.repeat_of_id.is_(None),
        _assignment.c.state.in_(("leased", "done")),
    )
    .order_by(_assignment.c.id)
)


@dataclass(frozen=True)
class Drawn:
    """A claimed pair with its sides."""

    pair_id: int
    sides: tuple[int, int]
    probability: float
    """With which its candidates were drawn."""


def history_of(session: Session, study_id: int, rater_id: int) -> History:
    """What this rater was given in the study so far."""
    return session.connection().execute(_HISTORY, {"study": study_id, "rater": rater_id}).all()


def draw(session: Session, study: Study, history: History, rng: random.Random) -> Drawn:
    """A pair that is new to the rater, claimed for them. Raises NothingToRate where none is left."""
    pool = pool_of(session, study)
    for candidates, prompt, responses, probability in _draws(session, study, pool, history, rng):
        pair_id = _claim(session, study, prompt, candidates, responses)
        if pair_id is not None:
            sides = _sides(session, pair_id, candidates, responses, history, rng)
            return Drawn(pair_id, sides, probability)
    raise NothingToRate("There is no pair left for you in this study.")


def _sides(
    session: Session,
    pair_id: int,
    candidates: tuple[int, int],
    responses: Responses,
    history: History,
    rng: random.Random,
) -> tuple[int, int]:
    own = [
        row.first_is_left
        for row in history
        if row.repeat_of_id is None and (row.first_candidate_id, row.second_candidate_id) == candidates
    ]
    others = session.connection().execute(_SIDES_OF_OTHERS, {"pair": pair_id}).scalars()
    first_is_left = blinding.draw_sides(own, [left == responses[0] for left in others], rng)
    return responses if first_is_left else (responses[1], responses[0])


def _draws(
    session: Session, study: Study, pool: Pool, history: History, rng: random.Random
) -> Iterator[tuple[tuple[int, int], int, Responses, float]]:
    """Candidate pair, prompt, responses and probability, drawn again and again until nothing is left to draw."""
    index = {candidate: number for number, candidate in enumerate(pool.candidates)}
    preference = preferences.of(session, study, pool)
    eligible = np.zeros((len(index), len(index)), dtype=bool)
    for first, second in pool.prompts_of:
        eligible[index[first], index[second]] = eligible[index[second], index[first]] = True
    seen: dict[tuple[int, int], dict[Responses, int]] = defaultdict(dict)
    for row in history:
        seen[row.first_candidate_id, row.second_candidate_id][responses_of(row)] = row.prompt_id
    while eligible.any():
        i, j, probability = sampling.draw_pair(preference.probabilities(eligible), rng)
        candidates = min(pool.candidates[i], pool.candidates[j]), max(pool.candidates[i], pool.candidates[j])
        offers = _offers(session, study, pool, candidates, seen[candidates])
        votes = {prompt: None if found is None else found[1] for prompt, found in offers.items()}
        prompt = sampling.draw_prompt_of_many(pool.prompts_of[candidates], votes, rng)
        if prompt is None:
            eligible[i, j] = eligible[j, i] = False
            continue
        found = offers.get(prompt)
        responses = pool.newest(prompt, candidates) if found is None else found[0]
        seen[candidates][responses] = prompt
        yield candidates, prompt, responses, probability


def _offers(
    session: Session, study: Study, pool: Pool, candidates: tuple[int, int], seen: Mapping[Responses, int]
) -> dict[int, tuple[Responses, int] | None]:
    """Prompt → what of it may be given next and how many raters it has, of the prompts that somebody began or saw."""
    assert study.id is not None
    on = {"study": study.id, "first": candidates[0], "second": candidates[1]}
    begun: dict[int, dict[Responses, int]] = {prompt: {} for prompt in seen.values()}
    for prompt, first, second, claimed in session.connection().execute(_BEGUN, on):
        begun.setdefault(prompt, {})[first, second] = claimed
    offers: dict[int, tuple[Responses, int] | None] = {}
    for prompt, pairs in begun.items():
        if not pool.responses.get(prompt, {}).keys() >= set(candidates):
            continue
        is_rerated = sampling.is_rerated(study.id, prompt, study.rerated_share)
        newest = pool.newest(prompt, candidates)
        found = offered(pairs, newest, seen, overlap=study.overlap, is_rerated=is_rerated)
        offers[prompt] = None if found is None else (found, pairs.get(found, 0))
    return offers


def _claim(
    session: Session, study: Study, prompt: int, candidates: tuple[int, int], responses: Responses
) -> int | None:
    """The id of the pair, made where it is new, with one more claim; None where it has all the raters it wants."""
    row = {
        "study_id": study.id,
        "prompt_id": prompt,
        "first_response_id": responses[0],
        "second_response_id": responses[1],
        "first_candidate_id": candidates[0],
        "second_candidate_id": candidates[1],
        "overlap": study.overlap,
    }
    found: int | None = session.connection().execute(_claiming(session.get_bind().dialect.name), row).scalar()
    return found


@lru_cache
def _claiming(dialect: str) -> Any:
    keys = ("study_id", "first_response_id", "second_response_id")
    columns = (*keys, "prompt_id", "first_candidate_id", "second_candidate_id")
    insert = insert_into(dialect, _pair).values({name: bindparam(name) for name in columns} | {"claimed": 1})
    room = _pair.c.claimed < bindparam("overlap")
    return insert.on_conflict_do_update(
        index_elements=list(keys), set_={"claimed": _pair.c.claimed + 1}, where=room
    ).returning(_pair.c.id)
