"""The tables: facts (append-only) first, then what is derived from them and can be rebuilt.

Times are UTC and timezone-aware, money is in US dollars, durations are in milliseconds.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

BigId = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes on every database; SQLite itself keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse naive times, store the rest as UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give every stored time its zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(SQLModel, registry=registry()):
    """The base of all tables, on a registry of our own: Streamlit's hot reload may import this twice."""


def _id(**kwargs: Any) -> Any:
    return Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True, **kwargs))


def _ref(target: str, *, null: bool = False, index: bool = False) -> Any:
    return Field(
        default=None if null else ...,
        sa_column=Column(BigId, ForeignKey(f"{target}.id"), nullable=null, index=index),
    )


def _at(*, null: bool = False) -> Any:
    return Field(default=None if null else ..., sa_column=Column(UtcDateTime(), nullable=null))


def _json(*, null: bool = False) -> Any:
    return Field(default=None if null else ..., sa_column=Column(JSON(none_as_null=True), nullable=null))


def _text(default: str = "") -> Any:
    return Field(default=default, sa_column=Column(Text, nullable=False))


# ---------------------------------------------------------------- what is compared


class Dataset(Table, table=True):
    """An immutable, content-hashed set of prompts; other content under the same name is a new version."""

    __table_args__ = (UniqueConstraint("name", "version"),)
    id: int | None = _id()
    name: str = Field(index=True)
    version: int = 1
    content_hash: str
    is_demo: bool = False
    created_at: datetime = _at()


class Prompt(Table, table=True):
    """One or more chat turns. ``messages``: [{"role", "content"}]; empty where only votes were imported."""

    __table_args__ = (UniqueConstraint("dataset_id", "external_id"),)
    id: int | None = _id()
    dataset_id: int = _ref("dataset")
    external_id: str
    category: str = Field(default="general", index=True)
    messages: list[dict[str, str]] = _json()
    reference: list[str] | None = _json(null=True)
    constraints: dict[str, Any] | None = _json(null=True)
    tags: list[str] = _json()
    content_hash: str


class Candidate(Table, table=True):
    """A model behind an endpoint plus its settings, or only a name where responses were imported.

    ``position`` gives it its colour; it never changes. ``settings``: the candidate's other fields as imported.
    """

    id: int | None = _id()
    name: str = Field(unique=True)
    provider: str | None = None
    model: str | None = None
    settings: dict[str, Any] = _json()
    is_champion: bool = False
    position: int = 0
    created_at: datetime = _at()


class Run(Table, table=True):
    """One arrival of responses for a dataset: an evaluation, an import, or the recorded demo."""

    id: int | None = _id()
    dataset_id: int = _ref("dataset", index=True)
    source: str = Field(description="import | demo | evaluation")
    created_at: datetime = _at()


class Response(Table, table=True):
    """What a candidate answered; one text per user turn it answered. None means not known, never zero."""

    __table_args__ = (
        UniqueConstraint("run_id", "prompt_id", "candidate_id", "repetition"),
        Index("ix_response_prompt_candidate", "prompt_id", "candidate_id"),
    )
    id: int | None = _id()
    run_id: int = _ref("run")
    prompt_id: int = _ref("prompt")
    candidate_id: int = _ref("candidate", index=True)
    repetition: int = 0
    turns: list[str] = _json()
    words: int = 0
    content_hash: str
    latency_ms: float | None = None
    ttft_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    finish_reason: str | None = None
    created_at: datetime = _at()


class ImportedFile(Table, table=True):
    """A file that was imported, by content: the same one again changes nothing."""

    __tablename__ = "imported_file"
    __table_args__ = (UniqueConstraint("kind", "target", "content_hash"),)
    id: int | None = _id()
    kind: str
    target: str
    content_hash: str
    name: str
    records: int
    imported_at: datetime = _at()


# ---------------------------------------------------------------- people


class Person(Table, table=True):
    """Somebody with a role, or a rater known only from imported or simulated votes.

    ``kind``: human | imported | simulated.
    """

    __table_args__ = (UniqueConstraint("kind", "name"),)
    id: int | None = _id()
    name: str
    kind: str = "human"
    role: str = "rater"
    email: str | None = Field(default=None, unique=True)
    created_at: datetime = _at()
    revoked_at: datetime | None = _at(null=True)


class Invitation(Table, table=True):
    """A join link; only the hash of its token is kept. Used once."""

    id: int | None = _id()
    person_id: int = _ref("person", index=True)
    token_hash: str = Field(unique=True)
    created_at: datetime = _at()
    expires_at: datetime = _at()
    used_at: datetime | None = _at(null=True)
    revoked_at: datetime | None = _at(null=True)


class SignIn(Table, table=True):
    """A browser that joined; only the hash of its cookie is kept."""

    __tablename__ = "sign_in"

    id: int | None = _id()
    person_id: int = _ref("person", index=True)
    token_hash: str = Field(unique=True)
    created_at: datetime = _at()
    expires_at: datetime = _at()
    revoked_at: datetime | None = _at(null=True)


# ---------------------------------------------------------------- rating


class Study(Table, table=True):
    """A rating campaign. Empty ``dataset_id``, ``categories`` and ``candidate_ids`` mean all there are.

    ``state``: open | paused | closed. ``overlap``: raters wanted per pair. ``pairs_per_rater``: what is asked
    of one rater, empty for as many as there are. ``more_expected``: when, in words, more pairs will come.
    """

    id: int | None = _id()
    name: str = Field(unique=True)
    state: str = "open"
    is_default: bool = False
    overlap: int = 3
    guidelines: str = _text()
    dataset_id: int | None = _ref("dataset", null=True)
    categories: list[str] | None = _json(null=True)
    candidate_ids: list[int] | None = _json(null=True)
    everybody_rates: bool = True
    pairs_per_rater: int | None = None
    more_expected: str = _text()
    created_at: datetime = _at()


class StudyRater(Table, table=True):
    """Who rates a study that is not open to everybody."""

    __tablename__ = "study_rater"

    study_id: int = Field(sa_column=Column(BigId, ForeignKey("study.id"), primary_key=True))
    person_id: int = Field(sa_column=Column(BigId, ForeignKey("person.id"), primary_key=True))


class Question(Table, table=True):
    """What raters are asked about a pair. ``answers``: four labels in the order of Outcome.

    ``is_asked`` is false for a question known only from imported votes, and for one that was dropped.
    """

    __table_args__ = (UniqueConstraint("study_id", "key"),)
    id: int | None = _id()
    study_id: int = _ref("study")
    key: str
    position: int
    title: str
    wording: str = _text()
    answers: list[str] = _json()
    is_asked: bool = True


class Pair(Table, table=True):
    """Two responses to one prompt, made when first drawn; ``first`` has the smaller candidate id.

    ``claimed``: raters who hold or have rated it; never above the study's overlap.
    """

    __table_args__ = (
        UniqueConstraint("study_id", "first_response_id", "second_response_id"),
        Index("ix_pair_candidates", "study_id", "first_candidate_id", "second_candidate_id"),
    )
    id: int | None = _id()
    study_id: int = _ref("study")
    prompt_id: int = _ref("prompt")
    first_response_id: int = _ref("response")
    second_response_id: int = _ref("response")
    first_candidate_id: int = _ref("candidate")
    second_candidate_id: int = _ref("candidate")
    claimed: int = 0


class Assignment(Table, table=True):
    """A pair given to a rater, with the sides that were drawn for it.

    ``public_id`` is the only thing about it that a rater's browser sees. ``state``: leased | done | skipped |
    expired. ``repeat_of_id``: this is the mirrored return of an earlier assignment, and holds no claim.
    ``probability``: with which the candidate pair was drawn.
    """

    __table_args__ = (
        Index(
            "ux_assignment_pair_rater",
            "pair_id",
            "rater_id",
            unique=True,
            sqlite_where=text("repeat_of_id IS NULL"),
            postgresql_where=text("repeat_of_id IS NULL"),
        ),
        Index("ix_assignment_rater", "rater_id", "study_id", "state"),
        Index("ix_assignment_lease", "state", "leased_until"),
    )
    id: int | None = _id()
    public_id: str = Field(unique=True)
    study_id: int = _ref("study")
    pair_id: int = _ref("pair")
    rater_id: int = _ref("person")
    left_response_id: int = _ref("response")
    right_response_id: int = _ref("response")
    state: str = "leased"
    repeat_of_id: int | None = Field(
        default=None, sa_column=Column(BigId, ForeignKey("assignment.id"), nullable=True, unique=True)
    )
    probability: float | None = None
    masked: bool = False
    skip_reason: str | None = None
    created_at: datetime = _at()
    shown_at: datetime | None = _at(null=True)
    leased_until: datetime = _at()
    finished_at: datetime | None = _at(null=True)


class Vote(Table, table=True):
    """One rater's answer to one question on one pair; a change is a new row that supersedes.

    ``outcome``: see domain.votes.Outcome; empty where the vote was withdrawn. ``is_repeat``: on a mirrored
    return, kept for self-consistency and left out of every tally.
    """

    __table_args__ = (
        Index(
            "ux_vote_assignment_question",
            "assignment_id",
            "question_id",
            unique=True,
            sqlite_where=text("supersedes_id IS NULL AND assignment_id IS NOT NULL"),
            postgresql_where=text("supersedes_id IS NULL AND assignment_id IS NOT NULL"),
        ),
        Index(
            "ux_vote_supersedes",
            "supersedes_id",
            unique=True,
            sqlite_where=text("supersedes_id IS NOT NULL"),
            postgresql_where=text("supersedes_id IS NOT NULL"),
        ),
        Index("ix_vote_question", "question_id", "id"),
        Index(
            "ix_vote_assignment",
            "assignment_id",
            sqlite_where=text("assignment_id IS NOT NULL"),
            postgresql_where=text("assignment_id IS NOT NULL"),
        ),
        Index(
            "ix_vote_own",
            "rater_id",
            "id",
            sqlite_where=text("assignment_id IS NOT NULL"),
            postgresql_where=text("assignment_id IS NOT NULL"),
        ),
        CheckConstraint("outcome BETWEEN 0 AND 3"),
    )
    id: int | None = _id()
    study_id: int = _ref("study")
    question_id: int = _ref("question")
    assignment_id: int | None = _ref("assignment", null=True)
    prompt_id: int = _ref("prompt")
    rater_id: int = _ref("person")
    left_candidate_id: int = _ref("candidate")
    right_candidate_id: int = _ref("candidate")
    outcome: int | None = Field(default=None, sa_column=Column(SmallInteger, nullable=True))
    length_bin: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False))
    masked: bool = False
    too_fast: bool = False
    is_repeat: bool = False
    time_on_pair_ms: int | None = None
    supersedes_id: int | None = Field(default=None, sa_column=Column(BigId, ForeignKey("vote.id"), nullable=True))
    created_at: datetime = _at()


class Remark(Table, table=True):
    """A flag or a comment of a rater on an assignment. ``kind``: flag | comment."""

    id: int | None = _id()
    assignment_id: int = _ref("assignment", index=True)
    rater_id: int = _ref("person")
    kind: str
    note: str = _text()
    created_at: datetime = _at()


# ---------------------------------------------------------------- derived, rebuilt by `evenhand rebuild`


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


class ClusterTally(Table, table=True):
    """Votes per bucket of raters or of prompts and ordered candidate pair. ``wins2``: left's wins, doubled."""

    __tablename__ = "cluster_tally"
    study_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    question_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    kind: str = Field(primary_key=True)
    bucket: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    left_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    right_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    simulated: bool = Field(primary_key=True)
    n: int = 0
    wins2: int = 0


class WeightedTally(Table, table=True):
    """Rater-weighted counts of one question, refreshed in the background; ``category`` '' is all of them.

    ``cells``: as services.weighted_cells.WeightedCells.packed gives them. A category that begins with U+001F is the
    form that tells masked and simulated votes apart.
    """

    __tablename__ = "weighted_tally"
    study_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    question_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    category: str = Field(primary_key=True)
    cells: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    as_of_vote_id: int = Field(sa_column=Column(BigId, nullable=False))
    votes: int
    refreshed_at: datetime = _at()


class WorkspaceSetting(Table, table=True):
    """A switch of the whole workspace, by name (for instance whether simulated raters count)."""

    __tablename__ = "workspace_setting"
    name: str = Field(primary_key=True)
    setting: Any = Field(sa_column=Column(JSON, nullable=False))


metadata = Table.metadata
