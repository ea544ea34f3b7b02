"""Checks for drift: pinned baselines, findings, judges asked again"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

_big = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
_json = sa.JSON(none_as_null=True)
_time = sa.DateTime(timezone=True)


def _id() -> sa.Column:
    return sa.Column('id', _big, primary_key=True, autoincrement=True, nullable=False)


def _goes_with(name: str, target: str, **kwargs: bool) -> sa.Column:
    return sa.Column(name, _big, sa.ForeignKey(f'{target}.id', ondelete='CASCADE'), nullable=False, **kwargs)


def upgrade() -> None:
    op.create_table(
        'drift_baseline',
        _id(),
        _goes_with('dataset_id', 'dataset'),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('run_ids', _json, nullable=False),
        sa.Column('person_id', _big, nullable=True),
        sa.Column('why', sa.Text(), nullable=False),
        sa.Column('created_at', _time, nullable=False),
        sa.UniqueConstraint('dataset_id', 'number'),
    )
    op.create_table(
        'drift_figures',
        _goes_with('baseline_id', 'drift_baseline', primary_key=True),
        sa.Column('rules', _json, nullable=False),
        sa.Column('figures', sa.LargeBinary(), nullable=False),
        sa.Column('replay', _json, nullable=True),
        sa.Column('repetitions', sa.Float(), nullable=False),
        sa.Column('created_at', _time, nullable=False),
    )
    op.create_table(
        'drift_check',
        _id(),
        _goes_with('run_id', 'run'),
        _goes_with('baseline_id', 'drift_baseline'),
        sa.Column('worker', sa.String(), nullable=False),
        sa.Column('begun_at', _time, nullable=False),
        sa.Column('is_whole', sa.Boolean(), nullable=False),
        sa.Column('finished_at', _time, nullable=True),
        sa.Column('notes', _json, nullable=True),
        sa.Column('closed', _json, nullable=True),
        sa.Column('smallest_visible', _json, nullable=True),
        sa.Column('trends', sa.LargeBinary(), nullable=True),
        sa.Column('annotations', _json, nullable=True),
        sa.UniqueConstraint('run_id', 'baseline_id'),
    )
    op.create_index('ix_drift_check_baseline_id', 'drift_check', ['baseline_id'])
    op.create_table(
        'drift_finding',
        _id(),
        _goes_with('check_id', 'drift_check'),
        _goes_with('candidate_id', 'candidate'),
        sa.Column('metric', sa.String(), nullable=False),
        sa.Column('category', sa.String(), nullable=True),
        sa.Column('tier', sa.String(), nullable=False),
        *(sa.Column(name, sa.Float(), nullable=False) for name in ('before', 'after', 'change', 'lower', 'upper', 'p')),
        sa.Column('prompts', sa.Integer(), nullable=False),
        sa.Column('since_run_id', _big, nullable=False),
        sa.Column('open_since_run_id', _big, nullable=False),
        *(sa.Column(name, _json, nullable=False) for name in ('showing', 'causes', 'parts', 'said')),
    )
    op.create_index('ix_drift_finding_check_id', 'drift_finding', ['check_id'])
    op.create_index('ix_drift_finding_candidate_id', 'drift_finding', ['candidate_id'])
    op.create_table(
        'anchor_score',
        _id(),
        _goes_with('evaluator_id', 'evaluator'),
        _goes_with('response_id', 'response'),
        _goes_with('run_id', 'run'),
        sa.Column('value', sa.Float(), nullable=True),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('asked_at', _time, nullable=False),
        sa.UniqueConstraint('evaluator_id', 'response_id', 'run_id'),
    )
    op.create_index('ix_anchor_score_run', 'anchor_score', ['run_id', 'evaluator_id'])
    op.create_index('ix_anchor_score_response_id', 'anchor_score', ['response_id'])


def downgrade() -> None:
    for table in ('anchor_score', 'drift_finding', 'drift_check', 'drift_figures', 'drift_baseline'):
        op.drop_table(table)
