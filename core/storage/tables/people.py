"""Who may come in."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, UniqueConstraint
from sqlmodel import Field

from core.storage.tables.base import BigId, Table, moment, reference, row_id


class Person(Table, table=True):
    """Somebody with a role, or a rater known only from imported or simulated votes."""

    __table_args__ = (UniqueConstraint("kind", "name"),)
    id: int | None = row_id()
    name: str
    kind: str = "human"
    """human | imported | simulated."""
    role: str = "rater"
    email: str | None = Field(default=None, unique=True)
    created_at: datetime = moment()
    revoked_at: datetime | None = moment(null=True)


class Invitation(Table, table=True):
    """A join link; only the hash of its token is kept. Used once."""

    id: int | None = row_id()
    person_id: int = reference("person", index=True)
    study_id: int | None = Field(
        default=None, sa_column=Column(BigId, ForeignKey("study.id", ondelete="SET NULL"), nullable=True)
    )
    """The study that the person is invited to rate, empty for whatever is open to them."""
    token_hash: str = Field(unique=True)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment(null=True)
    revoked_at: datetime | None = moment(null=True)


class SignIn(Table, table=True):
    """A browser that joined; only the hash of its cookie is kept."""

    __tablename__ = "sign_in"

    id: int | None = row_id()
    person_id: int = reference("person", index=True)
    token_hash: str = Field(unique=True)
    created_at: datetime = moment()
    expires_at: datetime = moment()
    revoked_at: datetime | None = moment(null=True)
