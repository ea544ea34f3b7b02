"""Ratings and their covariance from counts: the plain estimator and the whole one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from core.domain.ranking.counts import Cells, Clusters, Codes, Floats, add_up
from core.domain.ranking.fit import ELO_PER_LOGIT, NO_TERMS, TERM_PRIOR, Design, Fit, newton, vote_meat
from core.domain.ranking.graph import components, separated, strongly_connected, win_matrix
from core.domain.ranking.intervals import FEW_EFFECTIVE_RATERS, cluster_variance, effective_clusters
from core.domain.ranking.rectified import Rectification

MEAN_RATING = 1000.0
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Estimate:
    """A fit (its rows are the cells) with the covariance of its parameters.

    ``variance``: [k+q, k+q] of all parameters in squared logits, before centring; ``degrees`` of freedom for Student's
    t, None for normal.
    """

    fit: Fit
    ratings: Floats
    """[k] Elo, mean 1000 in each component."""
    covariance: Floats
    """[k, k] Elo²."""
    component: Codes
    """[k], −1 without votes."""
    variance: Floats
    degrees: float | None
    notes: tuple[str, ...]
    """What a reader of the board must know."""


@dataclass(frozen=True)
class Graph:
    """Who met whom."""

    won: Floats
    """[k, k] weighted wins."""
    component: Codes
    """[k]."""
    outside: Flags
    """[k] no finite rating by itself."""

    @property
    def single(self) -> bool:
        """Whether the votes connect all candidates."""
        return not self.component.any()

    @property
    def notes(self) -> list[str]:
        """What of the graph a reader of the board must know."""
        notes: list[str] = []
        parts, missing = int(self.component.max(initial=-1)) + 1, int((self.component < 0).sum())
        if parts > 1:
            notes.append(
                f"The votes do not connect all candidates: {parts} groups are ranked apart, each with mean 1000; "
                "ratings of different groups cannot be compared."
            )
        if missing:
            notes.append(f"{missing} of {len(self.component)} candidates have no votes yet and no rating.")
        if self.outside.any():
            notes.append(
                f"{int(self.outside.sum())} of {len(self.component)} candidates won (or lost) every comparison with "
                "the others: only the prior keeps their ratings finite, and their intervals are very wide."
            )
        return notes


def comparison_graph(cells: Cells) -> Graph:
    """Who met whom, and for whom Bradley-Terry alone has a finite rating."""
    k = cells.candidates
    won = win_matrix(k, cells.left, cells.right, cells.total, cells.wins)
    if strongly_connected(won):
        return Graph(won, np.zeros(k, dtype=np.intp), np.zeros(k, dtype=np.bool_))
    component = components(won)
    return Graph(won, component, separated(won, component))


def estimate_plain(cells: Cells, fallback_prior: float) -> Estimate:
    """Bradley-Terry with ties as half wins, and the sandwich that takes each vote for itself; nothing else.

    Where a candidate only won or only lost, plain Bradley-Terry has no finite rating for it; then
    ``fallback_prior`` (precision per squared logit) keeps it finite and a note says so.
    """
    k, graph = cells.candidates, comparison_graph(cells)
    played = graph.won + graph.won.T
    left, right = every_pair(k)
    lone = bool(graph.outside.any())
    prior = np.full(k, fallback_prior if lone else 0.0)
    none = np.zeros(0, dtype=np.intp)
    design = Design(k, left, right, none, NO_TERMS, prior, 0.0 if lone else _anchor(graph, played))
    total, wins = played.ravel()[design.pair], graph.won.ravel()[design.pair]
    folded = newton(design, total, wins, start=_win_rates(graph.won, played))
    probability = expit(folded.theta[cells.left] - folded.theta[cells.right])
    of_cells = replace(design, left=cells.left, right=cells.right)
    fit = replace(folded, design=of_cells, probability=probability)
    variance = fit.sandwich(of_cells.information(vote_meat(cells, probability)))
    return _finished(fit, graph, variance, None, graph.notes)


@lru_cache(maxsize=8)
def every_pair(candidates: int) -> tuple[Codes, Codes]:
    """Two codes, the smaller first, for each pair of candidates."""
    return np.triu_indices(candidates, 1)


def _win_rates(won: Floats, played: Floats) -> Floats:
    """[k] log odds of winning at all: where the search starts."""
    wins, votes = won.sum(axis=1), played.sum(axis=1)
    return np.asarray(np.log((wins + 0.5) / (votes - wins + 0.5)))


def _anchor(graph: Graph, played: Floats) -> Floats | float:
    """Fixes the mean of each component, which no vote does; its size does not touch the answer."""
    size = float(played.sum()) / len(played) ** 2 + 1.0
    if graph.single:
        return size
    return np.asarray((graph.component[:, None] == graph.component[None, :]) * size)


def estimate_whole(
    cells: Cells,
    clusters: Sequence[Clusters],
    *,
    prior: float,
    side: bool,
    length: bool,
    rectification: Rectification | None = None,
) -> Estimate:
    """Bradley-Terry with a tiny prior and terms for side and length; the covariance clustered by rater and prompt.

    V = V_rater + V_prompt − V_vote (Cameron, Gelbach & Miller 2011) for two clusterings, the one for one, V_vote for
    none. Prior and half a vote of model variance per candidate are part of each, so that three equal votes are not
    taken for certainty. ``rectification``: what a judge's preferences are to take out of the votes.
    """
    if rectification is not None:
        cells = rectification.cells(cells)
    graph = comparison_graph(cells)
    design = _design(cells, prior, side=side, length=length)
    start = np.zeros(design.parameters)
    start[: cells.candidates] = _win_rates(graph.won, graph.won + graph.won.T)
    fit = newton(design, cells.total, cells.wins, start)
    usable = [c for c in clusters if c.used > 1]
    notes = graph.notes
    if len(usable) < len(clusters):
        notes.append("All votes come from one rater or one prompt: the intervals say nothing of others.")
    own, least = _vote_variance(fit, cells, rectification)
    variance = own if not usable else np.zeros_like(own)
    for which, c in enumerate(clusters):
        if c.used > 1:
            more = 0.0 if rectification is None else rectification.scores(cells, which, c)
            variance = variance + cluster_variance(fit, c, more)
    variance = variance - max(len(usable) - 1, 0) * own + least
    degrees = min(c.used for c in usable) - 1.0 if usable else None
    for c in usable:
        few = effective_clusters(fit, c) < FEW_EFFECTIVE_RATERS
        variance = _at_least(variance, own + least, few)
    return _finished(fit, graph, variance, degrees, notes)


def _design(cells: Cells, prior: float, *, side: bool, length: bool) -> Design:
    longer = np.array([[0.0, -1.0, 0.0, 1.0, 0.0], [-1.0, 0.0, 0.0, 0.0, 1.0]])
    terms = [np.ones((1, 5))] * side + [longer] * length
    patterns = np.concatenate(terms) if terms else NO_TERMS
    penalty = np.concatenate((np.full(cells.candidates, prior), np.full(len(patterns), TERM_PRIOR)))
    return Design(cells.candidates, cells.left, cells.right, cells.length_bin + 2, patterns, penalty)


def _vote_variance(fit: Fit, cells: Cells, rectification: Rectification | None) -> tuple[Floats, Floats]:
    """The sandwich of independent votes, and the least variance that the prior and so few votes leave."""
    design, p = fit.design, fit.probability
    meat = vote_meat(cells, p) if rectification is None else rectification.meat(cells, p)
    own = fit.sandwich(design.information(meat))
    total = cells.total
    votes = add_up(cells.left, total, cells.candidates) + add_up(cells.right, total, cells.candidates)
    share = total / np.maximum(votes[cells.left] + votes[cells.right], 1e-300)
    least = design.information(share * p * (1.0 - p)) + np.diag(design.penalty)
    return own, fit.sandwich(least)


def _at_least(variance: Floats, floor: Floats, candidates: Flags) -> Floats:
    """Independent variance added to some ``candidates`` [k] where theirs is below that of ``floor``."""
    k = len(candidates)
    lack = np.zeros(len(variance))
    lack[:k] = np.where(candidates, np.maximum(np.diag(floor)[:k] - np.diag(variance)[:k], 0.0), 0.0)
    return variance + np.diag(lack)


def _finished(fit: Fit, graph: Graph, variance: Floats, degrees: float | None, notes: list[str]) -> Estimate:
    k = fit.design.candidates
    if graph.outside.any():
        variance = _at_least(variance, _centred(fit.bread[:k, :k], graph), graph.outside)
    covariance = ELO_PER_LOGIT**2 * _centred(variance[:k, :k], graph)
    theta = fit.theta[:k]
    means = theta.mean() if graph.single else _within(graph.component) @ theta
    ratings = MEAN_RATING + ELO_PER_LOGIT * (theta - means)
    return Estimate(fit, ratings, covariance, graph.component, variance, degrees, tuple(notes))


def _centred(matrix: Floats, graph: Graph) -> Floats:
    """[k, k] the covariance of ratings less the mean of their component; 0 for candidates without votes."""
    if graph.single:
        centred = matrix - matrix.mean(axis=0)
        return np.asarray(centred - centred.mean(axis=1)[:, None])
    within = _within(graph.component)
    centring = np.diag((graph.component >= 0) * 1.0) - within
    return np.asarray(centring @ matrix @ centring)


def _within(component: Codes) -> Floats:
    """[k, k] averages over each component; rows of candidates without votes are 0."""
    same = (component[:, None] == component[None, :]) & (component >= 0)
    return np.asarray(same / np.maximum(same.sum(axis=1), 1)[:, None])
