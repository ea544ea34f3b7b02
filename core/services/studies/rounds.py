"""What the rating page shows at one moment: the blinded pair in hand, what was answered, how far along one is."""

import random
import statistics
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from core.domain.blinding import BlindPair, SidedPair, blind
from core.errors import NothingToRate
from core.services.studies import assigning, drawing, rerating, studies, voting
from core.services.studies.pool import pool_of
from core.storage.engine import write
from core.storage.tables import Assignment, Prompt, Question, Response, Study, metadata

_PACE_FROM = 3
_PACE_OVER = 20
_LONGEST_PAIR_S = 600.0
_PAIRS_READ = 100
_WORDS_PER_S = 4.0
_QUESTION_S = 4.0

_pair = metadata.tables["pair"]
_assignment = metadata.tables["assignment"]
_response = metadata.tables["response"]


@dataclass(frozen=True)
class RatingProgress:
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
    progress: RatingProgress

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
        assignment = assigning.current(session, study_id=study_id, rater_id=rater_id, now=now, rng=rng)
        return _round(session, study, assignment, before)

    return write(engine, work)


def _round(session: Session, study: Study, assignment: Assignment, so_far: RatingProgress) -> Round:
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


def progress(session: Session, study: Study, rater_id: int) -> RatingProgress:
    """How far this rater is in the study. A mirrored repeat counts as a pair rated, and takes none of those left."""
    assert study.id is not None
    pool = pool_of(session, study)
    history = drawing.history_of(session, study.id, rater_id)
    done = sum(row.state == "done" for row in history)
    left = pool.pairs - _done_with(session, study, rater_id) + rerating.more_for(session, study, pool, history)
    left = max(0, left) + sum(row.state == "leased" and row.repeat_of_id is not None for row in history)
    if study.pairs_per_rater:
        left = min(left, max(0, study.pairs_per_rater - done))
    return RatingProgress(done, done + left, _minutes(session, study.id, rater_id, left))


def _done_with(session: Session, study: Study, rater_id: int) -> int:
    """How many prompts, per pair of candidates, this rater has rated or skipped, or enough others hold."""
    mine = sa.select(_assignment.c.pair_id).where(
        _assignment.c.study_id == study.id, _assignment.c.rater_id == rater_id, _assignment.c.repeat_of_id.is_(None)
    )
    rated = _pair.c.id.in_(mine.where(_assignment.c.state.in_(("done", "skipped"))))
    in_hand = _pair.c.id.in_(mine.where(_assignment.c.state == "leased"))
    closed = rated | ((_pair.c.claimed >= study.overlap) & ~in_hand)
    keys = sa.select(_pair.c.prompt_id, _pair.c.first_candidate_id, _pair.c.second_candidate_id)
    return _count(session, keys.where(_pair.c.study_id == study.id, closed).distinct())


def _count(session: Session, query: sa.Select[Any]) -> int:
    return int(session.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one())


def _minutes(session: Session, study_id: int, rater_id: int, left: int) -> float | None:
    pace_s = _pace_s(session, (_assignment.c.study_id == study_id) & (_assignment.c.rater_id == rater_id))
    return None if pace_s is None else pace_s * left / 60


def _pace_s(session: Session, whose: sa.ColumnElement[bool]) -> float | None:
    """Median seconds on one of the last pairs; None before enough were rated."""
    query = (
        sa.select(_assignment.c.shown_at, _assignment.c.finished_at)
        .where(whose, _assignment.c.state == "done", _assignment.c.shown_at.is_not(None))
        .order_by(_assignment.c.id.desc())
        .limit(_PACE_OVER)
    )
    spent = [min(_LONGEST_PAIR_S, (end - start).total_seconds()) for start, end in session.execute(query)]
    return statistics.median(spent) if len(spent) >= _PACE_FROM else None


def outlook(session: Session, study: Study, rater_id: int) -> RatingProgress:
    """What awaits somebody in the study, before their first pair.

    The minutes are told from the rater's own pace, else that of all who rated in the study, else from the words.
    """
    assert study.id is not None
    ahead = progress(session, study, rater_id)
    paces = (
        _pace_s(session, whose) for whose in (_assignment.c.rater_id == rater_id, _assignment.c.study_id == study.id)
    )
    pace_s = next((pace for pace in paces if pace is not None), None) or _reading_s(session, study)
    return RatingProgress(ahead.done, ahead.total, pace_s * (ahead.total - ahead.done) / 60)


def _reading_s(session: Session, study: Study) -> float:
    """Seconds that a pair takes by its words, from some of the pool, and its questions."""
    assert study.id is not None
    pool = pool_of(session, study)
    some = [id for prompt in list(pool.responses)[:_PAIRS_READ] for id in pool.responses[prompt].values()][:_PAIRS_READ]
    words = session.execute(sa.select(sa.func.avg(_response.c.words)).where(_response.c.id.in_(some))).scalar() or 0
    asked = studies.questions(session, study.id, asked_only=True)
    return 2 * float(words) / _WORDS_PER_S + _QUESTION_S * len(asked)


def studies_to_rate(session: Session, rater_id: int) -> list[Study]:
    """The studies this rater may rate that have pairs at all, in the order of ``studies.for_rater``."""
    return [study for study in studies.for_rater(session, rater_id) if pool_of(session, study).pairs]


def totals(session: Session, rater_id: int) -> tuple[int, int]:
    """How many pairs this person finished, and how many answers they gave to raters' questions."""
    finished = sa.select(_assignment.c.id).where(_assignment.c.rater_id == rater_id, _assignment.c.state == "done")
    vote = metadata.tables["vote"]
    later = vote.alias("later")
    given = sa.select(vote.c.id).where(
        vote.c.rater_id == rater_id,
        vote.c.assignment_id.is_not(None),
        vote.c.outcome.is_not(None),
        ~sa.exists().where(later.c.supersedes_id == vote.c.id),
    )
    return _count(session, finished), _count(session, given)
