"""Running an evaluation: runs, the attempts behind responses, prices, load tests."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, UniqueConstraint
from sqlmodel import Field

from core.storage.tables.base import BigId, Table, json_value, moment, reference, row_id

GOING = ("queued", "running")
"""The states of a run that waits or goes on."""


class Run(Table, table=True):
    """One arrival of responses for a dataset: an evaluation, an import, or the recorded demo.

    ``state``: queued | running | done | cancelled | stopped; a stopped run has a ``problem`` (its cap was reached, a
    key was refused, …) and can be resumed. Empty ``prompt_ids``: all prompts. ``spread_s``: when each repetition may
    begin, in seconds after ``started_at``; empty for all at once. The counters are kept in the transaction of what
    they count: ``responses`` arrived, ``failed`` were given up, ``attempts`` were made, ``cost_usd`` is what is known
    to be spent, ``unpriced`` attempts have no known price. ``worker`` and ``heartbeat_at``: who carries it out, and
    when that was last heard of.
    """

    __table_args__ = (Index("ix_run_state", "state"),)
    id: int | None = row_id()
    dataset_id: int = reference("dataset", index=True)
    source: str = Field(description="import | demo | evaluation")
    """import | demo | evaluation."""
    state: str = Field(default="done", sa_column_kwargs={"server_default": "done"})
    candidate_ids: list[int] | None = json_value(null=True)
    prompt_ids: list[int] | None = json_value(null=True)
    repetitions: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    spread_s: list[float] | None = json_value(null=True)
    max_usd: float | None = None
    concurrency: int | None = None
    deadline_s: float | None = None
    seed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    planned: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Responses wanted."""
    responses: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    failed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    cost_usd: float = Field(default=0.0, sa_column_kwargs={"server_default": "0"})
    unpriced: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    problem: str | None = None
    requested_by_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    worker: str | None = None
    heartbeat_at: datetime | None = moment(null=True)
    started_at: datetime | None = moment(null=True)
    finished_at: datetime | None = moment(null=True)
    created_at: datetime = moment()


class Attempt(Table, table=True):
    """One HTTP try behind a response; written before it is sent, completed once when it ends.

    ``turn`` counts the prompt's user turns from 0, ``number`` the tries of one turn from 1. Durations are in ms from
    the request's start; ``is_warm`` tells whether the connection was open already.
    """

    __table_args__ = (Index("ix_attempt_work", "run_id", "prompt_id", "candidate_id", "repetition"),)
    id: int | None = row_id()
    run_id: int = reference("run")
    prompt_id: int = reference("prompt")
    candidate_id: int = reference("candidate", index=True)
    repetition: int = 0
    turn: int = 0
    number: int = 1
    endpoint: str = "primary"
    """primary | fallback."""
    started_at: datetime = moment()
    finished_at: datetime | None = moment(null=True)
    error_kind: str | None = None
    """A domain.answering.FaultKind, empty where it succeeded or has not ended."""
    error_message: str | None = None
    http_status: int | None = None
    is_last: bool = False
    """The loop gave the work up after it."""
    first_byte_ms: float | None = None
    first_token_ms: float | None = None
    first_visible_ms: float | None = None
    latency_ms: float | None = None
    input_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    output_tokens: int | None = None
    reserved_usd: float | None = None
    """The most it could cost, set aside before it was sent."""
    cost_usd: float | None = None
    cost_basis: str | None = None
    """A domain.answering.CostBasis."""
    rates_id: int | None = reference("rates", null=True)
    """The prices it was computed with."""
    finish_reason: str | None = None
    answered_by: str | None = None
    fingerprint: str | None = None
    is_warm: bool | None = None
    text: str | None = None
    """What was answered, or had arrived, where no response holds it: of a failed try and of a turn before the last."""
    reasoning: str | None = None
    """What was thought before that."""


class Rates(Table, table=True):
    """Prices as they were used, each once. ``rates``: domain.pricing.Rates as JSON; ``content_hash`` is of that."""

    id: int | None = row_id()
    provider: str
    model: str
    source: str = Field(description="genai-prices and its version | candidate | admin | local")
    rates: dict[str, Any] = json_value()
    content_hash: str = Field(unique=True)
    created_at: datetime = moment()


class PriceOverride(Table, table=True):
    """A price that an admin entered for a provider's model, valid from a date until the next one.

    US dollars per million tokens; empty cached and reasoning prices mean those of input and output.
    """

    __tablename__ = "price_override"
    __table_args__ = (Index("ix_price_override_model", "provider", "model"),)
    id: int | None = row_id()
    provider: str
    model: str
    input_usd_per_mtok: float
    output_usd_per_mtok: float
    cached_input_usd_per_mtok: float | None = None
    valid_from: datetime = moment()
    note: str = ""
    entered_by_id: int | None = reference("person", null=True)
    created_at: datetime = moment()
    withdrawn_at: datetime | None = moment(null=True)
    """It was entered by mistake and counts no more."""


class LoadTest(Table, table=True):
    """An open-loop load test of one candidate."""

    __tablename__ = "load_test"
    __table_args__ = (UniqueConstraint("candidate_id", "started_at"),)
    id: int | None = row_id()
    candidate_id: int = reference("candidate")
    dataset_id: int = reference("dataset")
    results: list[dict[str, Any]] = json_value()
    """One object per arrival rate, as services give it."""
    cost_usd: float | None = None
    started_at: datetime = moment()
    finished_at: datetime | None = moment(null=True)
