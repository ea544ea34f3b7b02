"""The share that experts would send anew from votes and verdicts, by the published formulas, in plain numpy.

Prediction-powered inference with one signal (PPI++, arXiv 2311.01453): the automatic verdict. Errors are clustered by
prompt and rater, each by what leaving it out would change (CR3), with Bell & McCaffrey's degrees of freedom from the
matrix of the quadratic form itself.
"""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats

FOLDS, FEWEST_RATERS, FEWEST_BESIDE, HEAVIEST = 5, 6, 30, 0.9
Interval = dict[str, float | None]


def human(answers: pd.DataFrame, votes: pd.DataFrame, share: Callable[..., Interval]) -> Interval:
    """``answers``: prompt (its place in the dataset), signal (0, 1, nan), hidden; all of one candidate.

    ``votes``: answer (a place among the answers), rater, opponent, said (0 or 1), on what is not hidden. ``share``: of
    hits and n by prompt, with its interval.
    """
    shown = answers[~answers.hidden]
    signal = (shown.signal - shown.signal.mean()).fillna(0.0)
    votes = votes.assign(prompt=answers.prompt.loc[votes.answer].to_numpy(), signal=signal.loc[votes.answer].to_numpy())
    votes = votes.assign(**weights(votes))
    lam = lambdas(shown.prompt, signal, votes)
    of_vote = lam.loc[votes.answer].to_numpy()
    corrected = votes.said - of_vote * votes.signal
    mean = min(max((lam * signal).mean() + (votes.weight * corrected).sum(), 0.0), 1.0)
    moved = lam * signal
    influences = pd.concat(
        [
            pd.DataFrame({"prompt": shown.prompt, "rater": None, "by": (moved - moved.mean()) / len(shown), "w": 0.0}),
            pd.DataFrame(
                {
                    "prompt": votes.prompt,
                    "rater": votes.rater,
                    "by": votes.weight * (corrected - of_pool(corrected, votes)),
                    "w": votes.weight,
                }
            ),
        ]
    )
    part = len(shown) / len(answers)
    of_part = pd.DataFrame(
        {"prompt": answers.prompt, "rater": None, "w": 0.0, "by": (~answers.hidden - part) / len(answers)}
    )
    whole = pd.concat([influences.assign(by=influences.by * part), of_part.assign(by=of_part.by * mean)])
    error, degrees = clustered(influences)
    voted = (votes.weight * votes.said).sum()
    effective = voted * (1 - voted) / error**2 if error and 0 < voted < 1 else votes.prompt.nunique()
    t = stats.t.ppf(0.975, degrees)
    middle, width = (
        mean + t**2 / (2 * effective),
        t * math.sqrt(mean * (1 - mean) / effective + t**2 / (4 * effective**2)),
    )
    lower, upper = ((middle + sign * width) / (1 + t**2 / effective) for sign in (-1, 1))
    lower, upper = min(max(lower, 0.0), mean), max(min(upper, 1.0), mean)
    if not answers.hidden.any():
        return {"value": mean, "lower": lower, "upper": upper}
    by_prompt = (~answers.hidden).groupby(answers.prompt).agg(["sum", "count"])
    seen = share(by_prompt["sum"].to_numpy(float), by_prompt["count"].to_numpy(float))
    one, other = error * part, clustered(of_part)[0] * mean
    together = (clustered(whole)[0] ** 2 - one**2 - other**2) / (2 * one * other) if one and other else 0.0
    together = min(max(together, -1.0), 1.0)

    def reach(first: float, second: float) -> float:
        return math.sqrt(max(first**2 + second**2 + 2 * together * first * second, 0.0))

    down = reach((mean - lower) * part, (part - seen["lower"]) * mean)
    up = reach((upper - mean) * part, (seen["upper"] - part) * mean)
    value = mean * part
    return {"value": value, "lower": max(0.0, value - down), "upper": min(1.0, value + up)}


def weights(votes: pd.DataFrame) -> dict[str, "pd.Series[float]"]:
    """Every opponent counts alike, those with fewer than 30 rated answers together with the next larger ones."""
    rated = votes.groupby("opponent")["answer"].nunique().sort_values(kind="stable")
    pools, current = {}, []
    left = int(rated.sum())
    for opponent, n in rated.items():
        current.append(opponent)
        left -= n
        pools[opponent] = current
        if rated[current].sum() >= FEWEST_BESIDE and left >= FEWEST_BESIDE:
            current = []
    pool = votes.opponent.map(lambda opponent: min(pools[opponent]))
    once = 1 / votes.groupby(["answer", "opponent"])["said"].transform("size")
    size = votes.opponent.map(lambda opponent: len(pools[opponent])) / len(rated)
    return {"pool": pool, "weight": size * once / once.groupby(pool).transform("sum")}


def of_pool(values: "pd.Series[float]", votes: pd.DataFrame) -> "pd.Series[float]":
    """The weighted mean of each vote's pool."""
    return (values * votes.weight).groupby(votes.pool).transform("sum") / votes.weight.groupby(votes.pool).transform(
        "sum"
    )


def lambdas(prompt: "pd.Series[int]", signal: "pd.Series[float]", votes: pd.DataFrame) -> "pd.Series[float]":
    """Of each answer, from the votes on the prompts of the other folds; prompts are dealt out in their order."""
    fold = pd.Series(np.arange(prompt.nunique()) % FOLDS, index=np.sort(prompt.unique()))
    lam = pd.Series(0.0, index=signal.index)
    if signal.max() == signal.min():
        return lam
    for each in range(FOLDS):
        inside = prompt.map(fold) != each
        lam[~inside] = slope(prompt[inside], signal[inside], votes[votes.prompt.map(fold) != each])
    return lam


def slope(prompt: "pd.Series[int]", signal: "pd.Series[float]", votes: pd.DataFrame) -> float:
    """Least squares by prompt, shrunk as James & Stein do, at most the ratio of the spreads, and not below 0."""
    weight = votes.weight / votes.weight.sum()
    around = {
        name: (weight * (votes[name] - of_pool(votes[name], votes))).groupby(votes.prompt).sum()
        for name in ("said", "signal")
    }
    every = (signal - signal.mean()).groupby(prompt).sum() / len(signal)
    said, of_votes = (around[name].reindex(every.index).fillna(0.0) for name in ("said", "signal"))
    told = (every - of_votes).where(lambda left: left.abs() > 1e-9 * every.abs().max(), 0.0)
    if not told.any():  # all are rated and weigh alike
        return 0.0
    best = max(0.0, -(said * told).sum() / (told**2).sum())
    before, after, clusters = (said**2).sum(), ((said + best * told) ** 2).sum(), votes.prompt.nunique()
    kept = max(0.0, 1 - after / (clusters - 1) / (before - after)) if before > after and clusters > 1 else 0.0
    spread = {name: math.sqrt((weight * votes[name] ** 2).sum() - (weight * votes[name]).sum() ** 2) for name in around}
    return min(best * kept, spread["said"] / spread["signal"]) if spread["signal"] > 1e-9 else 0.0


def clustered(found: pd.DataFrame) -> tuple[float, float]:
    """Standard error and degrees of freedom."""
    of_prompts, prompt_degrees = jackknife(found, "prompt")
    voted = found[found.rater.notna()]
    if voted.rater.nunique() < FEWEST_RATERS:
        return math.sqrt(of_prompts), prompt_degrees
    of_raters, rater_degrees = jackknife(voted, "rater")
    of_both = (voted.groupby(["prompt", "rater"])["by"].sum() ** 2).sum()
    whole = max(of_prompts + of_raters - of_both, of_prompts, of_raters)
    degrees = whole**2 / (of_prompts**2 / prompt_degrees + of_raters**2 / rater_degrees)
    return math.sqrt(whole), max(1.0, min(degrees, prompt_degrees))


def jackknife(found: pd.DataFrame, by: str) -> tuple[float, float]:
    sums = found.groupby(by)[["by", "w"]].sum()
    part = sums.w / sums.w.sum() if sums.w.sum() > 0 else pd.Series(1 / len(sums), index=sums.index)
    part = part.clip(upper=HEAVIEST).to_numpy()
    moved = sums.by.to_numpy() / (1 - part)
    variance = max(1 - (part**2).sum(), 1 - HEAVIEST) * (moved**2).sum()
    rows = (part / (1 - part))[:, None] * (np.eye(len(part)) - part)
    form = rows @ rows.T
    return variance, max(1.0, np.trace(form) ** 2 / (form**2).sum())
