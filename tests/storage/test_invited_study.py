"""Invitations get a study by migration: those sent before keep working, and a study that goes takes none along."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text
from sqlmodel import select

from core.domain.people import Role
from core.services.people import joining, people
from core.services.studies import studies
from core.storage.engine import reading, write
from core.storage.schema import upgrade
from core.storage.tables import Invitation, metadata

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def test_an_invitation_sent_before_still_lets_its_person_in(engine: Engine):
    with engine.begin() as connection:
        metadata.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
    upgrade(engine, to="0002")
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO person (id, name, kind, role, created_at) VALUES (7, 'Anna', 'human', 'rater', :at)"),
            {"at": NOW},
        )
        connection.execute(
            text(
                "INSERT INTO invitation (person_id, token_hash, created_at, expires_at) VALUES (7, :hash, :at, :until)"
            ),
            {"hash": joining.hash_token("sent before"), "at": NOW, "until": NOW + timedelta(days=14)},
        )
    upgrade(engine)
    write(engine, lambda session: joining.redeem(session, "sent before", NOW + timedelta(days=1)))
    with reading(engine) as session:
        assert [link.study_id for link in session.exec(select(Invitation))] == [None]


def test_a_study_that_is_deleted_leaves_its_invitations(engine: Engine):
    study = write(engine, lambda session: studies.create(session, name="June", now=NOW))
    write(engine, lambda s: people.invite(s, name="Anna", role=Role.RATER, now=NOW, study_id=study.id))
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM question"))
        connection.execute(text("DELETE FROM study"))
    with reading(engine) as session:
        assert [link.study_id for link in session.exec(select(Invitation))] == [None]
