"""the rating loop: what share of re-run answers is rated anew, and a count of deleted responses"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

_COUNT_ONE = "INSERT INTO responses_removed (id, total) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET total = responses_removed.total + 1"


def upgrade() -> None:
    op.create_table('responses_removed',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('study', schema=None) as batch_op:
        batch_op.add_column(sa.Column('rerated_share', sa.Float(), server_default='0.1', nullable=False))
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(f"""
            CREATE OR REPLACE FUNCTION count_removed_responses() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                {_COUNT_ONE};
                RETURN NULL;
            END $$
        """)
        op.execute("""
            CREATE TRIGGER response_removed AFTER DELETE ON response
            FOR EACH STATEMENT EXECUTE FUNCTION count_removed_responses()
        """)
    else:
        op.execute(f"CREATE TRIGGER response_removed AFTER DELETE ON response BEGIN {_COUNT_ONE}; END")


def downgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        op.execute("DROP TRIGGER response_removed ON response")
        op.execute("DROP FUNCTION count_removed_responses()")
    else:
        op.execute("DROP TRIGGER response_removed")
    with op.batch_alter_table('study', schema=None) as batch_op:
        batch_op.drop_column('rerated_share')
    op.drop_table('responses_removed')
