"""Nothing reads the tally by cluster: weighted tallies hold what boards need"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.drop_table('cluster_tally')


def downgrade() -> None:
    """Make it again, empty: the older version's `evenhand rebuild` fills it."""
    op.create_table(
        'cluster_tally',
        sa.Column('study_id', _ID, autoincrement=False, nullable=False),
        sa.Column('question_id', _ID, autoincrement=False, nullable=False),
        sa.Column('kind', sa.String(), nullable=False),
        sa.Column('bucket', sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column('left_id', _ID, autoincrement=False, nullable=False),
        sa.Column('right_id', _ID, autoincrement=False, nullable=False),
        sa.Column('simulated', sa.Boolean(), nullable=False),
        sa.Column('n', sa.Integer(), nullable=False),
        sa.Column('wins2', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('study_id', 'question_id', 'kind', 'bucket', 'left_id', 'right_id', 'simulated'),
    )
