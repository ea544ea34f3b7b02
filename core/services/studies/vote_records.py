"""One vote's way to and from the database. A key press must feel instant, so the statements are built once."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from core.domain.lengths import length_bin
from core.domain.votes import Outcome, reading_floor_ms
from core.services.leaderboards import tallies
from core.storage.tables import Assignment, Person, Prompt, Vote, metadata

UNDO_DEPTH = 10
PAIRS_BACK = 10

Record = Mapping[Any, Any]
"""A row of ``vote``, by column; without an id where it is not written yet."""

_vote = metadata.tables["vote"]
_question = metadata.tables["question"]
_assignment = metadata.tables["assignment"]
_study = metadata.tables["study"]
_prompt = metadata.tables["prompt"]
_remark = metadata.tables["remark"]
_left = metadata.tables["response"].alias("left_response")
_right = metadata.tables["response"].alias("right_response")

_SHOWN = (
    sa.select(
        _assignment,
        _study.c.name.label("study_name"),
        _study.c.state.label("study_state"),
        _study.c.overlap,
        _left.c.prompt_id,
        _left.c.candidate_id.label("left_candidate_id"),
        _left.c.words.label("left_words"),
        _right.c.candidate_id.label("right_candidate_id"),
        _right.c.words.label("right_words"),
        _prompt.c.category,
    )
    .join(_study, _study.c.id == _assignment.c.study_id)
    .join(_left, _left.c.id == _assignment.c.left_response_id)
    .join(_right, _right.c.id == _assignment.c.right_response_id)
    .join(_prompt, _prompt.c.id == _left.c.prompt_id)
    .where(_assignment.c.public_id == bindparam("public_id"), _assignment.c.rater_id == bindparam("rater"))
    .with_for_update(of=_assignment)
)

_on_assignment = (_vote.c.question_id == _question.c.id) & (_vote.c.assignment_id == bindparam("assignment"))
_ASKED = (
    sa.select(_question.c.id.label("asked_id"), _vote)
    .join(_vote, _on_assignment, isouter=True)
    .where(_question.c.study_id == bindparam("study"), _question.c.is_asked)
    .order_by(_vote.c.id)
)

_INSERT = _vote.insert()


def shown(session: Session, public_id: str, rater_id: int) -> sa.Row[Any] | None:
    """The rater's assignment, held until the transaction ends, with its study and what was shown on either side."""
    on = {"public_id": public_id, "rater": rater_id}
    return session.connection().execute(_SHOWN, on).first()


def asked(session: Session, study_id: int, assignment_id: int) -> dict[int, Record | None]:
    """Question id → the newest row of its chain of votes on the assignment, of the questions asked today."""
    newest: dict[int, Record | None] = {}
    for row in session.connection().execute(_ASKED, {"study": study_id, "assignment": assignment_id}).mappings():
        newest[row["asked_id"]] = None if row["id"] is None else row
    return newest


def first(shown: sa.Row[Any], question_id: int, outcome: Outcome, now: datetime) -> Record:
    """The first answer to a question on what was ``shown``."""
    spent_ms = round((now - (shown.shown_at or shown.created_at)).total_seconds() * 1000)
    return {
        "study_id": shown.study_id,
        "question_id": question_id,
        "assignment_id": shown.id,
        "prompt_id": shown.prompt_id,
        "rater_id": shown.rater_id,
        "left_candidate_id": shown.left_candidate_id,
        "right_candidate_id": shown.right_candidate_id,
        "outcome": int(outcome),
        "length_bin": length_bin(shown.left_words, shown.right_words),
        "masked": shown.masked,
        "too_fast": spent_ms < reading_floor_ms(shown.left_words + shown.right_words),
        "is_repeat": shown.repeat_of_id is not None,
        "time_on_pair_ms": max(0, spent_ms),
        "supersedes_id": None,
        "created_at": now,
    }


def superseding(before: Record, outcome: Outcome | None, now: datetime) -> Record:
    """The row that takes the place of ``before``; without an outcome it only withdraws it."""
    kept = {column.name: before[column.name] for column in _vote.c if column.name != "id"}
    value = None if outcome is None else int(outcome)
    return kept | {"outcome": value, "supersedes_id": before["id"], "created_at": now}


def insert(session: Session, record: Record) -> Vote:
    """Write the vote, in the caller's transaction; counting it is another step (``count``)."""
    key = session.connection().execute(_INSERT, record).inserted_primary_key
    assert key is not None
    return Vote(**record, id=key[0])


def count(session: Session, vote: Vote, rater: Person, *, before: int | None, category: str | None = None) -> None:
    """Count the vote in the tallies in place of ``before``, the outcome that it supersedes."""
    if category is None:
        category = session.get_one(Prompt, vote.prompt_id).category
    tallies.record(session, vote, category=category, simulated=rater.kind == "simulated", before=before)


def recent(session: Session, rater_id: int, *, limit: int = UNDO_DEPTH) -> list[Vote]:
    """The rater's last standing votes on questions still asked, newest first: those that may be undone."""
    later = _vote.alias("later")
    standing = ~sa.exists().where(later.c.supersedes_id == _vote.c.id)
    is_asked = sa.exists().where(_question.c.id == _vote.c.question_id, _question.c.is_asked)
    query = select(Vote).where(
        Vote.rater_id == rater_id,
        col(Vote.outcome).is_not(None),
        col(Vote.assignment_id).is_not(None),
        standing,
        is_asked,
    )
    return list(session.exec(query.order_by(col(Vote.id).desc()).limit(limit)))


def recent_pairs(session: Session, rater_id: int, *, limit: int = PAIRS_BACK) -> list[Assignment]:
    """The last pairs on which this rater answered, skipped or remarked something, newest first."""
    later = _vote.alias("later")
    answered = sa.exists().where(
        _vote.c.assignment_id == _assignment.c.id,
        _vote.c.outcome.is_not(None),
        ~sa.exists().where(later.c.supersedes_id == _vote.c.id),
    )
    remarked = sa.exists().where(_remark.c.assignment_id == _assignment.c.id)
    touched = (_assignment.c.state == "skipped") | answered | remarked
    query = select(Assignment).where(Assignment.rater_id == rater_id, touched)
    return list(session.exec(query.order_by(col(Assignment.id).desc()).limit(limit)))
