"""What is told of raters, to analysts alone: agreement with the others and with themselves, side, pace, remarks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlmodel import Session

from core.domain import agreement, raters
from core.domain.agreement import Agreement
from core.domain.raters import Pace, Share
from core.domain.votes import Outcome
from core.services.leaderboards import rater_votes
from core.services.leaderboards.rater_votes import NOT_TIMED, RaterVotes
from core.storage.tables import Question, metadata

_vote, _person, _remark = (metadata.tables[name] for name in ("vote", "person", "remark"))
_assignment, _pair, _prompt = (metadata.tables[name] for name in ("assignment", "pair", "prompt"))


@dataclass(frozen=True)
class RaterRow:
    """One rater. A Share of None: there is nothing yet to tell it by."""

    name: str
    kind: str
    """human | imported | simulated."""
    votes: int
    agreement: Share | None
    """With each other rater of the same pair, on which response is preferred."""
    consistency: Share | None
    """With themselves on mirrored repeats."""
    side: Share | None
    """Of decided votes for the one shown as A."""
    pace: Pace | None
    """Time on a pair."""
    flags: int
    comments: int
    skips: int


@dataclass(frozen=True)
class QuestionAgreement:
    """How far raters agree on one question, beyond chance.

    ``alpha``: Krippendorff's, ordinal, on which response is preferred; ``ac1`` (Gwet) and ``positive``: on whether
    both responses are condemned, which ``condemned`` of the votes do.
    """

    question: Question
    alpha: Agreement | None
    ac1: float | None
    positive: float | None
    condemned: Share | None


@dataclass(frozen=True)
class RaterReport:
    """All that is told."""

    rows: list[RaterRow]
    questions: list[QuestionAgreement]
    votes: int
    """How many."""
    is_capped: bool
    """Only the newest votes were read."""


@dataclass(frozen=True)
class RemarkRow:
    """A flag or a comment, and where to find what it is about."""

    rater: str
    kind: str
    """flag | comment."""
    note: str
    created_at: datetime
    dataset_id: int
    prompt: str
    category: str


def report(session: Session, questions: Sequence[Question], *, simulated: bool = True) -> RaterReport:
    """What the votes on ``questions``, of one study, tell of its raters."""
    ids = [question.id for question in questions if question.id is not None]
    votes = rater_votes.read(session, ids, simulated=simulated)
    once = votes.once_each()
    return RaterReport(
        rows=_rows(session, ids, votes, once),
        questions=[_on_question(question, once.kept(once.question == question.id)) for question in questions],
        votes=len(votes),
        is_capped=votes.is_capped,
    )


def _on_question(question: Question, votes: RaterVotes) -> QuestionAgreement:
    if not len(votes):
        return QuestionAgreement(question, None, None, None, None)
    return QuestionAgreement(
        question=question,
        alpha=agreement.krippendorff(votes.pair, votes.preferred, "ordinal"),
        ac1=agreement.gwet_ac1(votes.pair, votes.condemned, categories=(0.0, 1.0)),
        positive=agreement.positive_agreement(votes.pair, votes.condemned),
        condemned=raters.share(int(votes.condemned.sum()), len(votes)),
    )


def _rows(session: Session, question_ids: Sequence[int], votes: RaterVotes, once: RaterVotes) -> list[RaterRow]:
    ids = np.unique(votes.rater).tolist()
    if not ids:
        return []
    people = {row.id: row for row in session.execute(sa.select(_person).where(_person.c.id.in_(ids)))}
    with_others = _with_others(once)
    with_themselves = _with_themselves(session, question_ids)
    counted = _remarks_and_skips(session, question_ids)
    rows = []
    by_rater = np.argsort(votes.rater, kind="stable")
    starts = np.searchsorted(votes.rater[by_rater], ids)
    for rater, places in zip(ids, np.split(by_rater, starts[1:]), strict=True):
        own = votes.kept(places)
        sides = np.bincount(own.outcome, minlength=len(Outcome))
        first, again = with_themselves.get(rater, ([], []))
        rows.append(
            RaterRow(
                name=people[rater].name,
                kind=people[rater].kind,
                votes=len(own),
                agreement=with_others.get(rater),
                consistency=raters.self_consistency(first, again),
                side=raters.side_bias(int(sides[Outcome.LEFT]), int(sides[Outcome.RIGHT])),
                pace=_pace(own),
                flags=counted.get((rater, "flag"), 0),
                comments=counted.get((rater, "comment"), 0),
                skips=counted.get((rater, "skip"), 0),
            )
        )
    return sorted(rows, key=lambda row: (-row.votes, row.name))


def _with_others(once: RaterVotes) -> dict[int, Share]:
    """Rater → how often they and another rater, on one question of one pair, preferred the same response."""
    if not len(once):
        return {}
    unit, place = rater_votes.joint_code(once.question, once.pair), once.preferred + 1
    alike = np.bincount(unit * 3 + place)
    same = alike[unit * 3 + place] - 1
    others = np.bincount(unit)[unit] - 1
    names, rater = np.unique(once.rater, return_inverse=True)
    hits, asked = (np.bincount(rater, weights=column).astype(int) for column in (same, others))
    shares = (raters.share(int(hit), int(n)) for hit, n in zip(hits, asked, strict=True))
    return {int(name): found for name, found in zip(names, shares, strict=True) if found is not None}


def _with_themselves(session: Session, question_ids: Sequence[int]) -> dict[int, tuple[list[Outcome], list[Outcome]]]:
    """Rater → answers given first, and on the mirrored return of the pair."""
    first, again = _vote.alias("first"), _vote.alias("again")
    query = (
        sa.select(again.c.rater_id, first.c.outcome, again.c.outcome.label("repeated"))
        .select_from(
            again.join(_assignment, _assignment.c.id == again.c.assignment_id).join(
                first,
                (first.c.assignment_id == _assignment.c.repeat_of_id) & (first.c.question_id == again.c.question_id),
            )
        )
        .where(again.c.question_id.in_(question_ids), again.c.is_repeat.is_(True), _stands(first), _stands(again))
    )
    found: dict[int, tuple[list[Outcome], list[Outcome]]] = {}
    for rater, was, repeated in session.execute(query):
        answers = found.setdefault(rater, ([], []))
        answers[0].append(Outcome(was))
        answers[1].append(Outcome(repeated))
    return found


def _stands(vote: Any) -> sa.ColumnElement[bool]:
    later = _vote.alias()
    superseded = sa.exists().where(later.c.supersedes_id == vote.c.id)
    return sa.and_(vote.c.outcome.is_not(None), ~superseded)


def _remarks_and_skips(session: Session, question_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """(rater, flag | comment | skip) → how many in the study of these questions."""
    study = sa.select(metadata.tables["question"].c.study_id).where(metadata.tables["question"].c.id.in_(question_ids))
    a = _assignment.c
    remarks = (
        sa.select(_remark.c.rater_id, _remark.c.kind, sa.func.count())
        .select_from(_remark.join(_assignment, a.id == _remark.c.assignment_id))
        .where(a.study_id.in_(study))
        .group_by(_remark.c.rater_id, _remark.c.kind)
    )
    skips = (
        sa.select(a.rater_id, sa.literal("skip"), sa.func.count())
        .where(a.study_id.in_(study), a.state == "skipped")
        .group_by(a.rater_id)
    )
    rows: list[Any] = [*session.execute(remarks), *session.execute(skips)]
    return {(rater, kind): number for rater, kind, number in rows}


def _pace(own: RaterVotes) -> Pace | None:
    """Per pair the time until its last question was answered; too fast where one of its votes was."""
    timed = own.kept(own.time_ms != NOT_TIMED)
    if not len(timed):
        return None
    _, pair = np.unique(timed.pair, return_inverse=True)
    times, fast = np.zeros(pair.max() + 1), np.zeros(pair.max() + 1, dtype=bool)
    np.maximum.at(times, pair, timed.time_ms)
    np.logical_or.at(fast, pair, timed.too_fast)
    return raters.pace(times.tolist(), int(fast.sum()))


def remarks(session: Session, study_id: int, *, most: int = 50) -> list[RemarkRow]:
    """The newest flags and comments of a study."""
    query = (
        sa.select(
            _person.c.name,
            _remark.c.kind,
            _remark.c.note,
            _remark.c.created_at,
            _prompt.c.dataset_id,
            _prompt.c.external_id,
            _prompt.c.category,
        )
        .select_from(
            _remark.join(_assignment, _assignment.c.id == _remark.c.assignment_id)
            .join(_pair, _pair.c.id == _assignment.c.pair_id)
            .join(_prompt, _prompt.c.id == _pair.c.prompt_id)
            .join(_person, _person.c.id == _remark.c.rater_id)
        )
        .where(_assignment.c.study_id == study_id)
        .order_by(_remark.c.id.desc())
        .limit(most)
    )
    return [RemarkRow(*row) for row in session.execute(query)]
