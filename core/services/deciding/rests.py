"""How much a verdict rests on: the votes, raters and responses behind one comparison."""

from dataclasses import dataclass

import numpy as np

from core.services.deciding.gathering import Flags, Ids, Pooled
from core.services.quality.rated import RatedSides

_PEOPLE = 2**31


@dataclass(frozen=True)
class RestsOn:
    """What counts of champion and challenger together."""

    votes: int
    """Answers to *send* about a response of either; one about a response of both counts once."""
    raters: int
    """Who gave them."""
    responses: int
    """With an automatic verdict, given-up ones too."""


def rests_on(found: Pooled, pair: tuple[int, int], category: str | None) -> RestsOn:
    """Of two candidates in a category, or with None over all."""
    here, said = found.here(category), found.sends
    rows = [found.candidates.index(candidate) for candidate in pair if candidate in found.candidates]
    prompt = found.answers.prompt[said.response]
    mine = np.isin(said.candidate, pair) & here[prompt]
    votes = int(mine.sum()) - _on_both(said, prompt, mine, pair)
    return RestsOn(votes, len(np.unique(said.rater[mine])), int(found.judged[rows][:, here].sum()))


def _on_both(said: RatedSides, prompt: Ids, mine: Flags, pair: tuple[int, int]) -> int:
    """How many votes are there for either side: those of one person between the two on one prompt, seen from both."""
    sides = [mine & (said.candidate == of) & (said.opponent == other) for of, other in (pair, pair[::-1])]
    (one, n), (other, m) = (np.unique(prompt[at] * _PEOPLE + said.rater[at], return_counts=True) for at in sides)
    _, first, second = np.intersect1d(one, other, assume_unique=True, return_indices=True)
    return int(np.minimum(n[first], m[second]).sum())
