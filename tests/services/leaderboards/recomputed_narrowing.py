"""What a judge's preferences do to a board, anew from exported votes and preferences, as ``docs/numbers.md`` says."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from tests.services.leaderboards.recomputed_board import (
    BOTH,
    WIN,
    Fitted,
    Nothing,
    Rows,
    fitted,
    places,
    rows_of,
    shown,
    with_errors,
)


@dataclass
class Narrowing(Nothing):
    """What a judge's preferences do. A stratum: two candidates in the same two runs on prompts of one category."""

    votes: pd.DataFrame
    """With the columns stratum, towards (1: left is the stratum's first, −1), f (for the first, less ½; nan: none)."""
    others: pd.DataFrame
    """Pairs without votes: cluster, stratum, f."""
    weight: np.ndarray
    slope: "pd.Series[float]"
    """By stratum."""
    correlation: float | None
    labelled: int
    rows: Rows

    def shift(self) -> np.ndarray:
        """Of every vote's win: its part of slope · weight of the preferences · (mean of others − of voted)."""
        gap = self.whole
        part = self.weight / pd.Series(self.weight).groupby(self.votes.stratum).transform("sum")
        return (self.votes.towards * part * self.votes.stratum.map(gap).fillna(0.0)).to_numpy()

    def gaps(self, without: np.ndarray, prompt: object) -> "pd.Series[float]":
        """Of each stratum slope · weight · (mean of the others − of the voted), without some votes and one cluster."""
        kept = ~without & self.votes.f.notna().to_numpy()
        voted = pd.DataFrame({"w": self.weight, "wf": self.weight * self.votes.f})[kept]
        voted = voted.groupby(self.votes.stratum[kept]).sum().reindex(self.slope.index).fillna(0.0)
        others = self.others[self.others.cluster != prompt].groupby("stratum")["f"].mean().reindex(self.slope.index)
        gap = (self.slope * (voted.w * others - voted.wf)).fillna(0.0)
        return gap.where(voted.w > 0, 0.0)

    @cached_property
    def covariates(self) -> np.ndarray:
        """[strata, parameters] what the votes of each stratum have on average, towards its first candidate."""
        weighted = pd.DataFrame(self.rows.x * (self.weight * self.votes.towards.to_numpy())[:, None])
        total = pd.Series(self.weight).groupby(self.votes.stratum).sum().reindex(self.slope.index)
        means = weighted.groupby(self.votes.stratum).sum().reindex(self.slope.index).div(total, axis=0)
        return means.to_numpy()

    @cached_property
    def clusters(self) -> frozenset[object]:
        """On which there are preferences on pairs without votes."""
        return frozenset(self.others.cluster)

    @cached_property
    def whole(self) -> "pd.Series[float]":
        """The gaps with all votes and pairs."""
        return self.gaps(np.zeros(len(self.votes), dtype=bool), None)

    def score(self, rows: Rows, without: np.ndarray, prompt: object = None) -> np.ndarray:
        """What the gradient loses with a cluster, of the rectification."""
        return -(self.gaps(without, prompt) - self.whole).to_numpy() @ self.covariates

    def foretold(self, rows: Rows) -> np.ndarray:
        """Of each vote what its preference foretells."""
        ahead = self.ahead().fillna(0.0).to_numpy()
        return self.votes.stratum.map(self.slope).fillna(0.0).to_numpy() * ahead

    def ahead(self) -> "pd.Series[float]":
        """Each vote's preference for its left, less what the stratum's pairs have on average, voted or not."""
        return ahead(self.votes, self.others, self.weight)


def ahead(votes: pd.DataFrame, others: pd.DataFrame, weight: np.ndarray) -> "pd.Series[float]":
    known = votes.assign(weight=weight)[votes.f.notna()]
    mean = {}
    for stratum, mine in known.groupby("stratum"):
        other, n = others[others.stratum == stratum], mine.prompt_id.nunique()
        voted = np.average(mine.f, weights=mine.weight)
        mean[stratum] = (n * voted + other.f.sum()) / (n + len(other))
    return votes.towards * (votes.f - votes.stratum.map(mean))


def narrowed(
    votes: pd.DataFrame, pairs: pd.DataFrame, prompts: list[str], *, peek: bool
) -> tuple[pd.DataFrame, dict[str, object]]:
    """The board that a judge narrows, and what the judge did.

    ``pairs``: what it prefers, one a pair: prompt_id, category, first, second (candidates), runs, f (1, 0, ½ for the
    first).
    """
    votes = votes.assign(said=votes.winner.map(WIN), cluster=places(votes.prompt_id, prompts)).reset_index(drop=True)
    pairs = pairs.assign(cluster=places(pairs.prompt_id, prompts))
    rows = rows_of(votes)
    alone = fitted(rows)
    with_errors(rows, alone, votes, Nothing())
    judge = narrowing(votes, pairs, rows, alone)
    found = fitted(rows, judge.shift())
    with_errors(rows, found, votes, judge)
    widths = [shown(rows, each, peek=peek).se.sum() for each in (alone, found)]
    gain = (widths[0] / widths[1]) ** 2
    told = {"correlation": judge.correlation, "gain": gain, "labelled": judge.labelled, "unlabelled": len(judge.others)}
    return shown(rows, found, peek=peek), told


def narrowing(votes: pd.DataFrame, pairs: pd.DataFrame, rows: Rows, alone: Fitted) -> Narrowing:
    """The slope: least squares of the votes' residuals on the preferences, shrunk by 1 − 1/t², times N/(N + n)."""
    ends = np.sort(votes[BOTH].to_numpy(), axis=1)
    votes = votes.assign(first=ends[:, 0], second=ends[:, 1])
    votes["towards"] = np.where(votes.left == votes["first"], 1.0, -1.0)
    key = ["prompt_id", "first", "second"]
    votes = votes.merge(pairs[[*key, "runs", "f"]], on=key, how="left")
    votes["f"] -= 0.5
    stratum = ["first", "second", "runs", "category"]
    votes["stratum"] = list(votes[stratum].itertuples(index=False, name=None))
    rated = pd.MultiIndex.from_frame(votes[key])
    others = pairs[~pd.MultiIndex.from_frame(pairs[key]).isin(rated)]
    others = others.assign(f=others.f - 0.5, stratum=list(others[stratum].itertuples(index=False, name=None)))
    known = votes[votes.f.notna()]
    others = others[others.stratum.isin(known.stratum)]
    labelled = known.groupby("stratum")["prompt_id"].nunique()
    unlabelled = others.groupby("stratum").size().reindex(labelled.index).fillna(0)
    use = (votes.f.notna() & votes.stratum.isin(unlabelled[unlabelled > 0].index)).to_numpy()
    residual, told = (votes.said - alone.p)[use], ahead(votes, others, rows.weight)[use]
    squared = rows.weight[use] ** 2
    cross, of_judge, of_votes = ((squared * a * b).sum() for a, b in ((residual, told), (told, told), (residual,) * 2))
    correlation = cross / math.sqrt(of_judge * of_votes)
    degrees = labelled[unlabelled > 0].sum() - len(rows.names)
    t_squared = degrees * correlation**2 / (1 - correlation**2)
    beta = max(0.0, 1 - 1 / t_squared) * cross / of_judge if correlation > 0 else 0.0
    slope = beta * unlabelled / (unlabelled + labelled)
    return Narrowing(votes, others, rows.weight, slope, correlation, int(labelled.sum()), rows)
