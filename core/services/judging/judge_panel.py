"""What judges of single responses and of pairs share: whom they may judge, and many questions at a time."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import sqlalchemy as sa
from sqlmodel import Session

from core.domain import judging
from core.domain.answering import FaultKind
from core.domain.scoring.base import Score, Subject, not_applicable
from core.providers.base import ProviderFault
from core.services.asking.asking import SpendingStopped
from core.services.judging.judge_calls import AskedElsewhere
from core.services.scoring.subjects import Scored
from core.storage.tables import Evaluator, metadata

T = TypeVar("T")
AT_ONCE = 16
OWN_FAMILY = "The judge is of the same family as the model that answered."
_response, _candidate = metadata.tables["response"], metadata.tables["candidate"]
_HOPELESS = frozenset({FaultKind.AUTH, FaultKind.QUOTA})


class Hopeless(SpendingStopped):
    """The judge's key is refused or its quota used up: asking on would fail like this each time."""


def raise_if_hopeless(judge: Evaluator, fault: ProviderFault | None) -> None:
    """Raise Hopeless after a fault that every other question would meet too."""
    if fault is not None and fault.kind in _HOPELESS:
        raise Hopeless(f"{judge.name}: {fault}")


async def all_of(questions: AsyncIterator[T], put: Callable[[T], Awaitable[None]], at_once: int) -> str | None:
    """Put the questions, ``at_once`` at a time, until they end or one stops them; then the reason.

    Any other error ends it once those under way have ended, and is raised.
    """
    slots = asyncio.Semaphore(at_once)
    stops: list[Exception] = []

    async def one(question: T) -> None:
        try:
            await put(question)
        except AskedElsewhere:
            pass
        except Exception as stop:
            stops.append(stop)
        finally:
            slots.release()

    async with asyncio.TaskGroup() as tasks:
        async for question in questions:
            await slots.acquire()
            if stops:
                break
            tasks.create_task(one(question))
    for stop in stops:
        if not isinstance(stop, SpendingStopped):
            raise stop
    return str(stops[0]) if stops else None


def fresh_code(*quoted: Subject) -> str:
    """A code for the fences around these, drawn anew for each call."""
    return judging.code_for(judging.texts_of(*quoted), partial(secrets.token_hex, 8))


@dataclass(frozen=True)
class Answerer:
    """Who answered: the candidate's model (its name where none is known), its provider, the name that answered."""

    candidate_id: int
    model: str
    provider: str | None
    answered_by: str | None

    def is_family_of(self, judge: Evaluator) -> bool:
        """Whether the judge would judge its own family."""
        return judging.is_own_family(
            judge.params["model"],
            judge.params["provider"],
            model=self.model,
            provider=self.provider,
            answered_by=self.answered_by,
        )


def answerers(session: Session, response_ids: Sequence[int]) -> dict[int, Answerer]:
    """Response id → who answered; some hundreds at a time."""
    r, c = _response.c, _candidate.c
    query = (
        sa.select(r.id, r.candidate_id, c.name, c.model, c.provider, r.answered_by)
        .join(_candidate, c.id == r.candidate_id)
        .where(r.id.in_(response_ids))
    )
    return {row[0]: Answerer(row[1], row[3] or row[2], row[4], row[5]) for row in session.execute(query)}


def why_not_asked(judge: Evaluator, one: Scored, who: Answerer) -> Score | None:
    """Why the judge is not asked about a response; None where it is."""
    if not one.subject.messages:
        return not_applicable("The prompt's text is not known here.")
    if not judge.params["may_judge_own_family"] and who.is_family_of(judge):
        return not_applicable(OWN_FAMILY)
    return None
