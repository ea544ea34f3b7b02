"""What is left of a run and in which order: a seeded shuffle over candidates, prompts and repetitions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from sqlmodel import Session, col, select

from core.storage.tables import Attempt, Prompt, Response, Run

_OPEN, _BEGUN, _ENDED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Unit:
    """One response that is wanted."""

    candidate_id: int
    prompt_id: int
    repetition: int
    is_begun: bool = False
    """Earlier attempts at it are on record."""


@dataclass
class WorkOrder:
    """The units of a run that have neither a response nor been given up, one byte and one number in memory each.

    Repetitions that may begin at the same time are shuffled together with all candidates and prompts, so that an hour's
    congestion hits everyone; later ones follow.
    """

    candidate_ids: Sequence[int]
    prompt_ids: Sequence[int]
    repetitions: int
    spread_s: Sequence[float]
    seed: int
    _states: bytearray = field(init=False)

    def __post_init__(self) -> None:
        self._states = bytearray(len(self.candidate_ids) * len(self.prompt_ids) * self.repetitions)
        self._candidates = {candidate: at for at, candidate in enumerate(self.candidate_ids)}
        self._prompts = {prompt: at for at, prompt in enumerate(self.prompt_ids)}

    def begun(self, candidate_id: int, prompt_id: int, repetition: int) -> None:
        """Attempts at it are on record."""
        self._mark(candidate_id, prompt_id, repetition, _BEGUN)

    def ended(self, candidate_id: int, prompt_id: int, repetition: int) -> None:
        """It has a response, or was given up."""
        self._mark(candidate_id, prompt_id, repetition, _ENDED)

    def rounds(self) -> Iterator[tuple[float, Iterator[Unit]]]:
        """Groups of units with the seconds after the run's start at which they may begin, in rising order."""
        waits = [*self.spread_s, *[0.0] * self.repetitions][: self.repetitions]
        for wait_s, group in groupby(range(self.repetitions), key=lambda repetition: waits[repetition]):
            yield wait_s, self._shuffled(list(group))

    @property
    def left(self) -> int:
        """How many units are open."""
        return len(self._states) - self._states.count(_ENDED)

    def _shuffled(self, repetitions: Sequence[int]) -> Iterator[Unit]:
        per_repetition = len(self.candidate_ids) * len(self.prompt_ids)
        rng = np.random.default_rng([self.seed, repetitions[0]])
        first = repetitions[0] * per_repetition
        for place in rng.permutation(np.arange(len(repetitions) * per_repetition, dtype=np.int32)):
            index = first + int(place)
            if self._states[index] != _ENDED:
                yield self._unit(index)

    def _unit(self, index: int) -> Unit:
        rest, candidate = divmod(index, len(self.candidate_ids))
        repetition, prompt = divmod(rest, len(self.prompt_ids))
        is_begun = self._states[index] == _BEGUN
        return Unit(self.candidate_ids[candidate], self.prompt_ids[prompt], repetition, is_begun)

    def _mark(self, candidate_id: int, prompt_id: int, repetition: int, state: int) -> None:
        candidate, prompt = self._candidates.get(candidate_id), self._prompts.get(prompt_id)
        if candidate is None or prompt is None or repetition >= self.repetitions:
            return
        index = (repetition * len(self.prompt_ids) + prompt) * len(self.candidate_ids) + candidate
        self._states[index] = max(self._states[index], state)


def work_left(session: Session, run: Run) -> WorkOrder:
    """The order of what run ``run`` has still to do."""
    prompt_ids = run.prompt_ids
    if prompt_ids is None:
        query = select(Prompt.id).where(Prompt.dataset_id == run.dataset_id).order_by(col(Prompt.id))
        prompt_ids = [found for found in session.exec(query) if found is not None]
    order = WorkOrder(run.candidate_ids or [], prompt_ids, run.repetitions, run.spread_s or [], run.seed)
    tried = select(Attempt.candidate_id, Attempt.prompt_id, Attempt.repetition, Attempt.is_last)
    for *unit, is_last in session.exec(tried.where(Attempt.run_id == run.id).execution_options(yield_per=2000)):
        (order.ended if is_last else order.begun)(*unit)
    there = select(Response.candidate_id, Response.prompt_id, Response.repetition)
    for row in session.exec(there.where(Response.run_id == run.id).execution_options(yield_per=2000)):
        order.ended(*row)
    return order
