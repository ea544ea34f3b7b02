"""Rater-weighted counts: refreshed beside the pages, never while one waits, and said to be as of which vote.

A rater's weight falls as they go on, so one new vote moves the weight of all their earlier ones; the sums are
therefore taken anew from the votes, and kept per question and category in ``weighted_tally``.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session

from core.services.leaderboards import weighted_sums
from core.services.leaderboards.weighted_cells import WeightedCells
from core.services.leaderboards.weighted_sums import VoteColumns
from core.storage.engine import reading, write
from core.storage.tables import WeightedTally, metadata

__all__ = ["ALL_CATEGORIES", "WeightedCells", "load", "refresh", "refresh_all", "refresh_stale"]

ALL_CATEGORIES = ""
APART = "\x1f"
"""Before a category's name: its counts with masked and simulated votes in cells of their own, where it has any."""

_VOTES_PER_SECOND = 20_000

_vote = metadata.tables["vote"]
_question = metadata.tables["question"]
_weighted = metadata.tables["weighted_tally"]
_pair_tally = metadata.tables["pair_tally"]


def load(
    session: Session, question_id: int, category: str | None = None, *, merged: bool = False
) -> WeightedTally | None:
    """The newest weighted counts of a question, None where there are none yet.

    ``merged``: with masked and simulated votes in the same cells as the others; fewer numbers, for who wants all.
    """
    name = category or ALL_CATEGORIES
    for stored in (name,) if merged else (APART + name, name):
        mine = (_weighted.c.question_id == question_id) & (_weighted.c.category == stored)
        row = session.execute(sa.select(_weighted).where(mine)).mappings().first()
        if row:
            return WeightedTally(**row)
    return None


def refresh_stale(engine: Engine, *, now: datetime, at_once: bool = False) -> int:
    """Refresh every question whose votes changed since its weighted counts; returns how many were refreshed.

    Unless ``at_once``, a question with many votes is refreshed more rarely: its counts change little and cost more.
    """
    of_all = _weighted.c.category == ALL_CATEGORIES
    columns = (_weighted.c.question_id, _weighted.c.as_of_vote_id, _weighted.c.votes, _weighted.c.refreshed_at)
    with reading(engine) as session:
        newest, standing = _newest_vote_ids(session), _standing_votes(session)
        known = {row.question_id: row for row in session.execute(sa.select(*columns).where(of_all))}
    refreshed = 0
    for question_id, vote_id in newest.items():
        seen = known.get(question_id)
        is_same = seen and seen.as_of_vote_id >= vote_id and seen.votes == standing.get(question_id, 0)
        if seen and (is_same or (not at_once and now - seen.refreshed_at < _pause(seen.votes))):
            continue
        refresh(engine, question_id, now=now)
        refreshed += 1
    return refreshed


def _standing_votes(session: Session) -> dict[int, int]:
    """Votes per question, by the tallies. PostgreSQL may show a vote later than one with a higher id."""
    t = _pair_tally.c
    total = sa.func.sum(t.n_left + t.n_right + t.n_tie + t.n_both_bad)
    return {row[0]: int(row[1]) for row in session.execute(sa.select(t.question_id, total).group_by(t.question_id))}


def _pause(votes: int) -> timedelta:
    return timedelta(seconds=votes / _VOTES_PER_SECOND)


def _newest_vote_ids(session: Session) -> dict[int, int]:
    newest = (
        sa.select(sa.func.max(_vote.c.id)).where(_vote.c.question_id == _question.c.id).correlate(_question)
    ).scalar_subquery()
    rows = session.execute(sa.select(_question.c.id, newest.label("vote_id")))
    return {row.id: row.vote_id for row in rows if row.vote_id is not None}


def refresh_all(engine: Engine, *, now: datetime) -> None:
    """Refresh every question that has votes."""
    with reading(engine) as session:
        newest = _newest_vote_ids(session)
    for question_id in newest:
        refresh(engine, question_id, now=now)


def refresh(engine: Engine, question_id: int, *, now: datetime) -> None:
    """Take the weighted counts of a question anew from its votes and keep them, per category and over all."""
    with reading(engine) as session:
        as_of, study_id = _as_of(session, question_id)
        if as_of is None:
            return
        votes = weighted_sums.read(session, question_id)
    kept = {"study_id": study_id, "question_id": question_id, "as_of_vote_id": as_of, "refreshed_at": now}
    rows = [
        kept | {"category": name, "cells": cells.packed(), "votes": int(cells.votes.sum())}
        for category in (None, *votes.present)
        for name, cells in _forms(votes.of(category), category or ALL_CATEGORIES)
    ]
    write(engine, lambda session: _replace(session, question_id, as_of, rows))


def _forms(votes: VoteColumns, name: str) -> Iterator[tuple[str, WeightedCells]]:
    yield name, WeightedCells.counted(votes, apart=False)
    if votes.masked.any() or votes.simulated.any():
        yield APART + name, WeightedCells.counted(votes, apart=True)


def _as_of(session: Session, question_id: int) -> tuple[int | None, int]:
    row = session.execute(
        sa.select(sa.func.max(_vote.c.id), sa.func.max(_vote.c.study_id)).where(_vote.c.question_id == question_id)
    ).one()
    return row[0], row[1]


def _replace(session: Session, question_id: int, as_of: int, rows: list[dict[str, Any]]) -> None:
    mine = _weighted.c.question_id == question_id
    newer = session.execute(sa.select(sa.func.max(_weighted.c.as_of_vote_id)).where(mine)).scalar()
    if newer is not None and newer > as_of:
        return
    session.execute(_weighted.delete().where(mine))
    session.execute(_weighted.insert(), rows)
