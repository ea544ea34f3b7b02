"""The evidence of some prompts alone: what a table is compiled from, and what is held out to judge it."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.services.deciding.gathering import Pooled
from core.services.quality.rated import RatedSides


def halves(pooled: Pooled) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """[P] each: every second prompt of each category, and the others; the same ones each time."""
    place = np.zeros(len(pooled.category), dtype=np.int64)
    for category in range(len(pooled.categories)):
        here = np.flatnonzero(pooled.category == category)
        place[here] = np.arange(len(here))
    first = place % 2 == 0
    return first, ~first


def of_prompts(pooled: Pooled, which: NDArray[np.bool_]) -> Pooled:
    """Only what is of the prompts that ``which`` [P] says."""
    code = np.cumsum(which) - 1
    inside = which[pooled.answers.prompt]
    answers = pooled.answers.where(inside)
    place = np.cumsum(inside) - 1

    def on(sides: RatedSides) -> RatedSides:
        there = sides.where(inside[sides.response])
        return replace(there, response=place[there.response])

    return replace(
        pooled,
        category=pooled.category[which],
        judged=pooled.judged[:, which],
        acceptable=pooled.acceptable[:, which],
        paid_usd=pooled.paid_usd[:, which],
        answers=replace(answers, prompt=code[answers.prompt]),
        sends=on(pooled.sends),
        safety=on(pooled.safety),
    )
