"""The share that experts would send, and its cost, anew from votes and verdicts by the published formulas in numpy.

Prediction-powered inference (PPI++, arXiv 2311.01453) with one signal, the automatic verdict, or two, with what judges
gave. Errors are clustered by prompt and rater, each by what leaving it out would change (CR3), with Bell & McCaffrey's
degrees of freedom from the matrix of the quadratic form itself. ``docs/numbers.md`` says every step.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np
import pandas as pd
from scipy import stats

FOLDS, FEWEST_RATERS, FEWEST_BESIDE, HEAVIEST = 5, 6, 30, 0.9
Interval = dict[str, float | None]
Share = Callable[[np.ndarray, np.ndarray], Interval]


@dataclass(frozen=True)
class Human:
    """What votes tell of one candidate's answers."""

    share: Interval
    correlation: float | None
    gain: float | None
    by_weights: float | None
    influences: pd.DataFrame
    """Of the share: prompt, rater (None: nobody), by, w (the part of the votes)."""


def human(answers: pd.DataFrame, votes: pd.DataFrame, share: Share) -> Human:
    """``answers``: prompt (its place in the dataset), one column a signal (0 … 1, nan), hidden; all of one candidate.

    ``votes``: answer (a place among the answers), rater, opponent, said (0 or 1), weight (less where too fast),
    probability, on what is not hidden. ``share``: of hits and n by prompt, with its interval.
    """
    names = [name for name in answers if name not in ("prompt", "hidden")]
    shown = answers[~answers.hidden]
    signals = shown[names].sub(shown[names].mean()).fillna(0.0)
    votes = votes.assign(prompt=answers.prompt.loc[votes.answer].to_numpy()).reset_index(drop=True)
    for name in names:
        votes[name] = signals[name].loc[votes.answer].to_numpy()
    votes = votes.assign(own=votes.weight, **weights(votes))
    lam = lambdas(shown.prompt, signals, votes)
    mean, influences = corrected(shown, signals, votes, lam)
    error, degrees = clustered(influences)
    part = len(shown) / len(answers)
    of_part = pd.DataFrame(
        {"prompt": answers.prompt, "rater": None, "w": 0.0, "by": (~answers.hidden - part) / len(answers)}
    )
    scaled = influences.assign(by=influences.by * part, w=influences.w * part)
    whole = pd.concat([scaled, of_part.assign(by=of_part.by * mean)])
    bounds = around(mean, (votes.weight * votes.said).sum(), error, degrees, votes.prompt.nunique())
    if answers.hidden.any():
        errors = clustered(whole)[0], error * part, clustered(of_part)[0] * mean
        bounds = of_all(answers, mean, part, bounds, errors, share)
    alone = corrected(shown, signals, votes, 0 * lam)[1]
    return Human(
        {"value": mean * part, "lower": bounds[0], "upper": bounds[1]},
        correlation(signals, votes, lam),
        gain(influences, alone),
        part * np.average(votes.said, weights=votes.own / votes.probability),
        whole,
    )


def corrected(
    shown: pd.DataFrame, signals: pd.DataFrame, votes: pd.DataFrame, lam: pd.DataFrame
) -> tuple[float, pd.DataFrame]:
    """Mean of λ·f over all that is shown + mean of y − λ·f over the votes, with what everything adds to its error."""
    moved = (lam * signals).sum(axis=1)
    left = votes.said - moved.loc[votes.answer].to_numpy()
    value = min(max(moved.mean() + (votes.weight * left).sum(), 0.0), 1.0)
    told = pd.DataFrame({"prompt": shown.prompt, "rater": None, "by": (moved - moved.mean()) / len(shown), "w": 0.0})
    by = votes.weight * (left - of_pool(left, votes))
    said = pd.DataFrame({"prompt": votes.prompt, "rater": votes.rater, "by": by, "w": votes.weight})
    return value, pd.concat([told, said])


def around(mean: float, voted: float, error: float, degrees: float, prompts: int) -> tuple[float, float]:
    """Wilson's interval with the effective number of votes."""
    effective = voted * (1 - voted) / error**2 if error and 0 < voted < 1 else prompts
    t = stats.t.ppf(0.975, degrees)
    middle = mean + t**2 / (2 * effective)
    width = t * math.sqrt(mean * (1 - mean) / effective + t**2 / (4 * effective**2))
    lower, upper = ((middle + sign * width) / (1 + t**2 / effective) for sign in (-1, 1))
    return min(max(lower, 0.0), mean), max(min(upper, 1.0), mean)


def of_all(
    answers: pd.DataFrame,
    mean: float,
    part: float,
    bounds: tuple[float, float],
    errors: tuple[float, float, float],
    share: Share,
) -> tuple[float, float]:
    """The interval of mean × part, put together of theirs with the correlation that their errors tell."""
    by_prompt = (~answers.hidden).groupby(answers.prompt).agg(["sum", "count"])
    seen = share(by_prompt["sum"].to_numpy(float), by_prompt["count"].to_numpy(float))
    together = correlated(*errors)
    down = reach((mean - bounds[0]) * part, (part - seen["lower"]) * mean, together)
    up = reach((bounds[1] - mean) * part, (seen["upper"] - part) * mean, together)
    return max(0.0, mean * part - down), min(1.0, mean * part + up)


def reach(one: float, other: float, together: float) -> float:
    """To one side of a sum, of its parts' (MOVER)."""
    return math.sqrt(max(one**2 + other**2 + 2 * together * one * other, 0.0))


def correlated(whole: float, one: float, other: float) -> float:
    """The correlation of two parts by their errors and that of their sum."""
    if not one or not other:
        return 0.0
    return min(max((whole**2 - one**2 - other**2) / (2 * one * other), -1.0), 1.0)


def human_cost(found: Human, paid: "pd.Series[float]", answers: "pd.Series[int]", reaches: Callable) -> Interval:
    """Paid ÷ (all answers × the share). ``paid``, ``answers``: by prompt, with the same index.

    ``reaches``: how far the interval of log(Σ paid / Σ answers) goes down and up, clustered by prompt.
    """
    nothing = {"value": None, "lower": None, "upper": None}
    share = found.share
    if paid.isna().any() or not share["value"]:
        return nothing
    value = paid.sum() / answers.sum() / share["value"]
    each = paid / paid.sum() - answers / answers.sum()
    of_cost = pd.DataFrame({"prompt": each.index, "rater": None, "by": each.to_numpy(), "w": 0.0})
    of_share = found.influences.assign(by=-found.influences.by / share["value"])
    errors = [clustered(table)[0] for table in (pd.concat([of_cost, of_share]), of_cost, of_share)]
    together = correlated(*errors)
    down, up = reaches(paid.to_numpy(), answers.to_numpy())
    down = reach(down, math.log(share["upper"] / share["value"]), together)
    up = reach(up, math.log(share["value"] / share["lower"]), together) if share["lower"] else math.inf
    return {"value": value, "lower": value * math.exp(-down), "upper": value * math.exp(up) if up < math.inf else None}


def weights(votes: pd.DataFrame) -> dict[str, "pd.Series[float]"]:
    """Every opponent counts alike, those with fewer than 30 rated answers together with the next larger ones.

    An answer counts once beside an opponent, as much as its weightiest vote; its raters share that by their weights.
    """
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
    beside = votes.groupby(["answer", "opponent"])["weight"]
    once = votes.weight / beside.transform("sum") * beside.transform("max")
    size = votes.opponent.map(lambda opponent: len(pools[opponent])) / len(rated)
    return {"pool": pool, "weight": size * once / once.groupby(pool).transform("sum")}


def of_pool(values: "pd.Series[float]", votes: pd.DataFrame) -> "pd.Series[float]":
    """The weighted mean of each vote's pool."""
    weight = votes.weight.groupby(votes.pool).transform("sum")
    return (values * votes.weight).groupby(votes.pool).transform("sum") / weight


def lambdas(prompt: "pd.Series[int]", signals: pd.DataFrame, votes: pd.DataFrame) -> pd.DataFrame:
    """Of each answer, from the votes on the prompts of the other folds; prompts are dealt out in their order."""
    fold = pd.Series(np.arange(prompt.nunique()) % FOLDS, index=np.sort(prompt.unique()))
    lam = pd.DataFrame(0.0, index=signals.index, columns=signals.columns)
    if (signals.max() == signals.min()).all():
        return lam
    for each in range(FOLDS):
        inside = prompt.map(fold) != each
        found = slopes(prompt[inside], signals[inside], votes[votes.prompt.map(fold) != each])
        lam.loc[~inside] = np.tile(found, ((~inside).sum(), 1))
    return lam


def slopes(prompt: "pd.Series[int]", signals: pd.DataFrame, votes: pd.DataFrame) -> np.ndarray:
    """Least squares by prompt, not below 0, shrunk as James & Stein do, each at most the ratio of the spreads."""
    weight = votes.weight / votes.weight.sum()
    names = list(signals)

    def around_pool(name: str) -> "pd.Series[float]":
        return (weight * (votes[name] - of_pool(votes[name], votes))).groupby(votes.prompt).sum()

    every = (signals - signals.mean()).groupby(prompt).sum() / len(signals)
    said, of_votes = around_pool("said"), pd.DataFrame({name: around_pool(name) for name in names})
    said, of_votes = (found.reindex(every.index).fillna(0.0) for found in (said, of_votes))
    told = every - of_votes
    told = told.where(told.abs() > 1e-9 * every.abs().to_numpy().max(), 0.0)  # all are rated and weigh alike
    best = nonnegative(told.to_numpy(), -said.to_numpy())
    before, after = (said**2).sum(), ((said + told @ best) ** 2).sum()
    clusters, used = votes.prompt.nunique(), len(names)
    beyond = before > after and clusters > used
    kept = max(0.0, 1 - used * after / (clusters - used) / (before - after)) if beyond else 0.0

    def spread(name: str) -> float:
        return math.sqrt(max((weight * votes[name] ** 2).sum() - (weight * votes[name]).sum() ** 2, 0.0))

    most = [spread("said") / spread(name) if spread(name) > 1e-9 else 0.0 for name in names]
    return np.minimum(best * kept, most)


def nonnegative(columns: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The least squares among slopes that are not below 0: of all sets of columns, the best that has none below."""
    sets = chain.from_iterable(combinations(range(columns.shape[1]), size) for size in range(columns.shape[1] + 1))
    fits = [fitted(columns, target, chosen) for chosen in sets]
    return min((fit for fit in fits if (fit >= 0).all()), key=lambda fit: ((target - columns @ fit) ** 2).sum())


def fitted(columns: np.ndarray, target: np.ndarray, chosen: Sequence[int]) -> np.ndarray:
    fit = np.zeros(columns.shape[1])
    if chosen:
        fit[list(chosen)] = np.linalg.lstsq(columns[:, chosen], target)[0]
    return fit


def correlation(signals: pd.DataFrame, votes: pd.DataFrame, lam: pd.DataFrame) -> float | None:
    """Of Σ λ·f with what was said, each rated answer once; of the first signal that varies where no λ is used."""
    by_answer = (votes.weight * votes.said).groupby(votes.answer).sum() / votes.weight.groupby(votes.answer).sum()
    rated = signals.loc[by_answer.index]
    for told in [rated @ lam.mean(), *(rated[name] for name in rated)]:
        if told.nunique() > 1 and by_answer.nunique() > 1:
            return float(np.corrcoef(told, by_answer)[0, 1])
    return None


def gain(influences: pd.DataFrame, alone: pd.DataFrame) -> float | None:
    """The variance of the votes alone ÷ that with signals; what raters' own ways add is the same in both."""
    whole = clustered(alone)[0] ** 2
    of_raters = whole - jackknife(alone, "prompt")[0]
    return whole / (jackknife(influences, "prompt")[0] + of_raters) if whole else None


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
    """Variance and degrees of freedom by what leaving out each cluster would change."""
    sums = found.groupby(by)[["by", "w"]].sum()
    part = sums.w / sums.w.sum() if sums.w.sum() > 0 else pd.Series(1 / len(sums), index=sums.index)
    part = part.clip(upper=HEAVIEST).to_numpy()
    moved = sums.by.to_numpy() / (1 - part)
    variance = max(1 - (part**2).sum(), 1 - HEAVIEST) * (moved**2).sum()
    rows = (part / (1 - part))[:, None] * (np.eye(len(part)) - part)
    form = rows @ rows.T
    return variance, max(1.0, np.trace(form) ** 2 / (form**2).sum())
