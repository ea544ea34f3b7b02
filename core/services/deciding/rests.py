"""How much a verdict rests on: the votes, raters and responses behind one comparison."""

from dataclasses import dataclass

import numpy as np

from core.services.deciding.gathering import Pooled


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
    mine = np.isin(said.candidate, pair) & here[found.answers.prompt[said.response]]
    # A vote between the two is there once for each side: it is counted on the first one's.
    once = mine & ~((said.candidate == pair[1]) & (said.opponent == pair[0]))
    return RestsOn(int(once.sum()), len(np.unique(said.rater[mine])), int(found.judged[rows][:, here].sum()))
