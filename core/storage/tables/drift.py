"""Checks for drift: which runs they compare with, what they found, and what judges said when asked again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field

from core.storage.tables.base import BigId, Table, json_value, long_text, moment, row_id


def _goes_with(target: str, *, index: bool = False) -> Any:
    """A reference that goes when what it refers to is deleted."""
    return Field(sa_column=Column(BigId, ForeignKey(f"{target}.id", ondelete="CASCADE"), nullable=False, index=index))


class DriftBaseline(Table, table=True):
    """The runs that a dataset's later runs are compared with. A move is a new row; the newest is in force."""

    __tablename__ = "drift_baseline"
    __table_args__ = (UniqueConstraint("dataset_id", "number"),)
    id: int | None = row_id()
    dataset_id: int = _goes_with("dataset")
    """One version of the dataset; the baseline is of all versions of its name."""
    number: int
    run_ids: list[int] = json_value()
    """Oldest first."""
    person_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    """Who pinned it; empty: it was pinned by itself."""
    why: str = long_text()
    created_at: datetime = moment()


class DriftFigures(Table, table=True):
    """What a baseline's figures were under the rules of then, written once, soon after it was pinned."""

    __tablename__ = "drift_figures"
    baseline_id: int = Field(
        sa_column=Column(BigId, ForeignKey("drift_baseline.id", ondelete="CASCADE"), primary_key=True)
    )
    rules: dict[str, Any] = json_value()
    """The gates and evaluators then in force."""
    figures: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """As services.watching.drift.own_changes packs them."""
    replay: dict[str, Any] | None = json_value(null=True)
    """The A/A replay, once it was computed."""
    repetitions: float
    created_at: datetime = moment()


class DriftCheck(Table, table=True):
    """One run judged against a baseline, once. While ``is_whole`` is false, ``worker`` is at it since ``begun_at``."""

    __tablename__ = "drift_check"
    __table_args__ = (UniqueConstraint("run_id", "baseline_id"),)
    id: int | None = row_id()
    run_id: int = _goes_with("run")
    baseline_id: int = _goes_with("drift_baseline", index=True)
    worker: str
    begun_at: datetime = moment()
    is_whole: bool = False
    finished_at: datetime | None = moment(null=True)
    notes: list[str] | None = json_value(null=True)
    """What could not be looked at, and why."""
    closed: list[int] | None = json_value(null=True)
    """Ids of findings of the check before that this one does not find any more."""
    smallest_visible: list[dict[str, Any]] | None = json_value(null=True)
    trends: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """Of all runs since the baseline; the newest check of a baseline has them alone."""
    annotations: list[dict[str, Any]] | None = json_value(null=True)


class DriftFinding(Table, table=True):
    """A change that a check found; numbers as in domain.drift.Finding."""

    __tablename__ = "drift_finding"
    id: int | None = row_id()
    check_id: int = _goes_with("drift_check", index=True)
    candidate_id: int = _goes_with("candidate", index=True)
    metric: str
    category: str | None = None
    """Empty: over all."""
    tier: str
    before: float
    after: float
    change: float
    lower: float
    upper: float
    p: float
    prompts: int
    since_run_id: int = Field(sa_column=Column(BigId, nullable=False))
    open_since_run_id: int = Field(sa_column=Column(BigId, nullable=False))
    """The first check's run in an unbroken row that found it."""
    showing: list[str] = json_value()
    """The contents of the prompts that show it most, strongest first."""
    causes: list[str] = json_value()
    parts: list[dict[str, Any]] = json_value()
    """Of each cause how much of the change is its own, and what shows it."""
    said: dict[str, Any] = json_value()
    """The metric and the sentence, as they were told."""


class AnchorScore(Table, table=True):
    """What a judge said when it was asked again, at a check of a run, about an answer that it had scored before."""

    __tablename__ = "anchor_score"
    __table_args__ = (
        UniqueConstraint("evaluator_id", "response_id", "run_id"),
        Index("ix_anchor_score_run", "run_id", "evaluator_id"),
    )
    id: int | None = row_id()
    evaluator_id: int = _goes_with("evaluator")
    response_id: int = _goes_with("response", index=True)
    run_id: int = _goes_with("run")
    value: float | None = None
    """0 to 1; empty: it could not be read, with the ``reason``."""
    reason: str = long_text()
    asked_at: datetime = moment()
