"""When people last looked at the first page"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

_big = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_json = sa.JSON(none_as_null=True)
_time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        'overview_visit',
        sa.Column('person_id', _big, sa.ForeignKey('person.id', ondelete='CASCADE'), primary_key=True, nullable=False),
        sa.Column('dataset', sa.String(), primary_key=True, nullable=False),
        sa.Column('before', _json, nullable=True),
        sa.Column('before_at', _time, nullable=True),
        sa.Column('last', _json, nullable=False),
        sa.Column('last_at', _time, nullable=False),
    )


def downgrade() -> None:
    op.drop_table('overview_visit')
