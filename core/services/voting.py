"""Casting votes: written the moment a key is pressed, for the pair that was shown and no other."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from core.domain.lengths import length_bin
from core.domain.votes import Outcome, reading_floor_ms
from core.errors import BadInput, NothingToRate, PairGone
from core.services import assigning, studies, tallies
from core.storage.engine import write
from core.storage.tables import Assignment, Person, Prompt, Remark, Response, Study, Vote, metadata

SKIP_REASONS = (
    "I do not know the subject",
    "I cannot read it (language or display)",
    "The two are the same",
    "I would rather not read this",
)
UNDO_DEPTH = 10
LONGEST_NOTE = 4000

_vote = metadata.tables["vote"]


def cast(
    engine: Engine, *, public_id: str, rater_id: int, question_id: int, outcome: Outcome, now: datetime
) -> Vote | None:
    """Vote on the pair that ``public_id`` showed; None where this question was answered there already.

    A doubled key press or a second tab is therefore harmless. Raises PairGone where the pair went to somebody
    else in the meantime, NothingToRate where the study is not open.
    """

    def work(session: Session) -> Vote | None:
        rater = assigning.lock_rater(session, rater_id)
        assignment = _mine(session, public_id, rater_id)
        study = session.get_one(Study, assignment.study_id)
        if study.state != "open":
            raise NothingToRate(f"'{study.name}' is {study.state}. This vote was not taken; earlier ones are kept.")
        _hold(session, assignment, study, now)
        asked = studies.questions(session, assignment.study_id, asked_only=True)
        if question_id not in [question.id for question in asked]:
            raise PairGone("That question is not asked any more. Reload the page to see the present ones.")
        standing = latest(session, assignment)
        before = standing.get(question_id)
        if before is not None and before.outcome is not None:
            return None
        vote = _new_vote(session, assignment, question_id, outcome, before, now)
        _count(session, vote, before, rater)
        standing[question_id] = vote
        if all(question.id in _answered(standing) for question in asked):
            assignment.state, assignment.finished_at = "done", now
        return vote

    return write(engine, work)


def change(
    engine: Engine, *, public_id: str, rater_id: int, question_id: int, outcome: Outcome, now: datetime
) -> Vote | None:
    """Put another answer in the place of one of this rater's last ten; None where it is the same answer."""

    def work(session: Session) -> Vote | None:
        rater = assigning.lock_rater(session, rater_id)
        assignment = _mine(session, public_id, rater_id)
        if assignment.id not in {vote.assignment_id for vote in recent(session, rater_id)}:
            raise BadInput("Only your last ten votes can be changed.")
        before = latest(session, assignment).get(question_id)
        if before is None or before.outcome is None:
            raise BadInput("There is no answer here to change.")
        if before.outcome == outcome:
            return None
        vote = _new_vote(session, assignment, question_id, outcome, before, now)
        _count(session, vote, before, rater)
        return vote

    return write(engine, work)


def undo(engine: Engine, *, study_id: int, rater_id: int, now: datetime) -> str | None:
    """Withdraw this rater's latest vote in the study and put its pair in hand again.

    Returns the pair's public id, None where there is nothing (within the last ten) to undo.
    """

    def work(session: Session) -> str | None:
        rater = assigning.lock_rater(session, rater_id)
        votes = [vote for vote in recent(session, rater_id) if vote.study_id == study_id]
        if not votes:
            return None
        last = votes[0]
        assignment = session.get_one(Assignment, last.assignment_id)
        withdrawn = _superseding(last, outcome=None, now=now)
        session.add(withdrawn)
        session.flush()
        _count(session, withdrawn, last, rater)
        assignment.state, assignment.finished_at = "leased", None
        assignment.leased_until = now + assigning.LEASE
        return assignment.public_id

    return write(engine, work)


def skip(engine: Engine, *, public_id: str, rater_id: int, reason: str, now: datetime) -> None:
    """Put the pair aside for somebody else. Votes already cast on it are withdrawn first; no effect twice."""

    def work(session: Session) -> None:
        rater = assigning.lock_rater(session, rater_id)
        assignment = _mine(session, public_id, rater_id)
        if assignment.state != "leased":
            return
        for before in latest(session, assignment).values():
            if before.outcome is not None:
                withdrawn = _superseding(before, outcome=None, now=now)
                session.add(withdrawn)
                session.flush()
                _count(session, withdrawn, before, rater)
        assignment.state, assignment.skip_reason, assignment.finished_at = "skipped", reason[:200], now
        assigning.give_back(session, assignment)

    write(engine, work)


def remark(engine: Engine, *, public_id: str, rater_id: int, kind: str, note: str, now: datetime) -> None:
    """Flag the pair for the analysts, or leave a comment on it."""
    note = note.strip()
    if kind not in ("flag", "comment"):
        raise BadInput(f"A remark is a flag or a comment, not '{kind}'.")
    if kind == "comment" and not note:
        raise BadInput("The comment is empty.")
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"A note holds at most {LONGEST_NOTE} characters; this one has {len(note)}.")

    def work(session: Session) -> None:
        assignment = _mine(session, public_id, rater_id)
        assert assignment.id is not None
        session.add(
            Remark(assignment_id=assignment.id, rater_id=rater_id, kind=kind, note=note, created_at=now),
        )

    write(engine, work)


def answers(session: Session, assignment: Assignment) -> dict[int, int]:
    """Question id → outcome of what stands on the assignment."""
    return _answered(latest(session, assignment))


def _answered(standing: dict[int, Vote]) -> dict[int, int]:
    return {question: vote.outcome for question, vote in standing.items() if vote.outcome is not None}


def latest(session: Session, assignment: Assignment) -> dict[int, Vote]:
    """Question id → the newest row of its chain of votes on the assignment."""
    query = select(Vote).where(Vote.assignment_id == assignment.id).order_by(col(Vote.id))
    return {vote.question_id: vote for vote in session.exec(query)}


def recent(session: Session, rater_id: int, *, limit: int = UNDO_DEPTH) -> list[Vote]:
    """The rater's last standing votes, newest first: those that may be undone or changed."""
    later = _vote.alias("later")
    standing = ~sa.exists().where(later.c.supersedes_id == _vote.c.id)
    query = select(Vote).where(
        Vote.rater_id == rater_id, col(Vote.outcome).is_not(None), col(Vote.assignment_id).is_not(None), standing
    )
    return list(session.exec(query.order_by(col(Vote.id).desc()).limit(limit)))


def _mine(session: Session, public_id: str, rater_id: int) -> Assignment:
    query = select(Assignment).where(Assignment.public_id == public_id, Assignment.rater_id == rater_id)
    assignment = session.exec(query.with_for_update()).first()
    if assignment is None:
        raise PairGone("This pair is not yours to rate. Reload the page to get the next one.")
    return assignment


def _hold(session: Session, assignment: Assignment, study: Study, now: datetime) -> None:
    """Keep the lease alive; take it up again where it ran out and nobody needed the place."""
    if assignment.state == "skipped":
        raise PairGone("You skipped this pair. Here is the next one.")
    if assignment.state == "expired" and not assigning.reclaim(session, assignment, study.overlap):
        raise PairGone("This pair was given to somebody else while you were away. Here is the next one.")
    if assignment.state == "expired":
        assignment.state = "leased"
    assignment.leased_until = now + assigning.LEASE


def _new_vote(
    session: Session, assignment: Assignment, question_id: int, outcome: Outcome, before: Vote | None, now: datetime
) -> Vote:
    if before is not None:
        vote = _superseding(before, outcome=outcome, now=now)
    else:
        vote = _first_vote(session, assignment, question_id, outcome, now)
    session.add(vote)
    session.flush()
    return vote


def _first_vote(session: Session, assignment: Assignment, question_id: int, outcome: Outcome, now: datetime) -> Vote:
    assert assignment.id is not None
    left, right = (session.get_one(Response, id) for id in (assignment.left_response_id, assignment.right_response_id))
    spent_ms = round((now - (assignment.shown_at or assignment.created_at)).total_seconds() * 1000)
    return Vote(
        study_id=assignment.study_id,
        question_id=question_id,
        assignment_id=assignment.id,
        prompt_id=left.prompt_id,
        rater_id=assignment.rater_id,
        left_candidate_id=left.candidate_id,
        right_candidate_id=right.candidate_id,
        outcome=int(outcome),
        length_bin=length_bin(left.words, right.words),
        masked=assignment.masked,
        too_fast=spent_ms < reading_floor_ms(left.words + right.words),
        is_repeat=assignment.repeat_of_id is not None,
        time_on_pair_ms=max(0, spent_ms),
        created_at=now,
    )


def _superseding(before: Vote, *, outcome: Outcome | None, now: datetime) -> Vote:
    fields = before.model_dump(exclude={"id", "outcome", "supersedes_id", "created_at"})
    return Vote(**fields, outcome=None if outcome is None else int(outcome), supersedes_id=before.id, created_at=now)


def _count(session: Session, vote: Vote, before: Vote | None, rater: Person) -> None:
    category = session.get_one(Prompt, vote.prompt_id).category
    tallies.record(
        session,
        vote,
        category=category,
        simulated=rater.kind == "simulated",
        before=before.outcome if before else None,
    )
