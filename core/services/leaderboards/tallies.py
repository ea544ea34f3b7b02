"""Tallies: counts of votes that a board needs, kept in the vote's own transaction and rebuilt on demand."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from core.domain.votes import Outcome
from core.storage.tables import Vote, metadata
from core.storage.upsert import add_to

COUNTERS = {
    Outcome.LEFT: "n_left",
    Outcome.RIGHT: "n_right",
    Outcome.TIE: "n_tie",
    Outcome.BOTH_BAD: "n_both_bad",
}

_vote = metadata.tables["vote"]
_prompt = metadata.tables["prompt"]
_person = metadata.tables["person"]
_pair_tally = metadata.tables["pair_tally"]


def is_current(up_to: int | None = None) -> sa.ColumnElement[bool]:
    """Whether a row of ``vote`` stands: not superseded, not withdrawn, and not on a mirrored repeat.

    ``up_to``: whether it stood when the vote of this id was the newest.
    """
    later = _vote.alias("later")
    superseded = sa.exists().where(later.c.supersedes_id == _vote.c.id)
    counts = _vote.c.outcome.is_not(None) & _vote.c.is_repeat.is_(False)
    if up_to is None:
        return counts & ~superseded
    return counts & (_vote.c.id <= up_to) & ~superseded.where(later.c.id <= up_to)


def is_simulated() -> sa.ColumnElement[bool]:
    """Whether a joined row of ``person`` is a simulated rater."""
    return _person.c.kind == "simulated"


def record(session: Session, vote: Vote, *, category: str, simulated: bool, before: int | None) -> None:
    """Count ``vote`` in the caller's transaction, in place of ``before``, the outcome it supersedes.

    An outcome of None (nothing before; withdrawn now) counts nowhere.
    """
    steps = [(Outcome(of), sign) for of, sign in ((before, -1), (vote.outcome, +1)) if of is not None]
    if vote.is_repeat or not steps:
        return
    cell = {
        "study_id": vote.study_id,
        "question_id": vote.question_id,
        "left_id": vote.left_candidate_id,
        "right_id": vote.right_candidate_id,
        "simulated": simulated,
        "category": category,
        "length_bin": vote.length_bin,
        "masked": vote.masked,
    }
    counts = dict.fromkeys(COUNTERS.values(), 0)
    for outcome, sign in steps:
        counts[COUNTERS[outcome]] += sign
    add_to(session, _pair_tally, [cell | counts], list(COUNTERS.values()))


def hold(session: Session) -> None:
    """Make other writers of tallies wait until this transaction ends; on SQLite they wait already."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE pair_tally IN EXCLUSIVE MODE"))


def rebuild(session: Session, study_id: int) -> None:
    """Count the study's votes anew, in the caller's transaction; writers of votes wait for it."""
    hold(session)
    session.execute(_pair_tally.delete().where(_pair_tally.c.study_id == study_id))
    counts = _pair_counts(study_id)
    session.execute(_pair_tally.insert().from_select([column.name for column in counts.selected_columns], counts))


def rebuild_all(session: Session) -> None:
    """Count every study's votes anew."""
    for study_id in session.execute(sa.select(metadata.tables["study"].c.id)).scalars().all():
        rebuild(session, study_id)


def _pair_counts(study_id: int) -> sa.Select[Any]:
    keys = {
        "study_id": _vote.c.study_id,
        "question_id": _vote.c.question_id,
        "left_id": _vote.c.left_candidate_id,
        "right_id": _vote.c.right_candidate_id,
        "simulated": is_simulated(),
        "category": _prompt.c.category,
        "length_bin": _vote.c.length_bin,
        "masked": _vote.c.masked,
    }
    counts = [
        sa.cast(sa.func.sum(sa.case((_vote.c.outcome == int(outcome), 1), else_=0)), sa.Integer).label(name)
        for outcome, name in COUNTERS.items()
    ]
    rows = _vote.join(_person, _person.c.id == _vote.c.rater_id).join(_prompt, _prompt.c.id == _vote.c.prompt_id)
    query = sa.select(*(key.label(name) for name, key in keys.items()), *counts).select_from(rows)
    return query.where(_vote.c.study_id == study_id, is_current()).group_by(*keys.values())
