"""Alerts, their destinations, rules and deliveries"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

_big = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table(
        'alert',
        sa.Column('id', _big, autoincrement=True, nullable=False),
        sa.Column('public_id', sa.String(), nullable=False),
        sa.Column('kind', sa.String(), nullable=False),
        sa.Column('key', sa.String(), nullable=False),
        sa.Column('severity', sa.String(), nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('link', sa.Text(), nullable=False),
        sa.Column('data', sa.JSON(none_as_null=True), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('acknowledged_by_id', _big, nullable=True),
        sa.Column('snoozed_until', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('public_id'),
        sa.UniqueConstraint('key'),
    )
    op.create_index('ix_alert_open', 'alert', ['acknowledged_at', 'id'])
    op.create_table(
        'alert_destination',
        sa.Column('id', _big, autoincrement=True, nullable=False),
        sa.Column('name', sa.String(), nullable=False),
        sa.Column('url_env', sa.String(), nullable=False),
        sa.Column('kinds', sa.JSON(none_as_null=True), nullable=True),
        sa.Column('least_severity', sa.String(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('retired_at', sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('name'),
    )
    op.create_table(
        'alert_rule',
        sa.Column('kind', sa.String(), nullable=False),
        sa.Column('is_on', sa.Boolean(), nullable=False),
        sa.Column('parameters', sa.JSON(none_as_null=True), nullable=False),
        sa.Column('watched_since', sa.DateTime(timezone=True), nullable=False),
        sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('stamps', sa.JSON(none_as_null=True), nullable=False),
        sa.Column('standing', sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint('kind'),
    )
    op.create_table(
        'alert_delivery',
        sa.Column('id', _big, autoincrement=True, nullable=False),
        sa.Column('alert_id', _big, nullable=False),
        sa.Column('destination_id', _big, nullable=False),
        sa.Column('state', sa.String(), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('problem', sa.String(), nullable=True),
        sa.Column('claimed_by', sa.String(), nullable=True),
        sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['alert_id'], ['alert.id']),
        sa.ForeignKeyConstraint(['destination_id'], ['alert_destination.id']),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('alert_id', 'destination_id'),
    )
    op.create_index('ix_alert_delivery_due', 'alert_delivery', ['state', 'next_at'])
    op.create_index('ix_alert_delivery_destination_id', 'alert_delivery', ['destination_id'])


def downgrade() -> None:
    for table in ('alert_delivery', 'alert_rule', 'alert_destination', 'alert'):
        op.drop_table(table)
