"""A test call: one short question to a candidate, through the same attempts that a run makes."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from core.domain.answering import FaultKind
from core.domain.pricing import Rates, cost_usd
from core.errors import BadInput
from core.providers import presets
from core.providers.base import Completion, Endpoint, ProviderFault
from core.services.asking.asking import Connections, Tried, ask
from core.services.candidates.drafts import in_words_of_the_form
from core.services.prices import Pricer
from core.settings import without_secrets
from core.storage.tables import Candidate

QUESTION = "Reply with one short sentence: what can you help me with?"
DEADLINE_S = 30.0
_KEYS = frozenset({FaultKind.AUTH, FaultKind.QUOTA})


@dataclass(frozen=True)
class Trial:
    """How a test call went. ``tries``: every attempt, the last one last; ``answer`` None where none came.

    ``cost_usd`` None: not known. ``problem`` and ``mending``: what went wrong and what to do, empty where it went well.
    """

    question: str
    tries: tuple[Tried, ...] = ()
    answer: Completion | None = None
    text: str = ""
    cost_usd: float | None = None
    rates: Rates | None = None
    problem: str = ""
    mending: str = ""

    @property
    def answered_by(self) -> Tried | None:
        """The attempt that brought the answer."""
        return next((tried for tried in self.tries if tried.completion is not None), None)


@dataclass
class _Notes:
    """The journal of one test call."""

    tries: list[Tried] = field(default_factory=list)

    async def before(self, endpoint: Endpoint, number: int) -> None:
        """Nothing is set aside for one question."""

    async def after(self, attempt: Tried) -> None:
        """Keep it."""
        self.tries.append(attempt)


def try_out(
    engine: Engine, candidate: Candidate, *, question: str = QUESTION, deadline_s: float = DEADLINE_S, now: datetime
) -> Trial:
    """Ask ``candidate`` one question now and wait for the answer, at most ``deadline_s``. Nothing is stored of it."""
    if not candidate.provider or not candidate.model:
        return Trial(question, problem="Only its name is known.", mending="Edit it and say which model it is.")
    try:
        endpoints = presets.endpoints_of(candidate.provider, candidate.model, candidate.settings)
        request = presets.request_of(candidate.settings, [{"role": "user", "content": question}], repetition=0)
    except BadInput as error:
        return Trial(question, problem=in_words_of_the_form(error), mending="Edit the candidate.")
    notes = _Notes()

    async def call() -> Completion:
        async with Connections() as connections:
            return await ask(connections, endpoints, request, deadline_s=deadline_s, journal=notes)

    try:
        answer = asyncio.run(call())
    except ProviderFault as fault:
        return _failed(question, notes, fault)
    answered = notes.tries[-1]
    rates = Pricer(engine).rates(
        answered.endpoint,
        candidate.settings,
        answered_by=answer.answered_by,
        at=now,
        is_fallback=answered.is_fallback,
    )
    paid = cost_usd(answer.usage, rates) if rates is not None else None
    return Trial(question, tuple(notes.tries), answer, without_secrets(answer.text), paid, rates)


def _failed(question: str, notes: _Notes, fault: ProviderFault) -> Trial:
    mending = "Keys are read when Evenhand starts: start it again after setting one." if fault.kind in _KEYS else ""
    return Trial(question, tuple(notes.tries), problem=without_secrets(str(fault)), mending=mending)
