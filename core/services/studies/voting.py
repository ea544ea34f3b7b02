"""Casting votes: written the moment a key is pressed, for the pair that was shown and no other."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine, bindparam
from sqlmodel import Session, col, select

from core.domain.storable_text import storable
from core.domain.votes import Outcome
from core.errors import BadInput, NothingToRate, PairGone
from core.services.studies import assigning, vote_records
from core.storage.engine import write
from core.storage.tables import Assignment, Person, Remark, Study, Vote, metadata

SKIP_REASONS = (
    "I do not know the subject",
    "I cannot read it (language or display)",
    "The two are the same",
    "I would rather not read this",
)
LONGEST_NOTE = 4000
_NOT_YOURS = "This pair is not yours to rate. Reload the page to get the next one."

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
        _take_up_again(session, shown)
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
    """What was shown, where it may be voted on."""
    shown = vote_records.shown(session, public_id, rater_id)
    if shown is None:
        raise PairGone(_NOT_YOURS)
    if shown.study_state != "open":
        raise NothingToRate(
            f"'{shown.study_name}' is {shown.study_state}. This vote was not taken; earlier ones are kept."
        )
    if shown.state == "skipped":
        raise PairGone("You skipped this pair. Here is the next one.")
    return shown


def _take_up_again(session: Session, shown: sa.Row[Any]) -> None:
    """Take up an expired lease if nobody needed the place."""
    if shown.state == "expired" and not assigning.reclaim(session, shown.pair_id, shown.repeat_of_id, shown.overlap):
        raise PairGone(
            "This pair was given to somebody else while you were away; what you answered on it is kept. "
            "Here is the next one."
        )


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
    """Put another answer in the place of one on this rater's last ten pairs; None where it is the same answer.

    Raises BadInput where it is none of those, NothingToRate where the study is not open.
    """

    def work(session: Session) -> Vote | None:
        rater = assigning.lock_rater(session, rater_id)
        assignment = _mine(session, public_id, rater_id)
        if assignment.id not in {pair.id for pair in vote_records.recent_pairs(session, rater_id)}:
            raise BadInput("Only the answers on your last ten pairs can be changed.")
        _check_open(session, assignment.study_id, "This answer stays as it is.")
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

    Votes on questions that are not asked any more stay. Returns the pair's public id, None where there is nothing
    (within the last ten) to undo. Raises NothingToRate where the study is not open, PairGone where somebody else has
    the pair: the vote could not be given again, so it stays.
    """

    def work(session: Session) -> str | None:
        rater = assigning.lock_rater(session, rater_id)
        votes = [vote for vote in vote_records.recent(session, rater_id) if vote.study_id == study_id]
        if not votes:
            return None
        overlap = _check_open(session, study_id, "Your last answer stays: it could not be given again now.").overlap
        last = votes[0]
        assignment = session.get_one(Assignment, last.assignment_id, with_for_update=True)
        if assignment.state == "expired" and not assigning.reclaim(
            session, assignment.pair_id, assignment.repeat_of_id, overlap
        ):
            raise PairGone(
                "That pair was given to somebody else while you were away, so your answer on it stays. "
                "You can change it on My votes."
            )
        _supersede(session, last, None, rater, now)
        assignment.state, assignment.finished_at = "leased", None
        assignment.leased_until = now + assigning.LEASE
        return assignment.public_id

    return write(engine, work)


def _check_open(session: Session, study_id: int, otherwise: str) -> Study:
    """The study; NothingToRate with the word ``otherwise`` where it takes no answers now."""
    study = session.get_one(Study, study_id)
    if study.state != "open":
        raise NothingToRate(f"'{study.name}' is {study.state}. {otherwise}")
    return study


def skip(engine: Engine, *, public_id: str, rater_id: int, reason: str, now: datetime) -> None:
    """Put the pair aside for somebody else. Votes already cast on it are withdrawn first; no effect twice.

    Raises NothingToRate where the study is not open: what was answered could not be given again.
    """

    def work(session: Session) -> None:
        rater = assigning.lock_rater(session, rater_id)
        assignment = _mine(session, public_id, rater_id)
        if assignment.state not in ("leased", "expired"):
            return
        _check_open(session, assignment.study_id, "This pair was not skipped; your answers on it stay.")
        for before in latest(session, assignment).values():
            if before.outcome is not None:
                _supersede(session, before, None, rater, now)
        if assignment.state == "leased":
            assigning.give_back(session, assignment)
        assignment.state, assignment.skip_reason, assignment.finished_at = "skipped", storable(reason)[:200], now

    write(engine, work)


def remark(engine: Engine, *, public_id: str, rater_id: int, kind: str, note: str, now: datetime) -> None:
    """Flag the pair for the analysts, or leave a comment on it."""
    note = storable(note).strip()
    if kind not in ("flag", "comment"):
        raise BadInput(f"A remark is a flag or a comment, not '{kind}'.")
    if kind == "comment" and not note:
        raise BadInput("The comment is empty.")
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"A note holds at most {LONGEST_NOTE} characters; this one has {len(note)}.")

    def work(session: Session) -> None:
        assigning.lock_rater(session, rater_id)
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


def _mine(session: Session, public_id: str, rater_id: int) -> Assignment:
    query = select(Assignment).where(Assignment.public_id == public_id, Assignment.rater_id == rater_id)
    assignment = session.exec(query.with_for_update()).first()
    if assignment is None:
        raise PairGone(_NOT_YOURS)
    return assignment
