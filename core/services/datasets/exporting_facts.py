"""Export of what figures are computed from beside responses and votes: every score, and every attempt paid for."""

from datetime import datetime
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlmodel import Session

from core.services.datasets.exporting import export_table, streamed
from core.storage.tables import Dataset, metadata

_dataset, _prompt, _candidate, _response, _score, _evaluator, _attempt = (
    metadata.tables[name] for name in ("dataset", "prompt", "candidate", "response", "score", "evaluator", "attempt")
)
_UNIT: dict[str, type] = {
    "dataset": str,
    "run": int,
    "prompt_id": str,
    "category": str,
    "candidate": str,
    "repetition": int,
}
SCORE_COLUMNS: dict[str, type] = _UNIT | {
    "evaluator": str,
    "value": float,
    "applies": bool,
    "reason": str,
    "scored_at": datetime,
}
ATTEMPT_COLUMNS: dict[str, type] = _UNIT | {
    "turn": int,
    "number": int,
    "is_last": bool,
    "error_kind": str,
    "error_message": str,
    "cost_usd": float,
    "cost_basis": str,
    "latency_ms": float,
    "started_at": datetime,
    "finished_at": datetime,
}


def export_scores(session: Session, dataset: Dataset, format: str, out: BinaryIO) -> int:
    """Write every score of the dataset's responses and return how many.

    ``value`` empty: unscored, and ``reason`` says why; ``applies`` false: the prompt gives nothing to score.
    """
    query: Any = (
        sa.select(*_unit(_response), _evaluator.c.name.label("evaluator"), *_named(_score, SCORE_COLUMNS, after=7))
        .select_from(_score)
        .join(_response, _response.c.id == _score.c.response_id)
        .join(_evaluator, _evaluator.c.id == _score.c.evaluator_id)
    )
    query = _joined(query, _response, dataset).order_by(_response.c.id, _evaluator.c.id)
    return export_table(streamed(session, query), format, out, columns=SCORE_COLUMNS)


def export_attempts(session: Session, dataset: Dataset, format: str, out: BinaryIO) -> int:
    """Write every call made to a model about the dataset's prompts, failed ones too, and return how many.

    ``cost_usd`` empty where it is not known; a unit of work whose last attempt failed was given up.
    """
    query: Any = sa.select(*_unit(_attempt), *_named(_attempt, ATTEMPT_COLUMNS, after=6)).select_from(_attempt)
    query = _joined(query, _attempt, dataset).order_by(_attempt.c.id)
    return export_table(streamed(session, query), format, out, columns=ATTEMPT_COLUMNS)


def _unit(table: sa.Table) -> list[Any]:
    """Whose answer to what a row is about, by name."""
    return [
        _dataset.c.name.label("dataset"),
        table.c.run_id.label("run"),
        _prompt.c.external_id.label("prompt_id"),
        _prompt.c.category.label("category"),
        _candidate.c.name.label("candidate"),
        table.c.repetition.label("repetition"),
    ]


def _named(table: sa.Table, columns: dict[str, type], *, after: int) -> list[Any]:
    return [table.c[name] for name in list(columns)[after:]]


def _joined(
    query: "sa.Select[tuple[object, ...]]", table: sa.Table, dataset: Dataset
) -> "sa.Select[tuple[object, ...]]":
    return (
        query.join(_prompt, _prompt.c.id == table.c.prompt_id)
        .join(_dataset, _dataset.c.id == _prompt.c.dataset_id)
        .join(_candidate, _candidate.c.id == table.c.candidate_id)
        .where(_dataset.c.id == dataset.id)
    )
