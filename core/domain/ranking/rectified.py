"""Votes narrowed by a judge: cell-rectified prediction-powered inference (PPI++) on counts (DESIGN 5.4).

Where a judge compared pairs that raters voted on and many more of the same kind, the chance that made the voted ones
differ from the others is seen in the judge's preferences, and taken out of the votes:
ȳ' = ȳ + λ (f̄ of pairs without votes − f̄ of pairs with votes), λ = β · N/(N + n). Whatever the judge prefers, the
correction is 0 on average, so it cannot bias a rating (Angelopoulos, Duchi & Zrnic, arXiv 2311.01453).
"""

from dataclasses import dataclass, replace

import numpy as np

from core.domain.ranking.counts import WIN_OF_OUTCOME, Cells, Clusters, Codes, Floats, add_up
from core.domain.ranking.fit import NO_TERMS, Design, Fit, vote_meat

PREFERENCES: Floats = np.array([1.0, 0.0, 0.5])
"""A judge's preference for the left response, by its code: left, right, neither."""
FEWEST_DEGREES = 10
_NOTHING = 1e-12


@dataclass(frozen=True)
class JudgedClusters:
    """What a judge prefers on the votes of some Clusters, entry by entry, and on pairs without votes."""

    known: Floats
    """[e] sums of vote weights, of votes on pairs that the judge has a preference on."""
    preferred: Floats
    """[e] sums of weight · preference for the left response."""
    cluster: Codes
    """[u] of pairs without votes; empty where these belong to no cluster (no rater saw them)."""
    stratum: Codes
    """[u]."""
    pairs: Floats
    """[u] how many."""
    preferred_first: Floats
    """[u] sums of the preference for the stratum's first candidate."""


@dataclass(frozen=True)
class Judged:
    """What a judge prefers on the pairs of responses behind some Cells, and on others of the same strata.

    A stratum is two candidates on prompts of one kind: within it, which pairs have votes is a matter of chance.
    ``weight``, ``weight_squared``: [m, 4, 3] sums by Outcome and by the judge's preference (left, right, neither);
    votes on pairs without a preference are in the cells alone.
    """

    stratum: Codes
    """[m] of each cell, 0 … s−1."""
    weight: Floats
    weight_squared: Floats
    first: Codes
    """[s] the stratum's first candidate."""
    second: Codes
    labelled: Floats
    """[s] pairs of responses with votes and a preference."""
    clusters: tuple[JudgedClusters, ...]
    """Of each way of clustering; the last, by prompt, holds every pair without votes."""

    @property
    def strata(self) -> int:
        """s."""
        return len(self.first)


@dataclass(frozen=True)
class Rectification:
    """How a judge's preferences move the wins of some Cells, and what each cluster has to do with it.

    Arrays [s] are by stratum. Means are of the preference for its first candidate, less ½.
    """

    judged: Judged
    correlation: float | None
    """Of vote and preference, each less what its pair of candidates has on average; None where they are too few."""
    slope: Floats
    """β · N/(N + n): how far one vote's preference moves its residual."""
    known: Floats
    """Weight of the votes with a preference."""
    voted: Floats
    """Mean of the voted pairs, by vote weight."""
    other: Floats
    """Mean of the pairs without votes; that of the voted ones where there are none."""
    unlabelled: Floats
    """Pairs without votes in strata that have voted ones."""
    terms: Floats
    """[q, s] the mean covariates of its votes, towards its first candidate."""

    @property
    def mean(self) -> Floats:
        """[s] of both kinds of pairs together."""
        n = self.judged.labelled
        both = np.maximum(n + self.unlabelled, 1.0)
        return np.asarray((n * self.voted + self.unlabelled * self.other) / both)

    def cells(self, cells: Cells) -> Cells:
        """The cells with wins ȳ' in place of ȳ."""
        total = add_up(self.judged.stratum, cells.total, self.judged.strata)
        shift = self.slope * self.known * (self.other - self.voted) / np.maximum(total, _NOTHING)
        return replace(cells, shift=towards_first(cells, self.judged) * cells.total * shift[self.judged.stratum])

    def scores(self, cells: Cells, which: int, clusters: Clusters) -> Floats:
        """[G, k+q] what the gradient loses when one cluster goes, of the rectification alone.

        Exact: the means of a stratum are taken anew without the cluster.
        """
        group, stratum, change = self._changes(cells, which, clusters)
        k, q = cells.candidates, len(self.terms)
        patterns = self.terms if q else NO_TERMS
        own = Design(k, self.judged.first, self.judged.second, np.arange(self.judged.strata), patterns, np.zeros(k + q))
        return own.rows(stratum).scores(-change, group, clusters.size)

    def _changes(self, cells: Cells, which: int, clusters: Clusters) -> tuple[Codes, Codes, Floats]:
        """Cluster, stratum and change of slope · known · gap, for the clusters that have any part in it."""
        judged, s = self.judged, self.judged.strata
        own = judged.clusters[which]
        sign = towards_first(cells, judged)[clusters.cell]
        voted = clusters.cluster * s + judged.stratum[clusters.cell]
        keys, spot = np.unique(np.concatenate((voted, own.cluster * s + own.stratum)), return_inverse=True)
        e, size = len(voted), len(keys)
        known = add_up(spot[:e], own.known, size)
        preferred = add_up(spot[:e], sign * (own.preferred - own.known / 2), size)
        pairs = add_up(spot[e:], own.pairs, size)
        others = add_up(spot[e:], own.preferred_first - own.pairs / 2, size)
        stratum = keys % s
        left, left_pairs = self.known[stratum] - known, self.unlabelled[stratum] - pairs
        voted_sum = (self.known * self.voted)[stratum] - preferred
        other_sum = (self.unlabelled * self.other)[stratum] - others
        still = (left > _NOTHING * np.maximum(self.known[stratum], 1.0)) & (left_pairs > 0.5)
        after = np.where(still, left * other_sum / np.where(still, left_pairs, 1.0) - voted_sum, 0.0)
        change = self.slope[stratum] * (after - (self.known * (self.other - self.voted))[stratum])
        return keys // s, stratum, change

    def meat(self, cells: Cells, probability: Floats) -> Floats:
        """[m] as ``vote_meat``, of votes less what their preference foretells."""
        judged = self.judged
        slope = self.slope[judged.stratum]
        residual = WIN_OF_OUTCOME - probability[:, None]
        ahead = _ahead(cells, judged, self.mean)
        cross = np.einsum("mof,mo,mf->m", judged.weight_squared, residual, ahead)
        own = np.einsum("mof,mf->m", judged.weight_squared, ahead**2)
        return np.asarray(vote_meat(cells, probability) - 2.0 * slope * cross + slope**2 * own)


def towards_first(cells: Cells, judged: Judged) -> Floats:
    """[m] 1 where a cell's left candidate is the first of its stratum, −1 where it is the second."""
    return np.where(cells.left == judged.first[judged.stratum], 1.0, -1.0)


def rectification(cells: Cells, judged: Judged, fit: Fit) -> Rectification:
    """What ``judged`` does to the wins of ``cells``; ``fit``: of the cells as they are, by the design that will be.

    β is the least-squares slope of a vote's residual on its preference less the stratum's mean, where there are pairs
    without votes; it is shrunk by 1 − 1/t² (0 where t² < 1), so that a judge that foretells nothing changes nothing.
    """
    s, sign = judged.strata, towards_first(cells, judged)
    by_preference = judged.weight.sum(axis=1)
    known = add_up(judged.stratum, by_preference.sum(axis=1), s)
    voted = add_up(judged.stratum, sign * (by_preference @ (PREFERENCES - 0.5)), s) / np.maximum(known, _NOTHING)
    others = judged.clusters[-1]
    unlabelled = np.where(known > 0, add_up(others.stratum, others.pairs, s), 0.0)
    other = add_up(others.stratum, others.preferred_first - others.pairs / 2, s) / np.maximum(unlabelled, 1.0)
    other = np.where(unlabelled > 0, other, voted)
    found = Rectification(
        judged, 0.0, np.zeros(s), known, voted, other, unlabelled, _mean_terms(cells, judged, fit.design)
    )
    correlation, beta = _least_squares(cells, found, fit)
    share = unlabelled / np.maximum(judged.labelled + unlabelled, 1.0)
    return replace(found, correlation=correlation, slope=beta * share)


def _ahead(cells: Cells, judged: Judged, mean: Floats) -> Floats:
    """[m, 3] each preference for the left, less what its stratum has on average (``mean`` [s], towards the first)."""
    of_left = towards_first(cells, judged) * mean[judged.stratum]
    return np.asarray(PREFERENCES - 0.5 - of_left[:, None])


def _least_squares(cells: Cells, found: Rectification, fit: Fit) -> tuple[float | None, float]:
    """The correlation and the shrunk slope β, over strata that have pairs of both kinds."""
    judged = found.judged
    both = (found.unlabelled > 0) & (found.known > 0)
    use = both[judged.stratum]
    squared, ahead = judged.weight_squared[use], _ahead(cells, judged, found.mean)[use]
    residual = WIN_OF_OUTCOME - fit.probability[use, None]
    cross = float(np.einsum("mof,mo,mf->", squared, residual, ahead))
    of_judge = float(np.einsum("mof,mf->", squared, ahead**2))
    of_votes = float(np.einsum("mof,mo->", squared, residual**2))
    degrees = float(judged.labelled[both].sum()) - cells.candidates
    if min(of_judge, of_votes) <= _NOTHING or degrees < FEWEST_DEGREES:
        return None, 0.0
    correlation = float(np.clip(cross / np.sqrt(of_judge * of_votes), -1.0, 1.0))
    if correlation <= 0:
        return correlation, 0.0
    t_squared = degrees * correlation**2 / max(1.0 - correlation**2, _NOTHING)
    return correlation, max(0.0, 1.0 - 1.0 / t_squared) * cross / of_judge


def _mean_terms(cells: Cells, judged: Judged, design: Design) -> Floats:
    """[q, s] side and length as the votes of a stratum have them on average, towards its first candidate."""
    s, sign = judged.strata, towards_first(cells, judged)
    total = np.maximum(add_up(judged.stratum, cells.total, s), _NOTHING)
    rows = [add_up(judged.stratum, sign * cells.total * term[design.pattern], s) / total for term in design.patterns]
    return np.array(rows).reshape(len(rows), s) if rows else NO_TERMS


@dataclass(frozen=True)
class Narrowed:
    """What a judge's preferences did for a board, as measured on it."""

    rectification: Rectification
    gain: float
    """How many times the votes the board is worth: by how much its intervals are narrower on average, squared."""

    @property
    def correlation(self) -> float | None:
        """Of votes and the judge's preferences within pairs of candidates; None where there are too few."""
        return self.rectification.correlation

    @property
    def labelled(self) -> int:
        """Pairs of responses with votes that the judge has a preference on."""
        return round(float(self.rectification.judged.labelled.sum()))

    @property
    def unlabelled(self) -> int:
        """Pairs without votes beside them."""
        return round(float(self.rectification.unlabelled.sum()))


def gain_of(alone: Floats, narrowed: Floats) -> float:
    """How many times the votes: the squared ratio of the mean standard errors, of variances [k]."""
    widths = [float(np.sqrt(np.maximum(variance, 0.0)).sum()) for variance in (alone, narrowed)]
    return (widths[0] / widths[1]) ** 2 if min(widths) > _NOTHING else 1.0
