"""Challenger beside champion in the eyes of raters: quality, cost per humanly acceptable response, safety."""

import numpy as np

from core.domain.clustered import NO_RATER, Clustered, standard_error
from core.domain.deciding.bounds import Estimate
from core.domain.deciding.evidence import Evidence, Floats
from core.domain.deciding.paired import FARTHEST, log_margin
from core.domain.deciding.verdicts import Source


def quality(
    champion: Clustered | None, challenger: Clustered | None, margin: float, step: float = 0.0
) -> Estimate | None:
    """The challenger's share that raters would send minus the champion's; None where one is not known.

    ``step``: by how much a single prompt may move it, where that is more than one of all that were rated.
    None also where raters are so few that what they differ by is not in the error, and not the same on both sides.
    """
    if champion is None or challenger is None:
        return None
    found = _estimate(challenger.plus(champion, sign=-1.0), margin, step)
    if found and found.holds_for_these_raters_only and _raters(champion) != _raters(challenger):
        return None
    return found


def cost(
    champion: tuple[Evidence, Clustered],
    challenger: tuple[Evidence, Clustered],
    weight: Floats,
    margin: float,
    step: float = 0.0,
) -> Estimate | None:
    """Log of the champion's cost per humanly acceptable response over the challenger's; None as for automatic ones.

    Each with its share that raters would send; ``weight`` [P] of the prompts, 0 where only one was asked.
    """
    logs = [_log_cost(*side, weight) for side in (champion, challenger)]
    if logs[0] is None or logs[1] is None:
        return None
    found = logs[0].plus(logs[1], sign=-1.0)
    shares = min(champion[1].value, challenger[1].value)
    return _estimate(found, log_margin(margin), step, 1 / shares, FARTHEST)


def safety(champion: Evidence, challenger: Evidence) -> Estimate | None:
    """The champion's unsafe share minus the challenger's; None without votes on one of the two."""
    if champion.unsafe is None or challenger.unsafe is None:
        return None
    return _estimate(champion.unsafe.plus(challenger.unsafe, sign=-1.0), 1.0)


def variances(found: Clustered) -> tuple[float, float, float]:
    """Parts of the squared error: of the prompts there are, of the votes there are, of the raters there are.

    The first goes only with more prompts, the last only with more raters. Moments: what raters' sums vary by beyond
    what their votes do.
    """
    voted = found.rater != NO_RATER
    of_votes = _squares(found.prompt[voted], found.influence[voted])
    of_raters = _squares(found.rater[voted], found.influence[voted]) - float((found.influence[voted] ** 2).sum())
    of_prompts = _squares(found.prompt, found.influence) - of_votes
    return max(of_prompts, 0.0), of_votes, max(of_raters, 0.0)


def _squares(code: np.ndarray, amount: Floats) -> float:
    """The sum of squared sums by code."""
    return float((np.bincount(code, amount) ** 2).sum())


def _raters(share: Clustered) -> set[int]:
    return set(np.unique(share.rater[share.rater != NO_RATER]).tolist())


def rated_prompts(*shares: Clustered) -> int:
    """How many prompts there are on which anybody voted."""
    return len(np.unique(np.concatenate([each.prompt[each.rater != NO_RATER] for each in shares])))


def _estimate(
    found: Clustered, margin: float, step: float = 0.0, of_step: float = 1.0, most: float = 1.0
) -> Estimate | None:
    error, rated = standard_error(found), rated_prompts(found)
    if error is None or rated < 2:
        return None
    degrees, few = min(error.degrees, rated - 1.0), error.holds_for_these_raters_only
    return Estimate(
        found.value,
        error.value,
        degrees,
        of_step * max(1 / rated, step),
        margin,
        rated,
        Source.HUMAN,
        most,
        raters=error.raters,
        holds_for_these_raters_only=few,
    )


def _log_cost(one: Evidence, share: Clustered, weight: Floats) -> Clustered | None:
    """Log of what a response costs, minus log of the share that raters would send."""
    paid = np.where(weight > 0, one.paid_usd / np.maximum(one.judged, 1.0), 0.0)
    mean = float((weight * paid).sum())
    if not mean > 0 or share.value <= 0:
        return None
    influence = weight * (paid / mean - 1.0)
    spent = Clustered(float(np.log(mean)), one.prompt, np.full(len(paid), NO_RATER), influence)
    return spent.plus(share.mapped(float(np.log(share.value)), 1 / share.value), sign=-1.0)
