"""Decisions that somebody took, with the verdict as it stood"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

_big = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table(
        'decision_taken',
        sa.Column('id', _big, autoincrement=True, nullable=False),
        sa.Column('dataset', sa.String(), nullable=False),
        sa.Column('category', sa.String(), nullable=True),
        sa.Column('champion_id', _big, nullable=False),
        sa.Column('challenger_id', _big, nullable=False),
        sa.Column('decision', sa.String(), nullable=False),
        sa.Column('is_accepted', sa.Boolean(), nullable=False),
        sa.Column('why', sa.Text(), nullable=False),
        sa.Column('verdict', sa.JSON(none_as_null=True), nullable=False),
        sa.Column('champion_usd', sa.Float(), nullable=True),
        sa.Column('challenger_usd', sa.Float(), nullable=True),
        sa.Column('person_id', _big, nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['champion_id'], ['candidate.id']),
        sa.ForeignKeyConstraint(['challenger_id'], ['candidate.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('ix_decision_taken_dataset', 'decision_taken', ['dataset', 'id'])
    op.create_index('ix_decision_taken_champion_id', 'decision_taken', ['champion_id'])
    op.create_index('ix_decision_taken_challenger_id', 'decision_taken', ['challenger_id'])


def downgrade() -> None:
    op.drop_table('decision_taken')
