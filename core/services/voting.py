"""Casting votes: written the moment a key is pressed, for the pair that was shown and no other."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine, bindparam
from sqlmodel import Session, col, select

from core.domain.votes import Outcome
from core.errors import BadInput, NothingToRate, PairGone
from core.services import assigning, vote_records
from core.storage.engine import write
from core.storage.tables import Assignment, Person, Remark, Vote, metadata

SKIP_REASONS = (
    "I do not know the subject",
    "I cannot read it (language or display)",
    "The two are the same",
    "I would rather not read this",
)
UNDO_DEPTH = 10
LONGEST_NOTE = 4000
_NOT_YOURS = "This pair is not yours to rate. Reload the page to get the next one."

_vote = metadata.tables["vote"]
_assignment = metadata.tables["assignment"]

_KEEP = (
    _assignment.update()
    .where(_assignment.c.id == bindparam("assignment"))
    .values({name: bindparam(f"new_{name}") for name in ("state", "leased_until", "finished_at")})
)


def cast(
    engine: Engine, *, public_id: str, rater_id: int, question_id: int, outcome: Outcome, now: datetime
) -> Vote | None:
    """Vote on the pair that ``public_id`` showed; None where this question was answered there already.

    A doubled key press or a second tab is therefore harmless. Raises PairGone where the pair went to somebody
    else in the meantime, NothingToRate where the study is not open.
    """

    def work(session: Session) -> Vote | None:
        rater = assigning.lock_rater(session, rater_id)
        shown = _to_vote_on(session, public_id, rater_id)
        asked = vote_records.asked(session, shown.study_id, shown.id)
        if question_id not in asked:
            raise PairGone("That question is not asked any more. Reload the page to see the present ones.")
        before = asked.pop(question_id)
        if before is not None and before["outcome"] is not None:
            return None
        if before is None:
            record = vote_records.first(shown, question_id, outcome, now)
        else:
            record = vote_records.superseding(before, outcome, now)
        vote = vote_records.insert(session, record)
        vote_records.count(session, vote, rater, before=None, category=shown.category)
        _keep(session, shown, now, is_done=all(other and other["outcome"] is not None for other in asked.values()))
        return vote

    return write(engine, work)


def _to_vote_on(session: Session, public_id: str, rater_id: int) -> sa.Row[Any]:
    """What was shown, where it may be voted on; an expired lease is taken up again if nobody needed the place."""
    shown = vote_records.shown(session, public_id, rater_id)
    if shown is None:
        raise PairGone(_NOT_YOURS)
    if shown.study_state != "open":
        raise NothingToRate(
            f"'{shown.study_name}' is {shown.study_state}. This vote was not taken; earlier ones are kept."
        )
    if shown.state == "skipped":
        raise PairGone("You skipped this pair. Here is the next one.")
    if shown.state == "expired" and not assigning.reclaim(session, shown.pair_id, shown.repeat_of_id, shown.overlap):
        raise PairGone("This pair was given to somebody else while you were away. Here is the next one.")
    return shown


def _keep(session: Session, shown: sa.Row[Any], now: datetime, *, is_done: bool) -> None:
    """Keep the lease alive, or end it where every question is answered."""
    state = "leased" if shown.state == "expired" else shown.state
    changed = {
        "assignment": shown.id,
        "new_state": "done" if is_done else state,
        "new_leased_until": now + assigning.LEASE,
        "new_finished_at": now if is_done else shown.finished_at,
    }
    session.connection().execute(_KEEP, changed)


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
        return _supersede(session, before, outcome, rater, now)

    return write(engine, work)


def _supersede(session: Session, before: Vote, outcome: Outcome | None, rater: Person, now: datetime) -> Vote:
    vote = vote_records.insert(session, vote_records.superseding(before.model_dump(), outcome, now))
    vote_records.count(session, vote, rater, before=before.outcome)
    return vote


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
        _supersede(session, last, None, rater, now)
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
                _supersede(session, before, None, rater, now)
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
        raise PairGone(_NOT_YOURS)
    return assignment
