"""The covariance of fitted ratings when raters and prompts make votes alike, and bands that are safe to peek at."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtrit

from core.domain.ranking.counts import Clusters, Floats, add_up
from core.domain.ranking.fit import Fit, solve

FEW_CLUSTERS = 100
FEW_EFFECTIVE_RATERS = 8.0
CACHED_NUMBERS = 50_000


class Band(StrEnum):
    """Which interval: right at every look while votes come in, or at one look fixed beforehand."""

    PEEK = "peek"
    FIXED = "fixed"


def cluster_variance(fit: Fit, clusters: Clusters, more: Floats | float = 0.0) -> Floats:
    """[k+q, k+q] in squared logits, each cluster's votes taken as one draw.

    ``more``: [G, k+q] what each cluster adds to the gradient beside its votes.
    From 100 clusters CR1: bread · G/(G−1) Σ u uᵀ · bread. Below, CR3, the jackknife over clusters in one Newton step:
    (G−1)/G Σ δ δᵀ, δ = (H − H_g)⁻¹ u_g (Bell & McCaffrey 2002; Hansen 2022).
    """
    scores = cluster_scores(fit, clusters) + more
    used = clusters.used
    if used >= FEW_CLUSTERS:
        influence = scores @ fit.bread
        return np.asarray(used / (used - 1) * influence.T @ influence)
    changes = leave_out_steps(fit, clusters, scores)
    return np.asarray((used - 1) / used * changes.T @ changes)


def cluster_scores(fit: Fit, clusters: Clusters) -> Floats:
    """[G, k+q] each cluster's part of the gradient."""
    residual = clusters.wins - clusters.weight * fit.probability[clusters.cell]
    return fit.design.rows(clusters.cell).scores(residual, clusters.cluster, clusters.size)


def leave_out_steps(fit: Fit, clusters: Clusters, scores: Floats) -> Floats:
    """[G, k+q] minus the change of the parameters when one cluster's votes go, by one Newton step."""
    clusters = clusters.in_order
    at_once = max(1, CACHED_NUMBERS // fit.design.parameters**2)
    firsts = range(0, clusters.size, at_once)
    bounds = np.searchsorted(clusters.cluster, [*firsts, clusters.size])
    slope = fit.probability * (1.0 - fit.probability)
    steps = np.zeros_like(scores)
    for chunk, first in enumerate(firsts):
        entries = slice(bounds[chunk], bounds[chunk + 1])
        cell, group = clusters.cell[entries], clusters.cluster[entries] - first
        count = min(at_once, clusters.size - first)
        own = fit.design.rows(cell).informations(clusters.weight[entries] * slope[cell], group, count)
        for g, matrix in enumerate(np.subtract(fit.information, own, out=own)):
            steps[first + g] = solve(matrix, scores[first + g])
    return steps


def effective_clusters(fit: Fit, clusters: Clusters) -> Floats:
    """[k] (Σ n)² / Σ n² over the clusters' votes on each candidate: how many raters its rating really rests on."""
    k, row = fit.design.candidates, clusters.cluster * fit.design.candidates
    votes = add_up(row + fit.design.left[clusters.cell], clusters.weight, clusters.size * k)
    votes += add_up(row + fit.design.right[clusters.cell], clusters.weight, clusters.size * k)
    table = votes.reshape(clusters.size, k)
    squares = (table**2).sum(axis=0)
    return np.asarray(table.sum(axis=0) ** 2 / np.where(squares > 0, squares, 1.0))


def positive_semidefinite(matrix: Floats) -> tuple[Floats, Floats]:
    """The nearest covariance (negative eigenvalues set to 0) and a factor A with A Aᵀ equal to it."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    factor = vectors * np.sqrt(np.maximum(values, 0.0))
    return factor @ factor.T, factor


def fixed_factor(alpha: float, degrees: float | None) -> float:
    """Half-width in standard errors at one look: Student's t with ``degrees``, or normal where None."""
    return float(-ndtri(alpha / 2) if degrees is None else stdtrit(degrees, 1 - alpha / 2))


def peek_factor(se: NDArray[np.float64], alpha: float, se_target: float, degrees: float | None = None) -> Floats:
    """k(I): half-width in standard errors, right at all looks at once; ``se`` and ``se_target`` in the same unit.

    k = √(((x+1)/x)(ln(x+1) − 2 ln α)), x = ρ²/SE², ρ² = (−2 ln α + ln(1 − 2 ln α)) · SE_target²: narrowest near
    SE_target (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, arXiv 2103.06476, eq. 14 and appendix B.2). With
    ``degrees`` it is widened by Student's t over the normal quantile.
    """
    log = -2.0 * np.log(alpha)
    rho_squared = (log + np.log1p(log)) * se_target**2
    x = rho_squared / np.maximum(se, 1e-9 * se_target) ** 2
    factor = np.sqrt((x + 1.0) / x * (np.log1p(x) + log))
    if degrees is not None:
        factor *= fixed_factor(alpha, degrees) / fixed_factor(alpha, None)
    return np.asarray(factor)


def tail(critical: float) -> float:
    """The two-sided α of a normal critical value."""
    return float(2.0 * ndtr(-critical))
