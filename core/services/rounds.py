"""What the rating page shows at one moment: the blinded pair in hand, what was answered, how far along one is."""

import random
import statistics
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.domain.blinding import BlindPair, SidedPair, blind
from core.errors import NothingToRate
from core.services import assigning, studies, voting
from core.services.pools import pool_of
from core.storage.engine import reading, write
from core.storage.tables import Assignment, Prompt, Question, Response, Study, metadata

_PACE_FROM = 3
_PACE_OVER = 20
_LONGEST_PAIR_S = 600.0

_pair = metadata.tables["pair"]
_assignment = metadata.tables["assignment"]


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` pairs; ``minutes_left`` at this rater's own pace, None before it is known."""

    done: int
    total: int
    minutes_left: float | None


@dataclass(frozen=True)
class Round:
    """``answers``: question id → outcome, of those answered already on this pair."""

    study: Study
    pair: BlindPair
    questions: tuple[Question, ...]
    answers: dict[int, int]
    progress: Progress

    @property
    def open_question(self) -> Question | None:
        """The first question without an answer."""
        return next((question for question in self.questions if question.id not in self.answers), None)


def current_round(
    engine: Engine, *, study_id: int, rater_id: int, now: datetime, rng: random.Random, beyond_goal: bool = False
) -> Round:
    """The pair in hand or the next one, ready to show. Raises NothingToRate when there is none.

    ``beyond_goal``: carry on past the number of pairs that the study asks of one rater.
    """

    def work(session: Session) -> Round:
        study = session.get_one(Study, study_id)
        before = progress(session, study, rater_id)
        if not beyond_goal and study.pairs_per_rater and before.done >= study.pairs_per_rater:
            raise NothingToRate("You have rated every pair that was asked of you.")
        assignment = assigning.current_in(session, study_id=study_id, rater_id=rater_id, now=now, rng=rng)
        return _round(session, study, assignment, before)

    return write(engine, work)


def _round(session: Session, study: Study, assignment: Assignment, so_far: Progress) -> Round:
    return Round(
        study=study,
        pair=blinded(session, assignment),
        questions=tuple(studies.questions(session, assignment.study_id, asked_only=True)),
        answers=voting.answers(session, assignment),
        progress=so_far,
    )


def blinded(session: Session, assignment: Assignment) -> BlindPair:
    """The assignment's pair as its rater may see it."""
    left = session.get_one(Response, assignment.left_response_id)
    right = session.get_one(Response, assignment.right_response_id)
    prompt = session.get_one(Prompt, left.prompt_id)
    return blind(
        SidedPair(
            assignment=assignment.public_id,
            messages=prompt.messages,
            left_turns=left.turns,
            right_turns=right.turns,
            reference=prompt.reference,
        )
    )


def progress(session: Session, study: Study, rater_id: int) -> Progress:
    """How far this rater is in the study."""
    mine = (_assignment.c.rater_id == rater_id) & (_assignment.c.study_id == study.id)
    done = _count(session, sa.select(_assignment.c.id).where(mine, _assignment.c.state == "done"))
    seen = _count(session, sa.select(_assignment.c.id).where(mine, _assignment.c.state != "leased"))
    own = sa.exists().where(_assignment.c.pair_id == _pair.c.id, _assignment.c.rater_id == rater_id)
    full = (_pair.c.study_id == study.id) & (_pair.c.claimed >= study.overlap) & ~own
    left = max(0, pool_of(session, study).pairs - seen - _count(session, sa.select(_pair.c.id).where(full)))
    if study.pairs_per_rater:
        left = min(left, max(0, study.pairs_per_rater - done))
    return Progress(done, done + left, _minutes(session, mine, left))


def _count(session: Session, query: sa.Select[tuple[int]]) -> int:
    return int(session.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one())


def _minutes(session: Session, mine: sa.ColumnElement[bool], left: int) -> float | None:
    query = (
        sa.select(_assignment.c.shown_at, _assignment.c.finished_at)
        .where(mine, _assignment.c.state == "done", _assignment.c.shown_at.is_not(None))
        .order_by(_assignment.c.id.desc())
        .limit(_PACE_OVER)
    )
    spent = [min(_LONGEST_PAIR_S, (end - start).total_seconds()) for start, end in session.execute(query)]
    return statistics.median(spent) * left / 60 if len(spent) >= _PACE_FROM else None


def studies_to_rate(session: Session, rater_id: int) -> list[Study]:
    """The studies this rater may rate that have pairs at all, the default one first."""
    return [study for study in studies.for_rater(session, rater_id) if pool_of(session, study).pairs]


def has_begun(session: Session, study_id: int, rater_id: int) -> bool:
    """Whether this rater was ever given a pair of the study."""
    mine = (_assignment.c.study_id == study_id) & (_assignment.c.rater_id == rater_id)
    return session.execute(sa.select(_assignment.c.id).where(mine).limit(1)).first() is not None


def totals(session: Session, rater_id: int) -> tuple[int, int]:
    """How many pairs this person finished, and how many answers they gave to raters' questions."""
    finished = sa.select(_assignment.c.id).where(_assignment.c.rater_id == rater_id, _assignment.c.state == "done")
    vote = metadata.tables["vote"]
    given = sa.select(vote.c.id).where(
        vote.c.rater_id == rater_id, vote.c.assignment_id.is_not(None), vote.c.supersedes_id.is_(None)
    )
    return _count(session, finished), _count(session, given)


@dataclass(frozen=True)
class OwnVote:
    """One of a rater's last votes, to look at again and to change."""

    pair: BlindPair
    question: Question
    outcome: int
    created_at: datetime


def last_votes(engine: Engine, rater_id: int) -> list[OwnVote]:
    """The rater's last ten votes, newest first, with the pairs as they saw them."""
    with reading(engine) as session:
        votes = voting.recent(session, rater_id)
        ids = {vote.assignment_id for vote in votes}
        pairs = {
            assignment.id: blinded(session, assignment)
            for assignment in session.exec(select(Assignment).where(col(Assignment.id).in_(ids)))
        }
        return [
            OwnVote(
                pair=pairs[vote.assignment_id],
                question=session.get_one(Question, vote.question_id),
                outcome=vote.outcome or 0,
                created_at=vote.created_at,
            )
            for vote in votes
        ]
