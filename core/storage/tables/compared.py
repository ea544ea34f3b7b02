"""What is compared: datasets, prompts, candidates, and their responses."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, false
from sqlmodel import Field

from core.domain.facts import OverTurns
from core.storage.tables.base import Table, fact, json_value, moment, reference, row_id


class Dataset(Table, table=True):
    """An immutable, content-hashed set of prompts; other content under the same name is a new version."""

    __table_args__ = (UniqueConstraint("name", "version"),)
    id: int | None = row_id()
    name: str = Field(index=True)
    version: int = 1
    content_hash: str
    is_demo: bool = False
    created_at: datetime = moment()

    @property
    def label(self) -> str:
        """Its name, with its version where that tells something."""
        return self.name if self.version == 1 else f"{self.name} (version {self.version})"


class Prompt(Table, table=True):
    """One or more chat turns."""

    __table_args__ = (UniqueConstraint("dataset_id", "external_id"),)
    id: int | None = row_id()
    dataset_id: int = reference("dataset")
    external_id: str
    category: str = Field(default="general", index=True)
    messages: list[dict[str, str]] = json_value()
    """[{"role", "content"}]; empty where only votes were imported."""
    reference: list[str] | None = json_value(null=True)
    constraints: dict[str, Any] | None = json_value(null=True)
    tags: list[str] = json_value()
    content_hash: str


class Candidate(Table, table=True):
    """A model behind an endpoint plus its settings, or only a name where responses were imported.

    ``position`` gives it its colour; it never changes.
    """

    id: int | None = row_id()
    name: str = Field(unique=True)
    provider: str | None = None
    model: str | None = None
    settings: dict[str, Any] = json_value()
    """The candidate's other fields as imported (base_url, api_key_env, system, temperature, max_tokens, …)."""
    is_champion: bool = False
    is_retired: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """No longer offered for runs."""
    position: int = 0
    created_at: datetime = moment()


class Response(Table, table=True):
    """What a candidate answered; one text per user turn it answered. None means not known, never zero.

    ``fact`` says of each column how a conversation's comes of its turns'. ``cost_usd`` is what all its attempts cost,
    failed ones too. Of a new fact, reading and writing files, runs and *Cost & quality* learn from here.
    """

    __table_args__ = (
        UniqueConstraint("run_id", "prompt_id", "candidate_id", "repetition"),
        Index("ix_response_prompt_candidate", "prompt_id", "candidate_id"),
    )
    id: int | None = row_id()
    run_id: int = reference("run")
    prompt_id: int = reference("prompt")
    candidate_id: int = reference("candidate", index=True)
    repetition: int = 0
    turns: list[str] = json_value()
    reasoning: list[str] | None = json_value(null=True)
    """What the model thought before each turn's answer, "" where it told nothing; for analysts, and never scored."""
    words: int = 0
    content_hash: str
    latency_ms: float | None = fact("ms", OverTurns.SUM)
    ttft_ms: float | None = fact("ms", OverTurns.FIRST, of_turn="first_token_ms")
    input_tokens: int | None = fact("tokens", OverTurns.SUM)
    output_tokens: int | None = fact("tokens", OverTurns.SUM)
    cost_usd: float | None = fact("USD", OverTurns.ATTEMPTS)
    finish_reason: str | None = fact("", OverTurns.ENDING)
    first_byte_ms: float | None = fact("ms", OverTurns.FIRST)
    first_visible_ms: float | None = fact("ms", OverTurns.FIRST)
    cached_tokens: int | None = fact("tokens", OverTurns.SUM)
    reasoning_tokens: int | None = fact("tokens", OverTurns.SUM)
    attempts: int | None = fact("", OverTurns.ATTEMPTS)
    answered_by: str | None = fact("", OverTurns.LAST)
    fingerprint: str | None = fact("", OverTurns.LAST, is_exported=False)
    created_at: datetime = moment()


class ImportedFile(Table, table=True):
    """A file that was imported, by content: the same one again changes nothing."""

    __tablename__ = "imported_file"
    __table_args__ = (UniqueConstraint("kind", "target", "content_hash"),)
    id: int | None = row_id()
    kind: str
    target: str
    content_hash: str
    name: str
    records: int
    imported_at: datetime = moment()
