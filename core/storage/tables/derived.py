"""What is derived from facts, rebuilt by `evenhand rebuild`; and the workspace's switches."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, LargeBinary, SmallInteger
from sqlmodel import Field

from core.storage.tables.base import BigId, Table, json_value, moment


class PairTally(Table, table=True):
    """Votes per ordered candidate pair, category and length bin, by outcome; kept in the vote's transaction."""

    __tablename__ = "pair_tally"
    study_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    question_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    category: str = Field(primary_key=True)
    left_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    right_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    length_bin: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    masked: bool = Field(primary_key=True)
    simulated: bool = Field(primary_key=True)
    n_left: int = 0
    n_right: int = 0
    n_tie: int = 0
    n_both_bad: int = 0


class WeightedTally(Table, table=True):
    """Rater-weighted counts of one question, refreshed in the background; ``category`` '' is all of them.

    A category that begins with U+001F is the form that tells masked and simulated votes apart.
    """

    __tablename__ = "weighted_tally"
    study_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    question_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    category: str = Field(primary_key=True)
    cells: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """As services.weighted_cells.WeightedCells.packed gives them."""
    as_of_vote_id: int = Field(sa_column=Column(BigId, nullable=False))
    votes: int
    refreshed_at: datetime = moment()


class ResponsesRemoved(Table, table=True):
    """How many responses were ever deleted, in one row: a trigger on ``response`` keeps it, whoever deletes.

    What was read of the responses and only grew since is known to be whole without counting them.
    """

    __tablename__ = "responses_removed"
    id: int = Field(primary_key=True)
    total: int = 0


class RunColumns(Table, table=True):
    """A part of what a run's figures are made of, written once: read in place of the facts while this row stands.

    ``part``: a name of services.columns.PARTS; ``evaluator_id``: whose scores, 0 for the other parts. A trigger on
    every table of facts deletes the row in the transaction that changes what it was made of, whoever writes. While
    ``is_whole`` is false somebody is at it since ``begun_at``.
    """

    __tablename__ = "run_columns"
    run_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    part: str = Field(primary_key=True)
    evaluator_id: int = Field(default=0, sa_column=Column(BigId, primary_key=True, autoincrement=False))
    token: str = Field(unique=True)
    """Of its chunks; another each time."""
    layout: str
    """Of its columns; what was written in another is written anew."""
    is_whole: bool = False
    rows: int = 0
    chunks: int = 0
    candidates: list[int] | None = json_value(null=True)
    """The ids in it, where the part has a column of them."""
    begun_at: datetime = moment()


class RunColumnsChunk(Table, table=True):
    """Some rows of a part as an Arrow file, a few megabytes at most; without a RunColumns it is nobody's."""

    __tablename__ = "run_columns_chunk"
    token: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    """From 0, in the order of the rows."""
    packed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class WorkspaceSetting(Table, table=True):
    """A switch of the whole workspace, by name (for instance whether simulated raters count)."""

    __tablename__ = "workspace_setting"
    name: str = Field(primary_key=True)
    setting: Any = Field(sa_column=Column(JSON, nullable=False))
