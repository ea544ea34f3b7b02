"""What raters answered about pooled answers, whichever version of the dataset they were given to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain.acceptability import Sends
from core.domain.votes import Outcome
from core.services.quality.rated import Ratings

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rated:
    """One entry for each answer on a side of a vote: [n] each."""

    answer: Ids
    """Its place in ``Pooled.answers``."""
    prompt: Ids
    """A code, as there."""
    candidate: Ids
    """An id."""
    rater: Ids
    """Ids of people."""
    opponent: Ids
    """The candidate it was shown beside."""
    outcome: Ids
    """What was said, a domain.votes.Outcome with the answer as *left*."""
    weight: Floats
    """Less than 1 where the vote came faster than reading allows."""
    probability: Floats
    """With which the pair of candidates was drawn; nan where it was not."""
    is_simulated: NDArray[np.bool_]

    def kept(self, which: NDArray[np.bool_]) -> "Rated":
        """Some of them."""
        return Rated(**{name: column[which] for name, column in vars(self).items()})


def joined(parts: Sequence[Ratings], places: Sequence[Ids], prompt: Ids) -> Rated:
    """Ratings of several scopes as one. ``places[k]``: of the responses of scope k among all answers.

    ``prompt``: the code of each answer's prompt.
    """
    none = np.zeros(0, dtype=np.int64)
    answer = np.concatenate([none, *(at[part.response] for part, at in zip(parts, places, strict=True))])

    def column(name: str) -> NDArray[np.float64]:
        return np.concatenate([np.zeros(0), *(getattr(part, name) for part in parts)])

    return Rated(
        answer=answer,
        prompt=prompt[answer],
        candidate=column("candidate").astype(np.int64),
        rater=column("rater").astype(np.int64),
        opponent=column("opponent").astype(np.int64),
        outcome=column("outcome").astype(np.int64),
        weight=column("weight"),
        probability=column("probability"),
        is_simulated=column("is_simulated").astype(bool),
    )


def sends(found: Rated, answers: NDArray[np.intp]) -> Sends:
    """What was said of these answers (places, ascending), for the estimate over all of them."""
    place = np.searchsorted(answers, found.answer)
    sendable = np.isin(found.outcome, [Outcome.LEFT, Outcome.TIE]).astype(float)
    codes = (place.astype(np.intp), found.rater.astype(np.intp), found.opponent.astype(np.intp))
    return Sends(*codes, sendable, found.weight, found.probability)
