"""Giving pairs to raters: one at a time, leased, never twice to one rater, never to more raters than wanted."""

import random
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.domain import blinding, sampling
from core.domain.masking import mask_self_identification
from core.errors import NothingToRate
from core.services import preferences
from core.services.pools import Pool, pool_of
from core.storage.engine import reading, write
from core.storage.tables import Assignment, Pair, Person, Prompt, Response, Study, metadata
from core.storage.upsert import insert_ignoring

LEASE = timedelta(minutes=15)

_pair = metadata.tables["pair"]
_assignment = metadata.tables["assignment"]


def current(engine: Engine, *, study_id: int, rater_id: int, now: datetime, rng: random.Random) -> Assignment:
    """The pair this rater has in hand, or a new one. Raises NothingToRate when none is left for them."""
    return write(engine, lambda session: current_in(session, study_id=study_id, rater_id=rater_id, now=now, rng=rng))


def current_in(session: Session, *, study_id: int, rater_id: int, now: datetime, rng: random.Random) -> Assignment:
    """As ``current``, in the caller's write transaction."""
    lock_rater(session, rater_id)
    study = session.get_one(Study, study_id)
    if study.state != "open":
        raise NothingToRate(f"'{study.name}' is {study.state} at the moment. Nothing you did is lost.")
    held = _in_hand(session, study, rater_id, now)
    if held is not None:
        return held
    return _repeat(session, study, rater_id, now, rng) or _draw(session, study, rater_id, now, rng)


def lock_rater(session: Session, rater_id: int) -> Person:
    """The rater's row, held until the transaction ends: two tabs of one rater take turns."""
    return session.exec(select(Person).where(Person.id == rater_id).with_for_update()).one()


def _in_hand(session: Session, study: Study, rater_id: int, now: datetime) -> Assignment | None:
    mine = select(Assignment).where(Assignment.study_id == study.id, Assignment.rater_id == rater_id)
    held = session.exec(mine.where(Assignment.state == "leased").order_by(col(Assignment.id)).limit(1)).first()
    if held is None:
        last = session.exec(mine.order_by(col(Assignment.id).desc()).limit(1)).first()
        held = last if last and last.state == "expired" and reclaim(session, last, study.overlap) else None
    if held is not None:
        held.state, held.leased_until = "leased", now + LEASE
    return held


def reclaim(session: Session, assignment: Assignment, overlap: int) -> bool:
    """Take an expired lease up again where the pair still wants a rater; whether that was so."""
    return assignment.repeat_of_id is not None or _claim(session, assignment.pair_id, overlap)


def _claim(session: Session, pair_id: int, overlap: int) -> bool:
    room = (_pair.c.id == pair_id) & (_pair.c.claimed < overlap)
    return session.connection().execute(_pair.update().where(room).values(claimed=_pair.c.claimed + 1)).rowcount == 1


def give_back(session: Session, assignment: Assignment) -> None:
    """Let somebody else have the pair."""
    if assignment.repeat_of_id is None:
        mine = _pair.c.id == assignment.pair_id
        session.connection().execute(_pair.update().where(mine).values(claimed=_pair.c.claimed - 1))


def release_abandoned(engine: Engine, now: datetime) -> int:
    """Give back the pairs whose lease ran out before any vote; returns how many. A begun pair stays its rater's."""
    vote = metadata.tables["vote"]
    untouched = ~sa.exists().where(vote.c.assignment_id == _assignment.c.id)
    late = (_assignment.c.state == "leased") & (_assignment.c.leased_until < now)
    with reading(engine) as session:
        ids = session.execute(sa.select(_assignment.c.id).where(late, untouched)).scalars().all()
    return sum(write(engine, partial(_expire, assignment_id=id, still=(late, untouched))) for id in ids)


def _expire(session: Session, *, assignment_id: int, still: Sequence[sa.ColumnElement[bool]]) -> bool:
    mine = _assignment.update().where(_assignment.c.id == assignment_id, *still)
    if session.connection().execute(mine.values(state="expired")).rowcount == 0:
        return False
    give_back(session, session.get_one(Assignment, assignment_id))
    return True


def _repeat(session: Session, study: Study, rater_id: int, now: datetime, rng: random.Random) -> Assignment | None:
    """A pair of at least 20 pairs ago, mirrored, when one is due: it shows self-consistency and side bias."""
    mine = (_assignment.c.study_id == study.id) & (_assignment.c.rater_id == rater_id) & (_assignment.c.state == "done")
    done = list(session.execute(sa.select(_assignment.c.id).where(mine).order_by(_assignment.c.id)).scalars())
    if not sampling.is_repeat_due(len(done), rng):
        return None
    repeated = set(
        session.execute(
            sa.select(_assignment.c.repeat_of_id).where(
                _assignment.c.rater_id == rater_id, _assignment.c.repeat_of_id.is_not(None)
            )
        ).scalars()
    )
    old = session.exec(
        select(Assignment).where(
            col(Assignment.id).in_(done[: -sampling.REPEAT_DISTANCE]), col(Assignment.repeat_of_id).is_(None)
        )
    ).all()
    choices = [assignment for assignment in old if assignment.id not in repeated]
    if not choices:
        return None
    first = rng.choice(choices)
    sides = (first.right_response_id, first.left_response_id)
    return _assign(session, first.pair_id, study, rater_id, sides, now=now, repeat_of_id=first.id)


def _draw(session: Session, study: Study, rater_id: int, now: datetime, rng: random.Random) -> Assignment:
    pool = pool_of(session, study)
    for (first, second), prompts, probability in _draws(session, study, pool, rater_id, rng):
        pair = _pair_for(session, study, pool, first, second, prompts)
        if pair.id is None or not _claim(session, pair.id, study.overlap):
            continue
        sides = _sides(session, pair, rater_id, rng)
        return _assign(session, pair.id, study, rater_id, sides, now=now, probability=probability)
    raise NothingToRate("There is no pair left for you in this study.")


def _draws(
    session: Session, study: Study, pool: Pool, rater_id: int, rng: random.Random
) -> Iterator[tuple[tuple[int, int], int, float]]:
    """Candidate pair, prompt and probability, drawn again and again until nothing is left to draw."""
    index = {candidate: number for number, candidate in enumerate(pool.candidates)}
    preference = preferences.of(session, study, pool)
    eligible = np.zeros((len(index), len(index)), dtype=bool)
    for first, second in pool.prompts_of:
        eligible[index[first], index[second]] = eligible[index[second], index[first]] = True
    rated = _rated(session, study, rater_id)
    while eligible.any():
        i, j, probability = sampling.draw_pair(preference.probabilities(eligible), rng)
        first, second = sorted((pool.candidates[i], pool.candidates[j]))
        claimed = _claimed(session, study, first, second)
        open_prompts = [
            prompt
            for prompt in pool.prompts_of[first, second]
            if (prompt, first, second) not in rated and claimed.get(prompt, 0) < study.overlap
        ]
        prompt = sampling.draw_prompt(claimed, open_prompts, rng)
        if prompt is None:
            eligible[i, j] = eligible[j, i] = False
            continue
        rated.add((prompt, first, second))
        yield (first, second), prompt, probability


def _rated(session: Session, study: Study, rater_id: int) -> set[tuple[int, int, int]]:
    query = (
        sa.select(_pair.c.prompt_id, _pair.c.first_candidate_id, _pair.c.second_candidate_id)
        .join(_assignment, _assignment.c.pair_id == _pair.c.id)
        .where(_assignment.c.rater_id == rater_id, _assignment.c.study_id == study.id)
    )
    return {(row[0], row[1], row[2]) for row in session.execute(query)}


def _claimed(session: Session, study: Study, first: int, second: int) -> dict[int, int]:
    query = sa.select(_pair.c.prompt_id, sa.func.max(_pair.c.claimed)).where(
        _pair.c.study_id == study.id, _pair.c.first_candidate_id == first, _pair.c.second_candidate_id == second
    )
    return {row[0]: row[1] for row in session.execute(query.group_by(_pair.c.prompt_id))}


def _pair_for(session: Session, study: Study, pool: Pool, first: int, second: int, prompt: int) -> Pair:
    responses = pool.responses[prompt]
    row = {
        "study_id": study.id,
        "prompt_id": prompt,
        "first_response_id": responses[first],
        "second_response_id": responses[second],
        "first_candidate_id": first,
        "second_candidate_id": second,
        "claimed": 0,
    }
    insert_ignoring(session, _pair, [row])
    return session.exec(
        select(Pair).where(
            Pair.study_id == study.id,
            Pair.first_response_id == responses[first],
            Pair.second_response_id == responses[second],
        )
    ).one()


def _sides(session: Session, pair: Pair, rater_id: int, rng: random.Random) -> tuple[int, int]:
    drawn = _assignment.c.left_response_id == _pair.c.first_response_id
    query = sa.select(drawn).join(_pair, _pair.c.id == _assignment.c.pair_id).order_by(_assignment.c.id)
    fresh = _assignment.c.repeat_of_id.is_(None)
    own = query.where(
        fresh,
        _assignment.c.rater_id == rater_id,
        _pair.c.study_id == pair.study_id,
        _pair.c.first_candidate_id == pair.first_candidate_id,
        _pair.c.second_candidate_id == pair.second_candidate_id,
    )
    others = query.where(fresh, _pair.c.id == pair.id, _assignment.c.state.in_(("leased", "done")))
    first_is_left = blinding.draw_sides(_flags(session, own), _flags(session, others), rng)
    ids = (pair.first_response_id, pair.second_response_id)
    return ids if first_is_left else (ids[1], ids[0])


def _flags(session: Session, query: sa.Select[Any]) -> Sequence[bool]:
    return [bool(flag) for flag in session.execute(query).scalars()]


def _assign(
    session: Session,
    pair_id: int,
    study: Study,
    rater_id: int,
    sides: tuple[int, int],
    *,
    now: datetime,
    probability: float | None = None,
    repeat_of_id: int | None = None,
) -> Assignment:
    assert study.id is not None
    assignment = Assignment(
        public_id=secrets.token_urlsafe(12),
        study_id=study.id,
        pair_id=pair_id,
        rater_id=rater_id,
        left_response_id=sides[0],
        right_response_id=sides[1],
        probability=probability,
        repeat_of_id=repeat_of_id,
        masked=_is_masked(session, sides),
        created_at=now,
        shown_at=now,
        leased_until=now + LEASE,
    )
    session.add(assignment)
    session.flush()
    return assignment


def _is_masked(session: Session, sides: tuple[int, int]) -> bool:
    left, right = (session.get_one(Response, id) for id in sides)
    topic = "\n".join(message["content"] for message in session.get_one(Prompt, left.prompt_id).messages)
    return any(mask_self_identification(text, topic=topic)[1] for text in (*left.turns, *right.turns))
