"""Export of what figures are computed from beside responses and votes: scores, judges' words, attempts paid for.

Of all versions of a dataset, since verdicts pool them.
"""

from datetime import datetime
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlmodel import Session

from core.domain.votes import OUTCOME_WORDS, Outcome
from core.services.datasets.exporting import export_table, streamed
from core.storage.tables import Dataset, metadata

_dataset, _prompt, _candidate, _response, _score, _evaluator, _attempt, _preference, _call = (
    metadata.tables[name]
    for name in (
        "dataset", "prompt", "candidate", "response", "score", "evaluator", "attempt", "judge_preference", "judge_call"
    )
)  # fmt: skip
_UNIT: dict[str, type] = {
    "dataset": str,
    "version": int,
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
PREFERENCE_COLUMNS: dict[str, type] = {
    "dataset": str,
    "version": int,
    "prompt_id": str,
    "category": str,
    "evaluator": str,
    "left": str,
    "right": str,
    "winner": str,
    **{f"{side}_{which}": int for side in ("left", "right") for which in ("run", "repetition")},
    "orders_agree": bool,
    "reason": str,
    "created_at": datetime,
}
CALL_COLUMNS: dict[str, type] = _UNIT | {
    "evaluator": str,
    "reply": str,
    "value": float,
    "error_kind": str,
    "cost_usd": float,
    "latency_ms": float,
    "started_at": datetime,
    "finished_at": datetime,
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
        sa.select(*_unit(_response), _evaluator.c.name.label("evaluator"), *_named(_score, SCORE_COLUMNS, after=8))
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
    query: Any = sa.select(*_unit(_attempt), *_named(_attempt, ATTEMPT_COLUMNS, after=7)).select_from(_attempt)
    query = _joined(query, _attempt, dataset).order_by(_attempt.c.id)
    return export_table(streamed(session, query), format, out, columns=ATTEMPT_COLUMNS)


def export_preferences(session: Session, dataset: Dataset, format: str, out: BinaryIO) -> int:
    """Write what judges of pairs prefer among the dataset's responses, and return how many pairs that is.

    As a vote, with the first answer as *left*; ``winner`` empty: unscored, and ``reason`` says why.
    """
    sides = {side: (_response.alias(f"{side}_response"), _candidate.alias(f"{side}_of")) for side in ("left", "right")}
    (left, of_left), (right, of_right) = sides.values()
    p = _preference.c
    query: Any = (
        sa.select(
            _dataset.c.name.label("dataset"),
            _dataset.c.version,
            _prompt.c.external_id.label("prompt_id"),
            _prompt.c.category,
            _evaluator.c.name.label("evaluator"),
            of_left.c.name.label("left"),
            of_right.c.name.label("right"),
            p.outcome.label("winner"),
            *(
                response.c[column].label(f"{side}_{which}")
                for side, (response, _) in sides.items()
                for which, column in (("run", "run_id"), ("repetition", "repetition"))
            ),
            *(p[name] for name in ("orders_agree", "reason", "created_at")),
        )
        .join_from(_preference, left, left.c.id == p.first_response_id)
        .join(right, right.c.id == p.second_response_id)
        .join(of_left, of_left.c.id == left.c.candidate_id)
        .join(of_right, of_right.c.id == right.c.candidate_id)
        .join(_evaluator, _evaluator.c.id == p.evaluator_id)
        .join(_prompt, _prompt.c.id == p.prompt_id)
        .join(_dataset, _dataset.c.id == _prompt.c.dataset_id)
        .where(_dataset.c.name == dataset.name)
        .order_by(p.id)
    )
    rows = ({**row, "winner": _word(row["winner"])} for row in streamed(session, query))
    return export_table(rows, format, out, columns=PREFERENCE_COLUMNS)


def _word(outcome: int | None) -> str | None:
    return None if outcome is None else OUTCOME_WORDS[Outcome(outcome)]


def export_judge_calls(session: Session, dataset: Dataset, format: str, out: BinaryIO) -> int:
    """Write every call made to a judge about the dataset's responses, and return how many.

    Whose answer a row is about: of a judge of pairs, whose was asked about first. ``cost_usd`` empty: not known, or
    with an empty ``reply``: nothing.
    """
    query: Any = (
        sa.select(*_unit(_response), _evaluator.c.name.label("evaluator"), *_named(_call, CALL_COLUMNS, after=8))
        .select_from(_call)
        .join(_response, _response.c.id == _call.c.response_id)
        .join(_evaluator, _evaluator.c.id == _call.c.evaluator_id)
    )
    query = _joined(query, _response, dataset).order_by(_call.c.id)
    return export_table(streamed(session, query), format, out, columns=CALL_COLUMNS)


def _unit(table: sa.Table) -> list[Any]:
    """Whose answer to what a row is about, by name."""
    return [
        _dataset.c.name.label("dataset"),
        _dataset.c.version,
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
        .where(_dataset.c.name == dataset.name)
    )
