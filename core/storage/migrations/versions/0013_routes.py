"""Routing tables that were proposed, decisions on them, and outcomes of requests"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

_big = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table(
        'routes_proposed',
        sa.Column('id', _big, autoincrement=True, nullable=False),
        sa.Column('dataset', sa.String(), nullable=False),
        sa.Column('key', sa.String(), nullable=False),
        sa.Column('replaces_id', _big, nullable=True),
        sa.Column('champion_id', _big, nullable=False),
        sa.Column('routes', sa.JSON(none_as_null=True), nullable=False),
        sa.Column('rests_on', sa.JSON(none_as_null=True), nullable=False),
        sa.Column('because', sa.String(), nullable=False),
        sa.Column('said', sa.Text(), nullable=False),
        sa.Column('person_id', _big, nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['champion_id'], ['candidate.id']),
        sa.ForeignKeyConstraint(['replaces_id'], ['routes_proposed.id']),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('key'),
    )
    op.create_index('ix_routes_proposed_dataset', 'routes_proposed', ['dataset', 'id'])
    op.create_index('ix_routes_proposed_replaces_id', 'routes_proposed', ['replaces_id'])
    op.create_index('ix_routes_proposed_champion_id', 'routes_proposed', ['champion_id'])
    op.create_table(
        'routes_decided',
        sa.Column('id', _big, autoincrement=True, nullable=False),
        sa.Column('dataset', sa.String(), nullable=False),
        sa.Column('proposed_id', _big, nullable=False),
        sa.Column('is_accepted', sa.Boolean(), nullable=False),
        sa.Column('follows', sa.String(), nullable=True),
        sa.Column('why', sa.Text(), nullable=False),
        sa.Column('person_id', _big, nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['proposed_id'], ['routes_proposed.id']),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('follows'),
        sa.UniqueConstraint('proposed_id'),
    )
    op.create_index('ix_routes_decided_dataset', 'routes_decided', ['dataset', 'id'])
    op.create_table(
        'route_outcome',
        sa.Column('id', _big, autoincrement=True, nullable=False),
        sa.Column('dataset', sa.String(), nullable=False),
        sa.Column('proposed_id', _big, nullable=True),
        sa.Column('category', sa.String(), nullable=True),
        sa.Column('primary_id', _big, nullable=False),
        sa.Column('answered_id', _big, nullable=True),
        sa.Column('fell_back_because', sa.String(), nullable=True),
        sa.Column('tries', sa.JSON(none_as_null=True), nullable=False),
        sa.Column('latency_ms', sa.Float(), nullable=False),
        sa.Column('first_visible_ms', sa.Float(), nullable=True),
        sa.Column('cost_usd', sa.Float(), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['proposed_id'], ['routes_proposed.id']),
        sa.ForeignKeyConstraint(['primary_id'], ['candidate.id']),
        sa.ForeignKeyConstraint(['answered_id'], ['candidate.id']),
        sa.PrimaryKeyConstraint('id'),
    )
    op.create_index('ix_route_outcome_dataset', 'route_outcome', ['dataset', 'id'])
    op.create_index('ix_route_outcome_proposed_id', 'route_outcome', ['proposed_id'])
    op.create_index('ix_route_outcome_primary_id', 'route_outcome', ['primary_id'])
    op.create_index('ix_route_outcome_answered_id', 'route_outcome', ['answered_id'])


def downgrade() -> None:
    for table in ('route_outcome', 'routes_decided', 'routes_proposed'):
        op.drop_table(table)
