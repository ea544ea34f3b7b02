"""Rating campaigns, their pairs and votes: facts, only ever added to."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field

from core.storage.tables.base import BigId, Table, json_value, long_text, moment, reference, row_id


class Study(Table, table=True):
    """A rating campaign. Empty ``dataset_id``, ``categories`` and ``candidate_ids`` mean all there are."""

    id: int | None = row_id()
    name: str = Field(unique=True)
    state: str = "open"
    """draft | open | paused | closed."""
    is_default: bool = False
    overlap: int = 3
    """Raters wanted per pair."""
    guidelines: str = long_text()
    dataset_id: int | None = reference("dataset", null=True)
    categories: list[str] | None = json_value(null=True)
    candidate_ids: list[int] | None = json_value(null=True)
    everybody_rates: bool = True
    pairs_per_rater: int | None = None
    """What is asked of one rater, empty for as many as there are."""
    more_expected: str = long_text()
    """When, in words, more pairs will come."""
    rerated_share: float = Field(default=0.1, sa_column_kwargs={"server_default": "0.1"})
    """Of how many of its prompts, 0 to 1, a later run's answers are rated anew."""
    created_at: datetime = moment()


class StudyRater(Table, table=True):
    """Who rates a study that is not open to everybody."""

    __tablename__ = "study_rater"

    study_id: int = Field(sa_column=Column(BigId, ForeignKey("study.id"), primary_key=True))
    person_id: int = Field(sa_column=Column(BigId, ForeignKey("person.id"), primary_key=True))


class Question(Table, table=True):
    """What raters are asked about a pair.

    ``is_asked`` is false for a question known only from imported votes, and for one that was dropped.
    """

    __table_args__ = (UniqueConstraint("study_id", "key"),)
    id: int | None = row_id()
    study_id: int = reference("study")
    key: str
    position: int
    title: str
    wording: str = long_text()
    answers: list[str] = json_value()
    """Four labels in the order of Outcome."""
    is_asked: bool = True


class Pair(Table, table=True):
    """Two responses to one prompt, made when first drawn; ``first`` has the smaller candidate id."""

    __table_args__ = (
        UniqueConstraint("study_id", "first_response_id", "second_response_id"),
        Index("ix_pair_candidates", "study_id", "first_candidate_id", "second_candidate_id"),
    )
    id: int | None = row_id()
    study_id: int = reference("study")
    prompt_id: int = reference("prompt")
    first_response_id: int = reference("response")
    second_response_id: int = reference("response")
    first_candidate_id: int = reference("candidate")
    second_candidate_id: int = reference("candidate")
    claimed: int = 0
    """Raters who hold or have rated it; never above the study's overlap."""


class Assignment(Table, table=True):
    """A pair given to a rater, with the sides that were drawn for it.

    ``public_id`` is the only thing about it that a rater's browser sees.
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
    id: int | None = row_id()
    public_id: str = Field(unique=True)
    study_id: int = reference("study")
    pair_id: int = reference("pair")
    rater_id: int = reference("person")
    left_response_id: int = reference("response")
    right_response_id: int = reference("response")
    state: str = "leased"
    """leased | done | skipped | expired."""
    repeat_of_id: int | None = Field(
        default=None, sa_column=Column(BigId, ForeignKey("assignment.id"), nullable=True, unique=True)
    )
    """This is the mirrored return of an earlier assignment, and holds no claim."""
    probability: float | None = None
    """With which the candidate pair was drawn."""
    masked: bool = False
    skip_reason: str | None = None
    created_at: datetime = moment()
    shown_at: datetime | None = moment(null=True)
    leased_until: datetime = moment()
    finished_at: datetime | None = moment(null=True)


class Vote(Table, table=True):
    """One rater's answer to one question on one pair; a change is a new row that supersedes."""

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
    id: int | None = row_id()
    study_id: int = reference("study")
    question_id: int = reference("question")
    assignment_id: int | None = reference("assignment", null=True)
    prompt_id: int = reference("prompt")
    rater_id: int = reference("person")
    left_candidate_id: int = reference("candidate")
    right_candidate_id: int = reference("candidate")
    outcome: int | None = Field(default=None, sa_column=Column(SmallInteger, nullable=True))
    """See domain.votes.Outcome; empty where the vote was withdrawn."""
    length_bin: int = Field(default=0, sa_column=Column(SmallInteger, nullable=False))
    masked: bool = False
    too_fast: bool = False
    is_repeat: bool = False
    """On a mirrored return, kept for self-consistency and left out of every tally."""
    time_on_pair_ms: int | None = None
    supersedes_id: int | None = Field(default=None, sa_column=Column(BigId, ForeignKey("vote.id"), nullable=True))
    created_at: datetime = moment()


class Remark(Table, table=True):
    """A flag or a comment of a rater on an assignment."""

    id: int | None = row_id()
    assignment_id: int = reference("assignment", index=True)
    rater_id: int = reference("person")
    kind: str
    """flag | comment."""
    note: str = long_text()
    created_at: datetime = moment()
