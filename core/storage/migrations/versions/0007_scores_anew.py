"""Scores of evaluators that judge otherwise now are computed anew: what was kept would stand beside what is new"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

_KINDS = ('refusal', 'contains', 'number_match', 'exact_match', 'json_valid', 'json_schema')


def upgrade() -> None:
    _forget()


def downgrade() -> None:
    _forget()


def _forget() -> None:
    """The app scores in the background what has no score."""
    evaluator, score = sa.table('evaluator', sa.column('id'), sa.column('kind')), sa.table('score', sa.column('evaluator_id'))
    those = sa.select(evaluator.c.id).where(evaluator.c.kind.in_(_KINDS))
    op.execute(sa.delete(score).where(score.c.evaluator_id.in_(those)))
