"""What would settle an open comparison: how many more prompts, responses, votes or raters, and for how much.

The present estimate is taken with its error: with more data it moves as a normal variable whose variance is what the
error still has to lose. The smallest amount is sought with which some verdict is reached with a chance of POWER.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, sqrt

import numpy as np
from scipy.special import ndtri

from core.domain.deciding import voted
from core.domain.deciding.bounds import POWER, Estimate
from core.domain.deciding.comparing import Known
from core.domain.deciding.evidence import Evidence, Floats
from core.domain.deciding.settings import Settings
from core.domain.deciding.verdicts import Need, Settlement, Source, Way

MOST_TIMES = 1000.0
UNKNOWN_SD = 0.3
"""Between prompts, of a difference of shares, where too few are there to tell."""
_NODES = ndtri((np.arange(41) + 0.5) / 41)


@dataclass(frozen=True)
class Sides:
    """The two who are compared and the weight of each prompt ([P], 0: only one was asked)."""

    champion: Evidence
    challenger: Evidence
    weight: Floats


def settlement(known: Known, level: float, sides: Sides, settings: Settings) -> Settlement:
    """The ways to settle it at ``level``, each alone."""
    quality = known.automatic
    if quality is None:
        least = _first_prompts(level, known)
        found: dict[Need, int | None] = {Need.PROMPTS: max(least - known.prompts, 1)}
    else:
        times = _least(lambda times: _shows_equals(_grown(quality, times), level))
        least = ceil(quality.prompts * (times or MOST_TIMES))
        found = {Need.PROMPTS: _more_prompts(known, level), Need.RESPONSES: _more_responses(known, level, sides)}
    found |= _more_votes(known, level, sides)
    usd_of_one = _usd_of_one(sides, settings)
    ways = [Way(need, amount, _times(amount, usd_of_one[need])) for need, amount in found.items() if amount is not None]
    return Settlement(tuple(sorted(ways, key=lambda way: np.inf if way.usd is None else way.usd)), least)


def chance_to_settle(known: Known, level: float, quality: Estimate, cost: Estimate | None) -> float:
    """That some verdict is reached once the errors are those of ``quality`` and ``cost``.

    Their values are today's; what the errors of today have lost until then is how far the values may move.
    """
    now, cost_now = known.by(quality.source)
    if now is None:
        return 0.0
    lower, value, upper = _moved(now, quality, level)
    better = (value >= quality.margin) & (lower > 0)
    worse = (value <= -quality.margin) & (upper < 0)
    not_worse, not_better = lower > -quality.margin, upper < quality.margin
    if cost is None or cost_now is None:
        return float(np.mean(worse | (not_worse & (better | not_better))))
    cost_lower, cost_value, cost_upper = (row[:, None] for row in _moved(cost_now, cost, level))
    cheaper = (cost_value >= cost.margin) & (cost_lower > 0)
    dearer = (cost_value <= -cost.margin) & (cost_upper < 0)
    alike = (cost_lower > 0) | (cost_upper < 0) | ((cost_lower > -cost.margin) & (cost_upper < cost.margin))
    equal = not_worse & not_better & alike
    return float(np.mean(worse | (not_worse & (better | cheaper)) | equal | (not_better & dearer)))


def _moved(now: Estimate, then: Estimate, level: float) -> tuple[Floats, Floats, Floats]:
    """Lower bounds, values and upper bounds that are to be expected then, each as likely as the next."""
    value = now.value + sqrt(max(now.se**2 - then.se**2, 0.0)) * _NODES
    return value - then.reach(level, -then.skewness), value, value + then.reach(level, then.skewness)


def _grown(now: Estimate, times: float) -> Estimate:
    """With ``times`` as many prompts."""
    return replace(
        now,
        se=now.se / sqrt(times),
        step=now.step / times,
        degrees=(now.degrees + 1) * times - 1,
        prompts=int(now.prompts * times),
    )


def _shrunk(now: Estimate, share: float, times: float = 1.0) -> Estimate:
    """With a share of its squared error; ``times`` as many votes show what was not seen."""
    return replace(now, se=now.se * sqrt(share), step=now.step / times)


def _more_prompts(known: Known, level: float) -> int | None:
    quality, cost = known.automatic, known.automatic_cost
    if quality is None:
        return None

    def settles(times: float) -> bool:
        grown = cost and _grown(cost, times)
        return chance_to_settle(known, level, _grown(quality, times), grown) >= POWER

    return _more(_least(settles), quality.prompts)


def _more_responses(known: Known, level: float, sides: Sides) -> int | None:
    """More responses to each prompt: only the error within prompts goes. Of costs that part is not known: it stays."""
    quality = known.automatic
    asked = [np.where(sides.weight > 0, one.judged, np.nan) for one in (sides.champion, sides.challenger)]
    if quality is None or not quality.se or np.nanmean(asked) < 2:
        return None
    within = sum(_within(one, sides.weight) for one in (sides.champion, sides.challenger)) / quality.se**2

    def settles(times: float) -> bool:
        shrunk = _shrunk(quality, max(1 - within * (1 - 1 / times), 0.0))
        return chance_to_settle(known, level, shrunk, known.automatic_cost) >= POWER

    return _more(_least(settles), float(np.nanmean(asked)))


def _within(one: Evidence, weight: Floats) -> float:
    """The squared error of the mean share that comes from responses to the same prompt, two and more each."""
    asked = np.maximum(one.judged, 2.0)
    share = one.acceptable / asked
    return float((weight**2 * share * (1 - share) / (asked - 1)).sum())


def _more_votes(known: Known, level: float, sides: Sides) -> dict[Need, int | None]:
    """More votes leave the error of the raters there are, more raters only that of the prompts there are."""
    quality, cost = known.human, known.human_cost
    shares = (sides.challenger.human.share, sides.champion.human.share)
    if quality is None or shares[0] is None or shares[1] is None:
        return {}
    prompts, votes, raters = voted.variances(shares[0].plus(shares[1], sign=-1.0))
    raters = 0.0 if quality.holds_for_these_raters_only else raters
    whole = prompts + votes + raters or 1.0

    def settles(left: float, times: float) -> bool:
        shrunk = cost and _shrunk(cost, left / whole, times)
        return chance_to_settle(known, level, _shrunk(quality, left / whole, times), shrunk) >= POWER

    cast = max(sides.champion.human.votes, sides.challenger.human.votes)
    there = max(sides.champion.human.raters, sides.challenger.human.raters)
    by_votes = _least(lambda times: settles(prompts + votes / times + raters, times))
    by_raters = _least(lambda times: settles(prompts + (votes + raters) / times, times))
    return {Need.VOTES: _more(by_votes, cast), Need.RATERS: _more(by_raters, there)}


def _first_prompts(level: float, known: Known) -> int:
    """How many prompts tell equals, where too few are there to say how prompts differ."""
    guess = Estimate(0.0, UNKNOWN_SD / sqrt(2), 1.0, 0.5, known.margin, 2, Source.AUTOMATIC)
    return ceil(2 * (_least(lambda times: _shows_equals(_grown(guess, times), level)) or MOST_TIMES))


def _shows_equals(then: Estimate, level: float) -> bool:
    """Whether of equals it is proven with a chance of POWER that one is not worse."""
    return then.reach(level) + float(ndtri(POWER)) * then.se < then.margin


def _least(settles: Callable[[float], bool]) -> float | None:
    """The smallest multiple, 1 to MOST_TIMES, that settles; None where that one does not."""
    if not settles(MOST_TIMES):
        return None
    low, high = 1.0, MOST_TIMES
    while high / low > 1.01:
        middle = sqrt(low * high)
        low, high = (low, middle) if settles(middle) else (middle, high)
    return high


def _more(times: float | None, there: float) -> int | None:
    return None if times is None else max(ceil((times - 1) * there), 1)


def _times(amount: int, usd: float | None) -> float | None:
    return None if usd is None else amount * usd


def _usd_of_one(sides: Sides, settings: Settings) -> dict[Need, float | None]:
    """What one more prompt, response to every prompt, vote, or rater costs."""
    asked = sides.weight > 0
    of_prompt, of_round = 0.0, 0.0
    for one in (sides.champion, sides.challenger):
        judged = one.judged > 0
        usd = float(one.paid_usd[judged].sum() / one.judged[judged].sum()) if judged.any() else np.nan
        of_prompt += usd * float(one.judged[asked].mean() if asked.any() else 1.0)
        of_round += usd * float(asked.sum())
    hour, votes = settings.rater_hour_usd, (sides.champion.human, sides.challenger.human)
    of_vote = None if hour is None else hour / settings.pairs_an_hour
    of_rater = of_vote and of_vote * max(human.votes for human in votes) / max(*(human.raters for human in votes), 1)
    return {
        Need.PROMPTS: None if np.isnan(of_prompt) else of_prompt,
        Need.RESPONSES: None if np.isnan(of_round) else of_round,
        Need.VOTES: of_vote,
        Need.RATERS: of_rater,
    }
