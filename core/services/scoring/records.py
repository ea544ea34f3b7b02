"""What evaluators say, on its way into the table of scores."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from core.domain.scoring.base import Score
from core.settings import without_secrets
from core.storage.tables import metadata
from core.storage.upsert import insert_into

_score, _response = metadata.tables["score"], metadata.tables["response"]
_LONGEST_REASON = 1000
ScoreRow = dict[str, Any]


def row(response_id: int, evaluator_id: int, score: Score, now: datetime) -> ScoreRow:
    """A row of ``score``. A reason that may hold a secret (an error's, a judge's) comes ``storable``."""
    return {
        "response_id": response_id,
        "evaluator_id": evaluator_id,
        "value": score.value,
        "reason": _text(score.reason[:_LONGEST_REASON]),
        "applies": score.applies,
        "scored_at": now,
    }


def storable(text: str) -> str:
    """``text`` without secrets, and without what a database's text cannot hold: NUL and lone surrogates."""
    return without_secrets(_text(text))


def _text(text: str) -> str:
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def save(session: Session, rows: Sequence[ScoreRow], *, over: bool = True) -> int:
    """Write the rows, in place of what was said before, or (not ``over``) only where nothing was; how many it wrote.

    Rows of responses that were deleted meanwhile are left out.
    """
    if not rows:
        return 0
    ids = {each["response_id"] for each in rows}
    held = sa.select(_response.c.id).where(_response.c.id.in_(ids)).with_for_update(read=True, key_share=True)
    there = set(session.execute(held.order_by(_response.c.id)).scalars())
    kept = [each for each in rows if each["response_id"] in there]
    if kept:
        kept.sort(key=lambda each: (each["response_id"], each["evaluator_id"]))
        session.connection().execute(_saving(session.get_bind().dialect.name, over=over), kept)
    return len(kept)


@lru_cache
def _saving(dialect: str, *, over: bool) -> sa.Insert:
    statement = insert_into(dialect, _score)
    keys = ["response_id", "evaluator_id"]
    if not over:
        nothing: sa.Insert = statement.on_conflict_do_nothing(index_elements=keys)
        return nothing
    said = {name: statement.excluded[name] for name in ("value", "reason", "applies", "scored_at")}
    saving: sa.Insert = statement.on_conflict_do_update(index_elements=keys, set_=said)
    return saving
