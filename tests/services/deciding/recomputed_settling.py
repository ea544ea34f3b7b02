"""What would settle a comparison, and plain readings, anew by what ``docs/numbers.md`` says.

An amount is not computed but held against the chance it is meant to give, on a fine grid: about .8 with it, less with a
little less.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from tests.services.deciding.recomputed_verdicts import POWER, Compared, Estimated, Side, Weigh, equally
from tests.services.quality.recomputed_human import FEWEST_RATERS

GRID = stats.norm.ppf((np.arange(401) + 0.5) / 401)
Moved = tuple[Estimated, Estimated | None]


def chance(now: Moved, then: Moved, level: float) -> float:
    """That some verdict is reached with the errors of ``then``; values move by what those of ``now`` have lost."""
    lower, value, upper = moved(now[0], then[0], level)
    margin = now[0].margin
    not_worse, not_better = lower > -margin, upper < margin
    better, worse = (value >= margin) & (lower > 0), (value <= -margin) & (upper < 0)
    if now[1] is None or then[1] is None:
        return float(np.mean(worse | (not_worse & (better | not_better))))
    low, cost, high = (each[:, None] for each in moved(now[1], then[1], level))
    of_cost = now[1].margin
    cheaper, dearer = (cost >= of_cost) & (low > 0), (cost <= -of_cost) & (high < 0)
    equal = not_worse & not_better & ((low > 0) | (high < 0) | ((low > -of_cost) & (high < of_cost)))
    return float(np.mean(worse | (not_worse & (better | cheaper)) | equal | (not_better & dearer)))


def moved(now: Estimated, then: Estimated, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower bounds, values and upper bounds to be expected."""
    value = now.value + math.sqrt(max(now.se**2 - then.se**2, 0.0)) * GRID
    return value - then.reach(level, -then.skewness), value, value + then.reach(level, then.skewness)


def grown(one: Estimated | None, times: float) -> Estimated | None:
    """With so many times the prompts."""
    if one is None:
        return None
    se, degrees = one.se / math.sqrt(times), (one.degrees + 1) * times - 1
    return replace(one, se=se, step=one.step / times, degrees=degrees, prompts=int(one.prompts * times))


def shrunk(one: Estimated | None, left: float, times: float = 1.0) -> Estimated | None:
    """With a part of its squared error."""
    return None if one is None else replace(one, se=one.se * math.sqrt(max(left, 0.0)), step=one.step / times)


def weights(both: tuple[Side, Side], weigh: Weigh) -> "pd.Series[float]":
    """What the common prompts that count count."""
    found = weigh(both[0].by_prompt.index.intersection(both[1].by_prompt.index))
    return found[found > 0]


def settles(
    need: str, amount: float, one: Compared, both: tuple[Side, Side], level: float, weigh: Weigh = equally
) -> float:
    """The chance of a verdict with ``amount`` more of what is needed. ``both``: champion and challenger."""
    automatic, said = (one.automatic, one.automatic_cost), (one.human, one.human_cost)
    w = weights(both, weigh)
    tables = [each.by_prompt.loc[w.index] for each in both]
    if need == "prompts":
        times = 1 + amount / one.automatic.prompts
        return chance(automatic, (grown(one.automatic, times), grown(one.automatic_cost, times)), level)
    if need == "responses to each prompt":
        times = 1 + amount / np.mean([each.n.mean() for each in tables])
        within = sum((w**2 * each.good * (1 - each.good) / (each.n - 1)).sum() for each in tables)
        left = 1 - within / one.automatic.se**2 * (1 - 1 / times)
        return chance(automatic, (shrunk(one.automatic, left), one.automatic_cost), level)
    prompts, votes, raters = variances(both)
    raters = 0.0 if one.human.raters < FEWEST_RATERS else raters
    there = max(each.votes if need == "votes" else each.raters for each in both)
    times = 1 + amount / there
    left = prompts + votes / times + (raters if need == "votes" else raters / times)
    left /= prompts + votes + raters
    return chance(said, (shrunk(one.human, left, times), shrunk(one.human_cost, left, times)), level)


def variances(both: tuple[Side, Side]) -> tuple[float, float, float]:
    """Parts of the squared error of the difference: of prompts, of votes, of raters."""
    champion, challenger = (each.human.influences for each in both)
    found = pd.concat([challenger, champion.assign(by=-champion.by)])
    voted = found[found.rater.notna()]
    alone = sum((one[one.rater.notna()].groupby(["prompt", "rater"])["by"].sum() ** 2).sum()
                for one in (champion, challenger))  # fmt: skip
    of_all, of_votes = ((table.groupby("prompt")["by"].sum() ** 2).sum() for table in (found, voted))
    of_raters = (voted.groupby("rater")["by"].sum() ** 2).sum() - alone
    return max(of_all - of_votes, 0.0), of_votes, max(of_raters, 0.0)


def usd_of_one(
    need: str, both: tuple[Side, Side], hour: float, an_hour: float = 60.0, weigh: Weigh = equally
) -> float | None:
    """What one more costs; None: a price is not known."""
    if need == "votes":
        return hour / an_hour
    if need == "raters":
        return hour / an_hour * max(each.votes for each in both) / max(each.raters for each in both)
    common = weights(both, weigh).index
    usd = 0.0
    for each in both:
        table = each.by_prompt
        of_one = (table.usd * table.n).sum(skipna=False) / table.n.sum()
        usd += of_one * (table.n.loc[common].mean() if need == "prompts" else len(common))
    return None if math.isnan(usd) else usd


def equals_show(one: Estimated, prompts: int, level: float) -> bool:
    """Whether with so many prompts equals are told to be no worse with a chance of .8."""
    then = grown(one, prompts / one.prompts)
    return then.reach(level) + stats.norm.ppf(POWER) * then.se < one.margin


def readings(
    there: Mapping[str, Side], known: Mapping[str, Compared], level: Mapping[str, float], margin: float
) -> set[tuple[str, str]]:
    """Candidate and reading."""
    found = set()
    for name, one in there.items():
        times = one.latency.dropna()
        if len(times) and times.quantile(0.95) >= 4 * times.quantile(0.5):
            found.add((name, "unsteady latency"))
    for name, one in known.items():
        quality, cost = one.quality(level[name]), one.cost(level[name])
        if quality is None or cost is None:
            continue
        q, c = quality.holds(level[name]), cost.holds(level[name])
        saved = 1 - math.exp(-cost.value)
        if q["better"] and c["worse"]:
            found.add((name, "strong and dear"))
        is_decent = there[name].shown_share >= 0.5 and -3 * margin <= quality.value < 0
        if c["better"] and saved >= 0.3 and is_decent and one.decision(level[name]) != "switch":
            found.add((name, "decent and cheap"))
    if max(one.shown_share for one in there.values()) < 0.5:
        found |= {(name, "weak everywhere") for name in there}
    return found
