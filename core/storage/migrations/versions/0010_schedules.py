"""Schedules, and what became of each time they were due"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

_big = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_there = sa.text('removed_at IS NULL')


def upgrade() -> None:
    op.create_table(
        'schedule',
        sa.Column('id', _big, autoincrement=True, nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('dataset', sa.String(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=True),
        sa.Column('candidate_ids', sa.JSON(none_as_null=True), nullable=True),
        sa.Column('repetitions', sa.Integer(), nullable=False),
        sa.Column('apart_s', sa.Float(), nullable=False),
        sa.Column('max_usd', sa.Float(), nullable=True),
        sa.Column('cron', sa.String(), nullable=False),
        sa.Column('zone', sa.String(), nullable=False),
        sa.Column('is_paused', sa.Boolean(), nullable=False),
        sa.Column('next_run_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('created_by_id', _big, nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index(
        'ix_schedule_name', 'schedule', ['name'], unique=True, sqlite_where=_there, postgresql_where=_there
    )
    op.create_index('ix_schedule_next_run_at', 'schedule', ['next_run_at'])
    op.create_table(
        'schedule_fire',
        sa.Column('id', _big, autoincrement=True, nullable=False),
        sa.Column('schedule_id', _big, nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('times', sa.Integer(), nullable=False),
        sa.Column('fired_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('outcome', sa.String(), nullable=False),
        sa.Column('why', sa.Text(), nullable=False),
        sa.Column('run_id', _big, nullable=True),
        sa.Column('person_id', _big, nullable=True),
        sa.ForeignKeyConstraint(['schedule_id'], ['schedule.id']),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('schedule_id', 'due_at'),
    )
    op.create_index('ix_schedule_fire_fired_at', 'schedule_fire', ['fired_at'])


def downgrade() -> None:
    op.drop_table('schedule_fire')
    op.drop_table('schedule')
