"""Giving pairs to raters: one at a time, leased, never twice to one rater, never to more raters than wanted."""

import random
import secrets
from datetime import datetime, timedelta
from functools import partial

import sqlalchemy as sa
from sqlalchemy import Engine, bindparam
from sqlmodel import Session, select

from core.domain import sampling
from core.domain.masking import mask_self_identification
from core.errors import NotAllowed, NothingToRate
from core.services.studies import drawing, vote_records
from core.services.studies.drawing import History
from core.storage.engine import reading, write
from core.storage.tables import Assignment, Person, Prompt, Response, Study, metadata

LEASE = timedelta(minutes=15)

_pair = metadata.tables["pair"]
_assignment = metadata.tables["assignment"]

_RATER = select(Person).where(Person.id == bindparam("rater")).with_for_update(key_share=True)

_mine = (_assignment.c.study_id == bindparam("study")) & (_assignment.c.rater_id == bindparam("rater"))

_has_room = sa.exists().where(_pair.c.id == _assignment.c.pair_id, _pair.c.claimed < bindparam("overlap"))

_IN_HAND = (
    select(Assignment)
    .where(
        _mine,
        (_assignment.c.state == "leased")
        | ((_assignment.c.state == "expired") & (_assignment.c.repeat_of_id.is_not(None) | _has_room)),
    )
    .order_by(sa.case((_assignment.c.state == "leased", 0), else_=1), _assignment.c.id)
    .limit(1)
    .with_for_update()
)
"""The pair in hand; else one that the rater left too long, where nobody else has taken its place."""


def current(session: Session, *, study_id: int, rater_id: int, now: datetime, rng: random.Random) -> Assignment:
    """The pair this rater has in hand, or a new one. Raises NothingToRate when none is left for them."""
    lock_rater(session, rater_id)
    study = session.get_one(Study, study_id)
    if study.state != "open":
        raise NothingToRate(f"'{study.name}' is {study.state} at the moment. Nothing you did is lost.")
    while (held := _in_hand(session, study, rater_id, now)) is not None:
        if _has_open_question(session, held):
            return held
        held.state, held.finished_at = "done", now
        session.flush()
    history = drawing.history_of(session, study_id, rater_id)
    return _repeat(session, study, rater_id, history, now, rng) or _drawn(session, study, rater_id, history, now, rng)


def lock_rater(session: Session, rater_id: int) -> Person:
    """The rater's row, held until the transaction ends: two tabs of one rater take turns.

    Raises NotAllowed where their access was ended.
    """
    rater: Person = session.execute(_RATER, {"rater": rater_id}).scalar_one()
    if rater.revoked_at is not None:
        raise NotAllowed("Your access has ended. What you answered before is kept.")
    return rater


def _in_hand(session: Session, study: Study, rater_id: int, now: datetime) -> Assignment | None:
    on = {"study": study.id, "rater": rater_id, "overlap": study.overlap}
    held: Assignment | None = session.execute(_IN_HAND, on).scalar()
    if held is None or (
        held.state == "expired" and not reclaim(session, held.pair_id, held.repeat_of_id, study.overlap)
    ):
        return None
    held.state, held.leased_until = "leased", now + LEASE
    return held


def _has_open_question(session: Session, held: Assignment) -> bool:
    """Whether anything asked today waits for an answer: a question may be dropped while a pair is in hand."""
    assert held.id is not None
    return any(
        vote is None or vote["outcome"] is None for vote in vote_records.asked(session, held.study_id, held.id).values()
    )


def reclaim(session: Session, pair_id: int, repeat_of_id: int | None, overlap: int) -> bool:
    """Take an expired lease up again where the pair still wants a rater; whether that was so."""
    if repeat_of_id is not None:
        return True
    room = (_pair.c.id == pair_id) & (_pair.c.claimed < overlap)
    return session.connection().execute(_pair.update().where(room).values(claimed=_pair.c.claimed + 1)).rowcount == 1


def give_back(session: Session, assignment: Assignment) -> None:
    """Let somebody else have the pair."""
    if assignment.repeat_of_id is None:
        mine = _pair.c.id == assignment.pair_id
        session.connection().execute(_pair.update().where(mine).values(claimed=_pair.c.claimed - 1))


def release_abandoned(engine: Engine, now: datetime) -> int:
    """Give back the pairs whose lease ran out, begun ones too; returns how many. Votes cast on them stay."""
    late = (_assignment.c.state == "leased") & (_assignment.c.leased_until < now)
    with reading(engine) as session:
        ids = session.execute(sa.select(_assignment.c.id).where(late)).scalars().all()
    return sum(write(engine, partial(_expire, assignment_id=id, now=now)) for id in ids)


def _expire(session: Session, *, assignment_id: int, now: datetime) -> bool:
    """Lock first, then look: a vote on its way keeps the lease alive."""
    assignment = session.get_one(Assignment, assignment_id, with_for_update=True)
    if assignment.state != "leased" or assignment.leased_until >= now:
        return False
    assignment.state = "expired"
    session.flush()
    give_back(session, assignment)
    return True


def _repeat(
    session: Session, study: Study, rater_id: int, history: History, now: datetime, rng: random.Random
) -> Assignment | None:
    """A pair of at least 20 pairs ago, mirrored, when one is due: it shows self-consistency and side bias."""
    done = [row for row in history if row.state == "done"]
    if not sampling.is_repeat_due(len(done), rng):
        return None
    repeated = {row.repeat_of_id for row in history}
    choices = [row for row in done[: -sampling.REPEAT_DISTANCE] if row.repeat_of_id is None and row.id not in repeated]
    if not choices:
        return None
    first = rng.choice(choices)
    sides = (first.right_response_id, first.left_response_id)
    return _assign(session, first.pair_id, study, rater_id, sides, now=now, repeat_of_id=first.id)


def _drawn(
    session: Session, study: Study, rater_id: int, history: History, now: datetime, rng: random.Random
) -> Assignment:
    drawn = drawing.draw(session, study, history, rng)
    return _assign(session, drawn.pair_id, study, rater_id, drawn.sides, now=now, probability=drawn.probability)


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
