"""Tallies: counts of votes that a board needs, kept in the vote's own transaction and rebuilt on demand."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from core.domain.votes import Outcome
from core.storage.tables import Vote, metadata
from core.storage.upsert import add_to

BUCKETS = 32

# Per outcome: the left side's wins, doubled so that a tie is a whole number; and the column that counts it.
WINS2 = {Outcome.LEFT: 2, Outcome.RIGHT: 0, Outcome.TIE: 1, Outcome.BOTH_BAD: 1}
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
_cluster_tally = metadata.tables["cluster_tally"]


def is_current() -> sa.ColumnElement[bool]:
    """Whether a row of ``vote`` stands: not superseded, not withdrawn, and not on a mirrored repeat."""
    later = _vote.alias("later")
    superseded = sa.exists().where(later.c.supersedes_id == _vote.c.id)
    return _vote.c.outcome.is_not(None) & _vote.c.is_repeat.is_(False) & ~superseded


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
    pair = {
        "study_id": vote.study_id,
        "question_id": vote.question_id,
        "left_id": vote.left_candidate_id,
        "right_id": vote.right_candidate_id,
        "simulated": simulated,
    }
    cell = {"category": category, "length_bin": vote.length_bin, "masked": vote.masked}
    counts = dict.fromkeys(COUNTERS.values(), 0)
    for outcome, sign in steps:
        counts[COUNTERS[outcome]] += sign
    add_to(session, _pair_tally, [pair | cell | counts], list(COUNTERS.values()))
    sums = {"n": sum(sign for _, sign in steps), "wins2": sum(sign * WINS2[outcome] for outcome, sign in steps)}
    clusters = [
        {"kind": kind, "bucket": key % BUCKETS} for kind, key in (("rater", vote.rater_id), ("prompt", vote.prompt_id))
    ]
    add_to(session, _cluster_tally, [pair | cluster | sums for cluster in clusters], list(sums))


def hold(session: Session) -> None:
    """Make other writers of tallies wait until this transaction ends; on SQLite they wait already."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.text("LOCK TABLE pair_tally, cluster_tally IN EXCLUSIVE MODE"))


def rebuild(session: Session, study_id: int) -> None:
    """Count the study's votes anew, in the caller's transaction; writers of votes wait for it."""
    hold(session)
    for table in (_pair_tally, _cluster_tally):
        session.execute(table.delete().where(table.c.study_id == study_id))
    _insert_counts(session, _pair_tally, _pair_counts(study_id))
    for kind in ("rater", "prompt"):
        _insert_counts(session, _cluster_tally, _cluster_counts(study_id, kind))


def rebuild_all(session: Session) -> None:
    """Count every study's votes anew."""
    for study_id in session.execute(sa.select(metadata.tables["study"].c.id)).scalars().all():
        rebuild(session, study_id)


def _insert_counts(session: Session, table: sa.Table, counts: sa.Select[Any]) -> None:
    session.execute(table.insert().from_select([column.name for column in counts.selected_columns], counts))


def _sides() -> list[sa.ColumnElement[Any]]:
    return [
        _vote.c.study_id,
        _vote.c.question_id,
        _vote.c.left_candidate_id.label("left_id"),
        _vote.c.right_candidate_id.label("right_id"),
        is_simulated().label("simulated"),
    ]


def _pair_counts(study_id: int) -> sa.Select[Any]:
    keys = [*_sides(), _prompt.c.category, _vote.c.length_bin, _vote.c.masked]
    counts = [
        sa.cast(sa.func.sum(sa.case((_vote.c.outcome == int(outcome), 1), else_=0)), sa.Integer).label(name)
        for outcome, name in COUNTERS.items()
    ]
    rows = _vote.join(_person, _person.c.id == _vote.c.rater_id).join(_prompt, _prompt.c.id == _vote.c.prompt_id)
    return _grouped(rows, keys, counts, study_id)


def _cluster_counts(study_id: int, kind: str) -> sa.Select[Any]:
    keys = [*_sides(), (_vote.c[f"{kind}_id"] % sa.literal_column(str(BUCKETS))).label("bucket")]
    wins2 = sa.case(*((_vote.c.outcome == int(outcome), wins) for outcome, wins in WINS2.items()))
    counts = [
        sa.literal_column(f"'{kind}'").label("kind"),
        sa.func.count().label("n"),
        sa.cast(sa.func.sum(wins2), sa.Integer).label("wins2"),
    ]
    return _grouped(_vote.join(_person, _person.c.id == _vote.c.rater_id), keys, counts, study_id)


def _grouped(
    rows: sa.FromClause,
    keys: Sequence[sa.ColumnElement[Any]],
    counts: Sequence[sa.ColumnElement[Any]],
    study_id: int,
) -> sa.Select[Any]:
    groups = [key.element if isinstance(key, sa.Label) else key for key in keys]
    query = sa.select(*keys, *counts).select_from(rows)
    return query.where(_vote.c.study_id == study_id, is_current()).group_by(*groups)
