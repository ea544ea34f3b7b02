"""Rater-weighted counts: refreshed beside the pages, never while one waits, and said to be as of which vote.

A rater's weight falls as they go on, so one new vote moves the weight of all their earlier ones; the sums are
therefore taken anew from the votes, by the database, and kept per question and category in ``weighted_tally``.
"""

import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlmodel import Session

from core.services import weighted_sums
from core.storage.engine import reading, write
from core.storage.tables import WeightedTally, metadata

ALL_CATEGORIES = ""
_VOTES_PER_SECOND = 20_000

_vote = metadata.tables["vote"]
_question = metadata.tables["question"]
_weighted = metadata.tables["weighted_tally"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WeightedCells:
    """Sums over the votes of one question in one category (or all).

    ``cell``: [m, 5] left id, right id, length bin, masked, simulated. ``weight``, ``weight_squared``: [m, 4] by
    Outcome. Per way of clustering, ``*_key``: [e, 2] cluster key and index into ``cell``; ``*_sum``: [e, 2] sum of
    weights and of weight × left's win. ``raters``: [r, 3] rater id, votes, simulated.
    """

    cell: Ints
    weight: Floats
    weight_squared: Floats
    rater_key: Ints
    rater_sum: Floats
    prompt_key: Ints
    prompt_sum: Floats
    raters: Ints

    def packed(self) -> bytes:
        """As the bytes that ``weighted_tally.cells`` keeps."""
        out = io.BytesIO()
        np.savez(out, **vars(self))
        return out.getvalue()

    @classmethod
    def unpacked(cls, packed: bytes) -> "WeightedCells":
        """The reverse of ``packed``."""
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            return cls(**{name: arrays[name] for name in arrays.files})


def load(session: Session, question_id: int, category: str | None = None) -> WeightedTally | None:
    """The newest weighted counts of a question, None where there are none yet."""
    where = (_weighted.c.question_id == question_id) & (_weighted.c.category == (category or ALL_CATEGORIES))
    row = session.execute(sa.select(_weighted).where(where)).mappings().first()
    return WeightedTally(**row) if row else None


def refresh_stale(engine: Engine, *, now: datetime, at_once: bool = False) -> int:
    """Refresh every question that has newer votes than its weighted counts; returns how many were refreshed.

    Unless ``at_once``, a question with many votes is refreshed more rarely: its counts change little and cost more.
    """
    with reading(engine) as session:
        newest = _newest_vote_ids(session)
        known = {
            row.question_id: row
            for row in session.execute(
                sa.select(
                    _weighted.c.question_id, _weighted.c.as_of_vote_id, _weighted.c.votes, _weighted.c.refreshed_at
                ).where(_weighted.c.category == ALL_CATEGORIES)
            )
        }
    refreshed = 0
    for question_id, vote_id in newest.items():
        seen = known.get(question_id)
        if seen and (seen.as_of_vote_id >= vote_id or (not at_once and now - seen.refreshed_at < _pause(seen.votes))):
            continue
        refresh(engine, question_id, now=now)
        refreshed += 1
    return refreshed


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
        sums = _Sums.read(session, question_id)
    by_category = {category: sums.of(category) for category in sums.categories()}
    by_category[ALL_CATEGORIES] = sums.of(None)
    rows = [
        {
            "study_id": study_id,
            "question_id": question_id,
            "category": category,
            "cells": cells.packed(),
            "as_of_vote_id": as_of,
            "votes": int(cells.raters[:, 1].sum()),
            "refreshed_at": now,
        }
        for category, cells in by_category.items()
    ]
    write(engine, lambda session: _replace(session, question_id, as_of, rows))


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


@dataclass(frozen=True)
class _Sums:
    """What the database summed: [rows, columns] each, the category's code in the first column."""

    names: list[str]
    cells: Floats
    raters: Floats
    prompts: Floats
    people: Floats

    @classmethod
    def read(cls, session: Session, question_id: int) -> "_Sums":
        names = weighted_sums.categories(session, question_id)
        code = {name: number for number, name in enumerate(names)}

        def table(query: sa.Select[Any], width: int) -> Floats:
            rows = [(code[row[0]], *row[1:]) for row in session.execute(query)]
            return np.array(rows, dtype=np.float64).reshape(-1, width)

        def clusters(column: str) -> Floats:
            distinct = weighted_sums.distinct(session, question_id, column)
            return table(weighted_sums.by_cluster(question_id, column, distinct), 9)

        return cls(
            names=names,
            cells=table(weighted_sums.by_cell(question_id), 9),
            raters=clusters("rater_id"),
            prompts=clusters("prompt_id"),
            people=table(weighted_sums.by_rater(question_id), 4),
        )

    def categories(self) -> list[str]:
        present = np.unique(self.cells[:, 0]).astype(int)
        return [self.names[number] for number in present]

    def of(self, category: str | None) -> WeightedCells:
        """Category's share, or everything summed over categories."""
        code = None if category is None else self.names.index(category)
        cells, raters, prompts, people = (
            part if code is None else part[part[:, 0] == code]
            for part in (self.cells, self.raters, self.prompts, self.people)
        )
        cell, where = np.unique(cells[:, 1:6].astype(np.int64), axis=0, return_inverse=True)
        spot = where * 4 + cells[:, 6].astype(np.int64)
        size = 4 * len(cell)
        rater_key, rater_sum = _clusters(raters, cell)
        prompt_key, prompt_sum = _clusters(prompts, cell)
        return WeightedCells(
            cell=cell,
            weight=np.bincount(spot, cells[:, 7], size).reshape(-1, 4).astype(np.float64),
            weight_squared=np.bincount(spot, cells[:, 8], size).reshape(-1, 4).astype(np.float64),
            rater_key=rater_key,
            rater_sum=rater_sum,
            prompt_key=prompt_key,
            prompt_sum=prompt_sum,
            raters=_people(people),
        )


def _clusters(rows: Floats, cell: Ints) -> tuple[Ints, Floats]:
    """Keys [e, 2] (cluster, index into ``cell``) and sums [e, 2] of ``rows`` (category, 5 of cell, key, w, wy)."""
    index = {tuple(values): number for number, values in enumerate(cell.tolist())}
    where = np.array([index[tuple(values)] for values in rows[:, 1:6].astype(np.int64).tolist()], dtype=np.int64)
    keys = np.stack([rows[:, 6].astype(np.int64), where], axis=1) if len(rows) else np.zeros((0, 2), np.int64)
    unique, spot = np.unique(keys, axis=0, return_inverse=True)
    sums = [np.bincount(spot, rows[:, column], len(unique)) for column in (7, 8)]
    return unique, np.stack(sums, axis=1)


def _people(rows: Floats) -> Ints:
    keys, spot = np.unique(rows[:, 1:3].astype(np.int64), axis=0, return_inverse=True)
    votes = np.bincount(spot, rows[:, 3], len(keys)).astype(np.int64)
    return np.stack([keys[:, 0], votes, keys[:, 1]], axis=1)
