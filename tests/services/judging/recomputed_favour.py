"""How far a judge favours its own family, anew from exported preferences, grades and votes, in plain pandas.

Nothing of the project computes here.
"""

from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy import stats

from tests.services.quality.recomputed_human import FEWEST_RATERS, clustered

WON = {"left": 1.0, "right": 0.0, "tie": 0.5, "both_bad": 0.5}
PAIR = ["prompt_id", "own", "other"]


def seen_from_own(said: pd.DataFrame, own: Collection[str]) -> pd.DataFrame:
    """Of votes on ``left`` and ``right`` those with the family on one side alone: own, other, won (1 the own side)."""
    of_left = said.left.isin(own)
    said = said[of_left != said.right.isin(own)]
    of_left, won = said.left.isin(own), said.winner.map(WON)
    return said.assign(
        own=np.where(of_left, said.left, said.right),
        other=np.where(of_left, said.right, said.left),
        won=np.where(of_left, won, 1 - won),
    )


def of_pairs(preferences: pd.DataFrame, own: Collection[str]) -> "pd.Series[float]":
    """By pair, what a judge of pairs prefers on average."""
    return seen_from_own(preferences[preferences.winner.notna()], own).groupby(PAIR)["won"].mean()


def of_grades(scores: pd.DataFrame, own: Collection[str]) -> "pd.Series[float]":
    """By pair, 1 where the own side's mean grade is higher, 0 where it is lower, ½ where both are equal."""
    means = scores[scores.value.notna()].groupby(["prompt_id", "candidate"], as_index=False)["value"].mean()
    both = means.merge(means, on="prompt_id", suffixes=("", "_other"))
    both = both[both.candidate.isin(own) & ~both.candidate_other.isin(own)]
    both = both.rename(columns={"candidate": "own", "candidate_other": "other"})
    return (0.5 + np.sign(both.value - both.value_other) / 2).groupby([both[name] for name in PAIR]).mean()


def favour(judged: "pd.Series[float]", votes: pd.DataFrame, own: Collection[str]) -> dict[str, object]:
    """The judge's less the votes', averaged over the votes of a pair and then over pairs, with its 95 % interval."""
    said = seen_from_own(votes, own).merge(judged.rename("judged").reset_index(), on=PAIR)
    difference, n = said.judged - said.won, said.groupby(PAIR)["won"].transform("size")
    pairs = said.groupby(PAIR).ngroups
    value = (difference / n).sum() / pairs
    by = (difference - value) / n / pairs
    told = pd.DataFrame({"prompt": said.prompt_id, "rater": said.rater, "by": by, "w": 1 / len(said)})
    error, degrees = clustered(told)
    half = stats.t.ppf(0.975, degrees) * error
    return {
        "pairs": pairs,
        "prompts": said.prompt_id.nunique(),
        "value": value,
        "lower": max(value - half, -1.0),
        "upper": min(value + half, 1.0),
        "raters": said.rater.nunique(),
        "holds_for_these_raters_only": said.rater.nunique() < FEWEST_RATERS,
    }
