"""Ratings and their covariance from counts: the plain estimator and the whole one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from core.domain.ranking.counts import Cells, Clusters, Codes, Floats, add_up
from core.domain.ranking.fit import ELO_PER_LOGIT, TERM_PRIOR, Design, Fit, newton, vote_meat
from core.domain.ranking.graph import components, separated, strongly_connected, win_matrix
from core.domain.ranking.intervals import FEW_EFFECTIVE_RATERS, cluster_variance, effective_clusters

MEAN_RATING = 1000.0
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Estimate:
    """A fit with the covariance of its parameters.

    ``ratings``: [k] Elo, mean 1000 in each component; ``covariance``: [k, k] Elo²; ``component``: [k], −1 without
    votes; ``variance``: [k+q, k+q] of all parameters in squared logits, before centring; ``degrees`` of freedom for
    Student's t, None for normal; ``notes``: what a reader of the board must know.
    """

    fit: Fit
    ratings: Floats
    covariance: Floats
    component: Codes
    variance: Floats
    degrees: float | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Graph:
    """Who met whom. ``won``: [k, k] weighted wins; ``component``: [k]; ``outside``: [k] no finite rating by itself."""

    won: Floats
    component: Codes
    outside: Flags

    @property
    def notes(self) -> list[str]:
        """What of the graph a reader of the board must know."""
        notes, parts, missing = [], int(self.component.max(initial=-1)) + 1, int((self.component < 0).sum())
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
    left, right = np.nonzero(np.triu(played, 1))
    prior = np.full(k, fallback_prior if graph.outside.any() else 0.0)
    no_terms = np.zeros((0, 0))
    design = Design(k, left, right, no_terms, prior, _anchor(graph.component, played))
    fit = newton(design, played[left, right], graph.won[left, right])
    probability = expit(fit.theta[cells.left] - fit.theta[cells.right])
    each_vote = Design(k, cells.left, cells.right, no_terms, prior)
    variance = fit.sandwich(each_vote.information(vote_meat(cells, probability)))
    return _finished(fit, graph, variance, None, graph.notes)


def _anchor(component: Codes, played: Floats) -> Floats:
    """[k, k] fixes the mean of each component, which no vote does; its size does not touch the answer."""
    same = component[:, None] == component[None, :]
    return np.asarray(same * (played.sum() / max(len(component), 1) ** 2 + 1.0))


def estimate_whole(cells: Cells, clusters: Sequence[Clusters], *, prior: float, side: bool, length: bool) -> Estimate:
    """Bradley-Terry with a tiny prior and terms for side and length; the covariance clustered by rater and prompt.

    V = V_rater + V_prompt − V_vote (Cameron, Gelbach & Miller 2011) for two clusterings, the one for one, V_vote for
    none. Prior and half a vote of model variance per candidate are part of each, so that three equal votes are not
    taken for certainty.
    """
    graph = comparison_graph(cells)
    design = _design(cells, prior, side=side, length=length)
    fit = newton(design, cells.total, cells.wins)
    usable = [c for c in clusters if _used(c) > 1]
    notes = graph.notes
    if len(usable) < len(clusters):
        notes.append("All votes come from one rater or one prompt: the intervals say nothing of others.")
    own, least = _vote_variance(fit, cells)
    variance = own if not usable else sum((cluster_variance(fit, c) for c in usable), start=np.zeros_like(own))
    variance = variance - max(len(usable) - 1, 0) * own + least
    degrees = min(_used(c) for c in usable) - 1.0 if usable else None
    for c in usable:
        few = effective_clusters(fit, c) < FEW_EFFECTIVE_RATERS
        variance = _at_least(variance, own + least, few)
    return _finished(fit, graph, variance, degrees, notes)


def _used(clusters: Clusters) -> int:
    return int(np.count_nonzero(add_up(clusters.cluster, clusters.weight, clusters.size)))


def _design(cells: Cells, prior: float, *, side: bool, length: bool) -> Design:
    bins = cells.length_bin
    terms = [np.ones(len(bins))] if side else []
    if length:
        terms += [np.sign(bins) * (np.abs(bins) == size) * 1.0 for size in (1, 2)]
    penalty = np.concatenate((np.full(cells.candidates, prior), np.full(len(terms), TERM_PRIOR)))
    stacked = np.array(terms, dtype=np.float64).reshape(len(terms), len(bins))
    return Design(cells.candidates, cells.left, cells.right, stacked, penalty)


def _vote_variance(fit: Fit, cells: Cells) -> tuple[Floats, Floats]:
    """The sandwich of independent votes, and the least variance that the prior and so few votes leave."""
    design, p = fit.design, fit.probability
    own = fit.sandwich(design.information(vote_meat(cells, p)))
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
    k, component = fit.design.candidates, graph.component
    theta = fit.theta[:k]
    one = bool((component == 0).all())
    centring = np.eye(k)
    for c in range(int(component.max(initial=-1)) + 1):
        members = component == c
        centring -= np.outer(members, members) / max(int(members.sum()), 1)
    if graph.outside.any():
        spread = centring @ fit.bread[:k, :k] @ centring
        variance = _at_least(variance, spread, graph.outside)
    if one:
        centred = variance[:k, :k] - variance[:k, :k].mean(axis=0)
        covariance = centred - centred.mean(axis=1)[:, None]
    else:
        covariance = centring @ variance[:k, :k] @ centring
        covariance[component < 0] = covariance[:, component < 0] = 0.0
    ratings = MEAN_RATING + ELO_PER_LOGIT * (centring @ theta)
    return Estimate(fit, ratings, ELO_PER_LOGIT**2 * covariance, component, variance, degrees, tuple(notes))
