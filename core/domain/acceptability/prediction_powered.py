"""A mean of votes over all responses, narrowed by signals that every response has: prediction-powered inference.

Angelopoulos, Duchi & Zrnic 2023, PPI++ (arXiv 2311.01453). Their f̄ is of unlabelled responses apart from the labelled;
here it is of all, rated ones too. λ(f̄_all − f̄_rated) = λ·(N−n)/N·(f̄_unrated − f̄_rated), so that the λ which is best
here is the slope β itself, and theirs β·N_unrated/(N_unrated + n): the same estimate.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from core.domain.acceptability.post_strata import PostStrata
from core.domain.clustered import Codes, Floats, dense

FOLDS = 5
_NOTHING = 1e-9


def corrected_mean(sendable: Floats, weight: Floats, response: Codes, signals: Floats, lam: Floats) -> float:
    """Mean of λ·f over all responses + mean of y − λ·f over the votes.

    ``sendable``, ``weight`` (adds up to 1), ``response`` [n]: each vote y, and the place of its response.
    ``signals`` [N, s]: f. ``lam`` [N, s], or [s] the same for all.
    """
    moved = (signals * lam).sum(axis=1)
    return float(moved.mean() + weight @ (sendable - moved[response]))


def cross_fitted(sendable: Floats, strata: PostStrata, response: Codes, signals: Floats, prompt: Codes) -> Floats:
    """[N, s] the λ of each response's signals, from the votes on other prompts alone.

    Prompts are dealt into FOLDS folds in the order of their codes. ``signals``, ``prompt`` [N].
    """
    lam = np.zeros(signals.shape)
    if not np.ptp(signals, axis=0).any():
        return lam
    prompts, place = dense(prompt)
    fold = np.arange(prompts) % FOLDS
    sums = _sums(sendable, strata, response, signals, place, fold)
    of_fold = np.array([_least_squares(sums, each) for each in range(FOLDS)])
    return np.asarray(of_fold[fold[place]], dtype=np.float64)


@dataclass(frozen=True)
class _Sums:
    """Sums by prompt, which tell λ for any choice of folds. The columns of votes are 1, y and each signal."""

    votes: Floats
    """[2 + s, G] Σ weight · column"""
    squares: Floats
    """[2 + s, G] Σ weight · column²"""
    by_stratum: Floats
    """[2 + s, FOLDS, strata] Σ weight · column"""
    beside: Floats
    """[G, strata] Σ weight"""
    signals: Floats
    """[G, s] over all responses."""
    responses: Floats
    """[G]"""
    fold: Codes
    """[G]"""


def _sums(sendable: Floats, strata: PostStrata, response: Codes, signals: Floats, place: Codes, fold: Codes) -> _Sums:
    prompts, weight, many = len(fold), strata.weight, int(strata.stratum.max()) + 1
    voted = place[response]
    columns = [np.ones(len(sendable)), sendable, *(signal[response] for signal in signals.T)]
    weighed = [weight * one for one in columns]
    cell = fold[voted] * many + strata.stratum
    by_stratum = [np.bincount(cell, one, FOLDS * many).reshape(FOLDS, many) for one in weighed]
    return _Sums(
        np.array([np.bincount(voted, one, prompts) for one in weighed]),
        np.array([np.bincount(voted, one * column, prompts) for one, column in zip(weighed, columns, strict=True)]),
        np.array(by_stratum),
        np.asarray(
            np.bincount(voted * many + strata.stratum, weight, prompts * many).reshape(prompts, many), dtype=np.float64
        ),
        np.column_stack([np.bincount(place, signal) for signal in signals.T]),
        np.asarray(np.bincount(place), dtype=np.float64),
        fold,
    )


def _least_squares(sums: _Sums, without: int) -> Floats:
    """[s] the λ ≥ 0 with the smallest variance of the corrected mean, clustered by prompt; ``without`` one fold.

    With one response a prompt and votes of equal weight it is the slope of y on f. It is shrunk by what useless signals
    would bring, and no signal moves an estimate by more than votes spread: λ ≤ SD(y)/SD(f), which no slope exceeds.
    """
    chosen = sums.fold != without
    votes, squares, signals, responses = (
        sums.votes[:, chosen], sums.squares[:, chosen], sums.signals[chosen], sums.responses[chosen]
    )  # fmt: skip
    by_stratum = np.delete(sums.by_stratum, without, axis=1).sum(axis=1)
    whole, every = by_stratum[0].sum(), responses.sum()
    if not whole:
        return np.zeros(signals.shape[1])
    means = np.divide(by_stratum, by_stratum[0], out=np.zeros(by_stratum.shape), where=by_stratum[0] > 0)
    around = (votes - means @ sums.beside[chosen].T) / whole
    of_all = (signals - np.outer(responses, signals.sum(axis=0) / every)) / every
    told = of_all - around[2:].T
    # Where all responses are rated and weigh alike, nothing but rounding is left of it.
    told[np.abs(told) <= _NOTHING * np.abs(of_all).max()] = 0.0
    # n rows and the few of the triangle have the same least squares.
    triangle = np.asarray(np.linalg.qr(np.column_stack([told, -around[1]]), mode="r"))
    found, left = nnls(triangle[:, :-1], triangle[:, -1])
    clusters = int(np.count_nonzero(squares[0]))
    spread = np.sqrt(np.maximum(squares.sum(axis=1) / whole - (by_stratum.sum(axis=1) / whole) ** 2, 0.0))
    most = np.divide(spread[1], spread[2:], out=np.zeros(len(found)), where=spread[2:] > _NOTHING)
    shrunk = found * _beyond_noise(float((around[1] ** 2).sum()), left**2, clusters, len(found))
    return np.asarray(np.minimum(shrunk, most), dtype=np.float64)


def _beyond_noise(before: float, after: float, clusters: int, signals: int) -> float:
    """How much of a fit stands after what so many useless signals would bring: positive-part James & Stein (1961)."""
    if before <= after or clusters <= signals:
        return 0.0
    return max(0.0, 1 - signals * after / (clusters - signals) / (before - after))
