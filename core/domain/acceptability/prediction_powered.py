"""A mean of votes over all responses, narrowed by signals that every response has: prediction-powered inference.

Angelopoulos, Duchi & Zrnic 2023, PPI++ (arXiv 2311.01453). Their f̄ is of unlabelled responses apart from the labelled;
here it is of all, rated ones too. λ(f̄_all − f̄_rated) = λ·(N−n)/N·(f̄_unrated − f̄_rated), so that the λ which is best
here is the slope β itself, and theirs β·N_unrated/(N_unrated + n): the same estimate.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from core.domain.acceptability.post_strata import PostStrata
from core.domain.clustered import Codes, Floats

FOLDS = 5


def corrected_mean(sendable: Floats, weight: Floats, response: Codes, signals: Floats, lam: Floats) -> float:
    """Mean of λ·f over all responses + mean of y − λ·f over the votes.

    ``sendable``, ``weight`` (adds up to 1), ``response`` [n]: each vote y, and the place of its response.
    ``signals`` [N, s]: f. ``lam`` [N, s], or [s] the same for all.
    """
    moved = (signals * lam).sum(axis=1)
    return float(moved.mean() + weight @ (sendable - moved[response]))


def cross_fitted(sendable: Floats, strata: PostStrata, response: Codes, signals: Floats, prompt: Codes) -> Floats:
    """[N, s] the λ of each response's signals, from the votes on other prompts alone.

    Prompts are dealt into FOLDS folds in the order of their codes. ``signals`` have mean 0. ``prompt`` [N].
    """
    _, place = np.unique(prompt, return_inverse=True)
    lam = np.zeros(signals.shape)
    for fold in range(FOLDS):
        within = place % FOLDS == fold
        lam[within] = _least_squares(sendable, strata, response, signals, place, ~within)
    return lam


def _least_squares(
    sendable: Floats, strata: PostStrata, response: Codes, signals: Floats, place: Codes, used: NDArray[np.bool_]
) -> Floats:
    """[s] the λ ≥ 0 with the smallest variance of the corrected mean, clustered by prompt, over the responses ``used``.

    With one response a prompt and votes of equal weight it is the slope of y on f. No signal moves an estimate by
    more than its votes spread: λ ≤ SD(y)/SD(f), which a slope never exceeds.
    """
    voted = used[response]
    weight = strata.weight * voted
    clusters, whole = int(place.max()) + 1, float(weight.sum())
    if not whole:
        return np.zeros(signals.shape[1])
    away = weight / whole * (sendable - strata.means(sendable, voted)[strata.stratum])
    apart = np.bincount(place[response], away, minlength=clusters)
    columns, most = [], []
    for signal in signals.T:
        centred = (signal - signal[used].mean()) * used / used.sum()
        seen = signal[response]
        around = weight / whole * (seen - strata.means(seen, voted)[strata.stratum])
        columns.append(
            np.bincount(place, centred, minlength=clusters) - np.bincount(place[response], around, minlength=clusters)
        )
        most.append(_spread(sendable, weight) / max(_spread(seen, weight), 1e-9) if np.ptp(seen[voted]) else 0.0)
    found, _ = nnls(np.column_stack(columns), -apart)
    return np.minimum(found, most)


def _spread(of: Floats, weight: Floats) -> float:
    mean = float(np.average(of, weights=weight))
    return float(np.sqrt(np.average((of - mean) ** 2, weights=weight)))
