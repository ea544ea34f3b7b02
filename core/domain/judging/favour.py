"""How far a judge favours its own family: its preference less the experts', over the same pairs."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from core.domain.clustered import NO_RATER, Clustered, Codes, standard_error

FEWEST_PROMPTS = 10


class Difference(NamedTuple):
    """What a judge prefers less what one vote says, of a pair: 1 the own side, 0 the other, 0.5 neither."""

    prompt: Hashable
    pair: Hashable
    rater: Hashable
    """None where no rater is known."""
    value: float


@dataclass(frozen=True)
class Favour:
    """``value`` in [−1, 1]: above 0 the judge prefers its own family more than experts do; with a 95 % interval.

    ``pairs``: candidate pairs on ``prompts`` prompts, one side of them of the judge's family, that both have judged.
    Without a ``value``, ``problem`` says what is missing.
    """

    pairs: int
    prompts: int
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    raters: int = 0
    holds_for_these_raters_only: bool = False
    """So few raters voted that what others would have said is not in the interval."""
    problem: str = ""


def favour(differences: Sequence[Difference]) -> Favour:
    """The mean over the pairs of the mean difference of their votes.

    The interval takes a prompt's votes as one draw and a rater's too: see ``clustered.standard_error``.
    """
    prompt, pair, rater = (_codes([each[column] for each in differences]) for column in range(3))
    prompts, pairs = len(np.unique(prompt)), len(np.unique(pair))
    if prompts < FEWEST_PROMPTS:
        missing = f"Not enough: {prompts} of {FEWEST_PROMPTS} prompts that both compared."
        return Favour(pairs, prompts, problem=missing)
    weight = 1.0 / np.bincount(pair)[pair] / pairs
    difference = np.array([each.value for each in differences])
    mean = float(weight @ difference)
    known = np.array([each.rater is not None for each in differences])
    error = standard_error(Clustered(mean, prompt, np.where(known, rater, NO_RATER), weight * (difference - mean)))
    assert error is not None
    half = error.half_width()
    return Favour(
        pairs=pairs,
        prompts=prompts,
        value=mean,
        lower=max(-1.0, mean - half),
        upper=min(1.0, mean + half),
        raters=error.raters,
        holds_for_these_raters_only=error.holds_for_these_raters_only,
    )


def _codes(names: Sequence[Hashable]) -> Codes:
    place: dict[Hashable, int] = {}
    return np.array([place.setdefault(name, len(place)) for name in names], dtype=np.intp)
