"""Responses as evaluators are shown them, each with what it answers; read many at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from core.domain.scoring.base import Subject
from core.storage.tables import metadata

_response, _prompt = metadata.tables["response"], metadata.tables["prompt"]
_RESPONSES = sa.select(
    _response.c.id, _response.c.prompt_id, _response.c.turns, _response.c.finish_reason
)  # fmt: skip
_PROMPTS = sa.select(
    _prompt.c.id,
    _prompt.c.messages,
    _prompt.c.reference,
    _prompt.c.constraints,
    _prompt.c.tags,
    _prompt.c.category,
)


@dataclass(frozen=True)
class Scored:
    """A response to be scored, by its ids."""

    response_id: int
    prompt_id: int
    subject: Subject


def read(session: Session, response_ids: Sequence[int]) -> list[Scored]:
    """Those of the responses that exist, by id; a few hundred at a time."""
    rows = session.execute(_RESPONSES.where(_response.c.id.in_(response_ids)).order_by(_response.c.id)).all()
    wanted = {row.prompt_id for row in rows}
    prompts = {row.id: row for row in session.execute(_PROMPTS.where(_prompt.c.id.in_(wanted)))}
    return [Scored(row.id, row.prompt_id, _subject(row, prompts[row.prompt_id])) for row in rows]


def in_chunks(ids: Sequence[int], size: int) -> Iterator[list[int]]:
    """The ids, each once and in order, at most ``size`` at a time."""
    remaining = iter(sorted(set(ids)))
    while chunk := list(islice(remaining, size)):
        yield chunk


def _subject(response: sa.Row[Any], prompt: sa.Row[Any]) -> Subject:
    return Subject(
        turns=response.turns,
        messages=prompt.messages,
        reference=prompt.reference or (),
        constraints=prompt.constraints or {},
        tags=prompt.tags,
        category=prompt.category,
        finish_reason=response.finish_reason,
    )
