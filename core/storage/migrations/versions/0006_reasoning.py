"""What a model thought before its answer is kept beside it"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('response', sa.Column('reasoning', sa.JSON(none_as_null=True), nullable=True))
    op.add_column('attempt', sa.Column('reasoning', sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column('attempt', 'reasoning')
    op.drop_column('response', 'reasoning')
