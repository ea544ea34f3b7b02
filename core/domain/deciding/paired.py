"""Challengers beside the champion on the same prompts: differences of automatic quality and of cost."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain.deciding.bounds import Estimate
from core.domain.deciding.evidence import Evidence, Floats
from core.domain.deciding.verdicts import Source

FARTHEST = 20.0
"""Of the log of a ratio of costs: a price of nothing."""
_NOTHING = 1e-18


@dataclass(frozen=True)
class Rates:
    """Acceptable responses and US dollars per response, of m challengers and the champion, on the prompts of both."""

    weight: Floats
    """[m, P] of each prompt; 0 where only one of the two was asked; a row adds up to 1, or to 0 with none."""
    good: Floats
    """[m, P] of the challengers."""
    paid: Floats
    """[m, P] nan: a price is not known."""
    good_of_champion: Floats
    """[P]"""
    paid_of_champion: Floats
    """[P]"""

    @property
    def prompts(self) -> NDArray[np.int64]:
        """[m] how many prompts both were asked."""
        return np.asarray((self.weight > 0).sum(axis=-1))

    @property
    def priced(self) -> NDArray[np.bool_]:
        """[m] whether all that was paid on these prompts is known, of both."""
        unknown = np.isnan(self.paid) | np.isnan(self.paid_of_champion)
        return np.asarray(~(unknown & (self.weight > 0)).any(axis=-1) & (self.prompts > 0))


@dataclass(frozen=True)
class Strata:
    """Groups of prompts that count by what production asks, not by how many prompts they have."""

    member: Floats
    """[K, P] 1 where the prompt belongs to the group."""
    answers: Floats
    """[K] answers a month."""

    def weight(self, both: Floats) -> Floats:
        """[m, P] every group's answers spread over those of its prompts that are in ``both`` [m, P]."""
        there = both @ self.member.T
        return np.asarray(both * ((self.answers / np.maximum(there, 1.0)) @ self.member))


def rates(champion: Evidence, challengers: Sequence[Evidence], strata: Strata | None = None) -> Rates:
    """Per prompt, every prompt counted once however many responses it has; ``strata`` weights them otherwise."""
    judged = np.stack([one.judged for one in challengers])
    asked = np.maximum(judged, 1.0)
    asked_of_champion = np.maximum(champion.judged, 1.0)
    both = np.where((judged > 0) & (champion.judged > 0), 1.0, 0.0)
    weight = both if strata is None else strata.weight(both)
    whole = weight.sum(axis=-1, keepdims=True)
    return Rates(
        weight / np.where(whole > 0, whole, 1.0),
        np.stack([one.acceptable for one in challengers]) / asked,
        np.stack([one.paid_usd for one in challengers]) / asked,
        champion.acceptable / asked_of_champion,
        champion.paid_usd / asked_of_champion,
    )


def quality(found: Rates, margin: float) -> list[Estimate | None]:
    """Of each challenger: its share acceptable minus the champion's, mean over prompts; None with fewer than two."""
    change = found.good - found.good_of_champion
    value = (found.weight * change).sum(axis=-1)
    influence = found.weight * (change - value[..., None])
    return _estimates(found, value, influence, np.ones_like(value), margin, 1.0)


def cost(found: Rates, margin: float) -> list[Estimate | None]:
    """Of each challenger: log of the champion's cost per acceptable response over its own.

    None where a price is unknown, where one of the two has no acceptable response, or with fewer than two prompts.
    ``margin``: a share of the cost. By the delta method, the error of a log ratio is the mean of c/C − g/G over
    prompts, c what is paid and g what is good there, C and G their means.
    """
    good, good_of_champion = _means(found, found.good), _means(found, found.good_of_champion)
    paid, paid_of_champion = _means(found, found.paid), _means(found, found.paid_of_champion)
    free = np.fmax(np.fmax(paid, paid_of_champion) * np.exp(-FARTHEST), _NOTHING)
    paid, paid_of_champion = np.maximum(paid, free), np.maximum(paid_of_champion, free)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.log(paid_of_champion / paid * good / good_of_champion)
        of_champion = found.paid_of_champion / paid_of_champion[..., None]
        of_champion = of_champion - found.good_of_champion / good_of_champion[..., None]
        of_challenger = found.paid / paid[..., None] - found.good / good[..., None]
        influence = np.where(found.weight > 0, found.weight * (of_champion - of_challenger), 0.0)
        least = 1.0 / np.maximum(np.minimum(good, good_of_champion), _NOTHING)
    value = np.where((good > 0) & (good_of_champion > 0), value, np.nan)
    return _estimates(found, value, influence, least, log_margin(margin), FARTHEST)


def log_margin(margin: float) -> float:
    """A saving as a share of the cost, on the scale of log ratios."""
    return float(-np.log1p(-margin))


def _means(found: Rates, column: Floats) -> Floats:
    """[m] over the prompts of both."""
    return np.asarray(np.where(found.weight > 0, found.weight * column, 0.0).sum(axis=-1))


def _estimates(
    found: Rates, value: Floats, influence: Floats, of_step: Floats, margin: float, most: float
) -> list[Estimate | None]:
    """Of ``influence`` [m, P] on each ``value`` [m], that no more than ``most`` lies away from nothing.

    Skewness counts where a prompt may contribute much more than others, as costs do: not of shares.
    """
    squares = influence**2
    spread, count = squares.sum(axis=-1), found.prompts
    error = np.sqrt(spread * count / np.maximum(count - 1, 1))
    degrees = 1 / np.maximum((found.weight**2).sum(axis=-1), _NOTHING) - 1
    step = found.weight.max(axis=-1, initial=0.0) * of_step
    skewness = np.zeros_like(value)
    if most > 1:
        third = (squares * influence).sum(axis=-1)
        skewness = np.sqrt(count) * third / np.maximum(spread, _NOTHING) ** 1.5 * (spread > _NOTHING)
    return [
        Estimate(float(v), float(e), max(float(d), 1.0), float(s), margin, int(n), Source.AUTOMATIC, most, float(g))
        if n > 1 and np.isfinite(v) and np.isfinite(e)
        else None
        for v, e, d, s, n, g in zip(value, error, degrees, step, count, skewness, strict=True)
    ]
