"""What evaluators say of responses, which of it is a gate, and what judges cost."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field

from core.storage.tables.base import BigId, Table, json_value, moment, reference, row_id


class Evaluator(Table, table=True):
    """A configured evaluator. Never changed: other ``params`` are another evaluator, and this one is retired."""

    __table_args__ = (UniqueConstraint("kind", "content_hash"),)
    id: int | None = row_id()
    name: str
    kind: str
    """A key of the registry of evaluators."""
    params: dict[str, Any] = json_value()
    content_hash: str
    created_at: datetime = moment()
    retired_at: datetime | None = moment(null=True)


class Gate(Table, table=True):
    """What a response must reach to be acceptable: ``evaluator``'s value at least ``at_least``.

    Empty ``dataset_id`` and ``category`` mean all there are.
    """

    __table_args__ = (Index("ix_gate_dataset", "dataset_id"),)
    id: int | None = row_id()
    dataset_id: int | None = reference("dataset", null=True)
    category: str | None = None
    evaluator_id: int = reference("evaluator")
    at_least: float = 1.0
    created_at: datetime = moment()
    retired_at: datetime | None = moment(null=True)


class Score(Table, table=True):
    """What an evaluator said of a response. ``value``: 0 to 1, or empty: unscored, with the ``reason``.

    ``applies`` is false where the evaluator has nothing to say about this prompt (no reference, no such constraint).
    """

    response_id: int = Field(sa_column=Column(BigId, ForeignKey("response.id"), primary_key=True))
    evaluator_id: int = Field(sa_column=Column(BigId, ForeignKey("evaluator.id"), primary_key=True, index=True))
    value: float | None = None
    reason: str = ""
    applies: bool = True
    scored_at: datetime = moment()


class JudgeCall(Table, table=True):
    """One try to ask a judge about a response (or, pairwise, about two in an order). Its spend is the judge's own."""

    __tablename__ = "judge_call"
    __table_args__ = (
        Index("ix_judge_call_response", "response_id", "evaluator_id"),
        Index("ix_judge_call_evaluator", "evaluator_id"),
    )
    id: int | None = row_id()
    evaluator_id: int = reference("evaluator")
    response_id: int = reference("response")
    other_response_id: int | None = reference("response", null=True)
    reply: str | None = None
    value: float | None = None
    """What was parsed from the reply, 0 to 1 (pairwise: 1 first, 0 second, 0.5 tie); empty with a reply: it could not
    be parsed."""
    error_kind: str | None = None
    """A FaultKind where the call failed."""
    error_message: str | None = None
    latency_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    rates_id: int | None = reference("rates", null=True)
    answered_by: str | None = None
    started_at: datetime = moment()
    finished_at: datetime | None = moment(null=True)


class JudgePreference(Table, table=True):
    """Which of two responses a pairwise judge prefers, asked in both orders; a disagreement is a tie.

    ``first_response_id`` is the smaller id.
    """

    __tablename__ = "judge_preference"
    __table_args__ = (UniqueConstraint("evaluator_id", "first_response_id", "second_response_id"),)
    id: int | None = row_id()
    evaluator_id: int = reference("evaluator")
    prompt_id: int = reference("prompt", index=True)
    first_response_id: int = reference("response")
    second_response_id: int = reference("response")
    outcome: int | None = None
    """As domain.votes.Outcome, for first as left; empty: unscored."""
    orders_agree: bool | None = None
    reason: str = ""
    created_at: datetime = moment()
