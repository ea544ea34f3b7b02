"""What a run's figures are made of, in columns written once; triggers take them away with what they were made of"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_OF_ATTEMPTS = "'tried', 'attempts', 'given_up', 'faults'"
# Table → event → which parts of the run's columns are no longer true. No row ever moves from one run to another.
_FALLEN = {
    'response': {'INSERT': 'TRUE', 'UPDATE': "c.part = 'responses'", 'DELETE': 'TRUE'},
    'attempt': dict.fromkeys(('INSERT', 'UPDATE', 'DELETE'), f'c.part IN ({_OF_ATTEMPTS})'),
    'score': dict.fromkeys(('INSERT', 'UPDATE', 'DELETE'), "c.part = 'scores' AND c.evaluator_id = changed.evaluator_id"),
    'judge_call': dict.fromkeys(('INSERT', 'UPDATE', 'DELETE'), "c.part = 'judging'"),
    'run': {'DELETE': 'TRUE'},
}
_RUN_ID = {'score': 'response', 'judge_call': 'response', 'run': 'id'}
# Writers of facts hold it together until they commit, who begins to write columns holds it alone for a moment.
_LOCK = 0x45564E4A


def upgrade() -> None:
    op.create_table(
        'run_columns',
        sa.Column('run_id', _ID, autoincrement=False, nullable=False),
        sa.Column('part', sa.String(), nullable=False),
        sa.Column('evaluator_id', _ID, autoincrement=False, nullable=False),
        sa.Column('token', sa.String(), nullable=False),
        sa.Column('layout', sa.String(), nullable=False),
        sa.Column('is_whole', sa.Boolean(), nullable=False),
        sa.Column('rows', sa.Integer(), nullable=False),
        sa.Column('chunks', sa.Integer(), nullable=False),
        sa.Column('candidates', sa.JSON(none_as_null=True), nullable=True),
        sa.Column('begun_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('run_id', 'part', 'evaluator_id'),
        sa.UniqueConstraint('token'),
    )
    op.create_table(
        'run_columns_chunk',
        sa.Column('token', sa.String(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('packed', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('token', 'number'),
    )
    for table, events in _FALLEN.items():
        for event, fallen in events.items():
            _postgres(table, event, fallen) if _is_postgres() else _sqlite(table, event, fallen)


def downgrade() -> None:
    for table, events in _FALLEN.items():
        for event in events:
            op.execute(f'DROP TRIGGER {_name(table, event)}' + (f' ON {table}' if _is_postgres() else ''))
            if _is_postgres():
                op.execute(f'DROP FUNCTION {_name(table, event)}()')
    op.drop_table('run_columns_chunk')
    op.drop_table('run_columns')


def _is_postgres() -> bool:
    return op.get_bind().dialect.name == 'postgresql'


def _name(table: str, event: str) -> str:
    return f'columns_fall_with_{table}_{event.lower()}'


def _sqlite(table: str, event: str, fallen: str) -> None:
    row = 'OLD' if event == 'DELETE' else 'NEW'
    found = _RUN_ID.get(table, 'run_id')
    run_id = f'{row}.{found}' if found != 'response' else f'(SELECT run_id FROM response WHERE id = {row}.response_id)'
    where = fallen.replace('c.', '').replace('changed.', f'{row}.')
    op.execute(
        f'CREATE TRIGGER {_name(table, event)} AFTER {event} ON {table} '
        f'BEGIN DELETE FROM run_columns WHERE run_id = {run_id} AND {where}; END'
    )


def _postgres(table: str, event: str, fallen: str) -> None:
    """Once a statement, whatever its rows; the lock comes first, so that what it waited for is seen."""
    found = _RUN_ID.get(table, 'run_id')
    rows = 'changed' if found != 'response' else 'changed JOIN response r ON r.id = changed.response_id'
    run_id = 'r.run_id' if found == 'response' else f'changed.{found}'
    op.execute(f"""
        CREATE OR REPLACE FUNCTION {_name(table, event)}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock_shared({_LOCK}, (its.id % 2147483647)::integer)
                FROM (SELECT DISTINCT {run_id} AS id FROM {rows} ORDER BY id) AS its;
            DELETE FROM run_columns c USING {rows} WHERE c.run_id = {run_id} AND {fallen};
            RETURN NULL;
        END $$
    """)
    op.execute(f"""
        CREATE TRIGGER {_name(table, event)} AFTER {event} ON {table}
        REFERENCING {'OLD' if event == 'DELETE' else 'NEW'} TABLE AS changed
        FOR EACH STATEMENT EXECUTE FUNCTION {_name(table, event)}()
    """)
