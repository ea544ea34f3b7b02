"""Which pair a rater sees next: where one more vote teaches most, never without a uniform share of chance.

The gain of a vote on (i, j) is the fall of the summed variance it brings (A-optimality, by the
Sherman–Morrison formula): w·‖V d‖² / (1 + w·dᵀV d), with V the covariance of the strengths, d = e_i − e_j
and w the information of one vote, p(1 − p). For "who leads" only the fall in the variances of the contrasts
*leader − rival* counts, and a rival counts as much as it may yet turn out to be the better one.
"""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.special import ndtr

from core.errors import NothingToRate

Floats = NDArray[np.float64]
Goal = Literal["all", "leader"]

UNIFORM_SHARE = 0.15
REPEAT_SHARE = 0.05
REPEAT_DISTANCE = 20
RERATED_PARTS = 1000
RERATED_STEP = 617


def pair_probabilities(
    covariance: Floats | None,
    weights: Floats,
    votes: NDArray[np.int64] | Floats,
    *,
    goal: Goal = "all",
    floor: float = UNIFORM_SHARE,
    eligible: NDArray[np.bool_],
    leader: int | None = None,
) -> Floats:
    """The probability with which each of the k candidates' pairs is drawn next: k × k, upper triangle, sum 1.

    ``covariance``: of the strengths in logits² (pseudo-inverse of the Bradley–Terry information; its common
    level does not matter, its scale does), or None where there is none yet. ``weights``: information of one
    vote on each pair, p(1 − p). ``votes``: so far, per unordered pair (both triangles filled). ``eligible``:
    pairs that may be drawn; read as symmetric, the diagonal is ignored. ``floor``: share spread evenly over
    the eligible pairs, so that each has at least floor / (number eligible). ``leader`` is needed for the
    goal "leader" and unused for "all".

    The rest goes by the squared gain. Candidates that no chain of votes links cannot be compared at all:
    until they are linked, the rest goes to the eligible pairs between them. Where the covariance says
    nothing (None, not finite, all zero), it goes to the eligible pairs with fewest votes.

    Raises NothingToRate when no pair is eligible.
    """
    if not 0 <= floor <= 1:
        raise ValueError(f"floor is a share between 0 and 1, not {floor}")
    if goal == "leader" and leader is None:
        raise ValueError("the goal 'leader' needs to know who leads so far")
    allowed = np.triu(eligible | eligible.T, k=1)
    n_allowed = int(allowed.sum())
    if not n_allowed:
        raise NothingToRate("No pair of candidates is left to rate here.")
    preference: NDArray[Any] = _unlinked(votes) & allowed
    if not preference.any():
        gain = _gain(covariance, weights, leader if goal == "leader" else None)
        preference = _squared(gain, allowed) if gain is not None else preference
    if not preference.any():
        preference = allowed & (votes == votes[allowed].min())
    mixed = floor / n_allowed * allowed + (1.0 - floor) * preference / preference.sum()
    return np.asarray(mixed / mixed.sum(), dtype=np.float64)


def _gain(covariance: Floats | None, weights: Floats, leader: int | None) -> Floats | None:
    """The gain of a vote on each pair, towards all ratings or towards who leads; None where nothing tells."""
    if covariance is None or not (np.isfinite(covariance).all() and np.isfinite(weights).all()):
        return None
    if leader is None:
        return a_optimal_gain(covariance, weights)
    return contrast_gain(covariance, weights, leader)


def _squared(gain: Floats, allowed: NDArray[np.bool_]) -> Floats:
    """The squared gain of the allowed pairs, on a scale that cannot overflow; all zero where there is none."""
    kept = np.where(allowed, np.maximum(gain, 0.0), 0.0)
    largest = float(kept.max())
    return np.square(kept / largest) if 0.0 < largest < math.inf else np.zeros_like(kept)


def a_optimal_gain(covariance: Floats, weights: Floats) -> Floats:
    """The fall of the trace of the covariance that one vote on each pair brings; k × k, symmetric, logits².

    w‖V d‖² / (1 + w·dᵀV d); the diagonal is 0.
    """
    square = covariance @ covariance
    return weights * _contrasts(square) / (1.0 + weights * _contrasts(covariance))


def contrast_gain(covariance: Floats, weights: Floats, leader: int) -> Floats:
    """The fall of the doubt about who leads that one vote on each pair brings; k × k, symmetric.

    Σ_r u_r · w(c_rᵀV d)² / (1 + w·dᵀV d) over the rivals r, with c_r = e_leader − e_r and u_r ∝ the probability
    that r is in truth the better one, over the variance of the contrast. How far r lies behind is read from the
    information of a vote between them: p(1 − p) falls as the two draw apart.
    """
    variance = _contrasts(covariance)
    distance = 2.0 * np.arccosh(np.maximum(0.5 / np.sqrt(np.clip(weights[leader], 1e-12, 0.25)), 1.0))
    spread = np.sqrt(np.maximum(variance[leader], 1e-300))
    doubt = np.asarray(ndtr(-distance / spread)) / spread**2
    doubt[leader] = 0.0
    seen = covariance[leader][None, :] - covariance  # row r: c_rᵀV
    squared = _contrasts(seen.T @ (doubt[:, None] * seen))  # Σ_r u_r (c_rᵀV d)²
    return np.asarray(weights * squared / (1.0 + weights * variance), dtype=np.float64)


def _contrasts(form: Floats) -> Floats:
    """dᵀ F d for every d = e_i − e_j: F_ii + F_jj − 2 F_ij."""
    own = np.diagonal(form)
    return np.maximum(own[:, None] + own[None, :] - 2.0 * form, 0.0)


def _unlinked(votes: NDArray[np.int64] | Floats) -> NDArray[np.bool_]:
    """Pairs of candidates that no chain of votes links; k × k."""
    _, component = connected_components((votes + votes.T) > 0, directed=False)
    return np.asarray(component[:, None] != component[None, :])


def draw_pair(probabilities: Floats, rng: random.Random) -> tuple[int, int, float]:
    """One pair of candidates (i < j) by these probabilities, and the probability it was drawn with."""
    rows, columns = np.nonzero(probabilities)
    if not rows.size:
        raise NothingToRate("No pair of candidates is left to rate here.")
    chances = probabilities[rows, columns]
    heap = np.cumsum(chances)
    at = min(int(np.searchsorted(heap, rng.random() * heap[-1], side="right")), rows.size - 1)
    return int(rows[at]), int(columns[at]), float(chances[at] / heap[-1])


def draw_prompt(votes_per_prompt: Mapping[int, int], eligible: Iterable[int], rng: random.Random) -> int | None:
    """One of the eligible prompts, at random among those with fewest votes; None when there is none.

    A prompt that ``votes_per_prompt`` does not name has no votes.
    """
    fewest: list[int] = []
    least = math.inf
    for prompt in eligible:
        n = votes_per_prompt.get(prompt, 0)
        if n < least:
            least, fewest = n, [prompt]
        elif n == least:
            fewest.append(prompt)
    return rng.choice(fewest) if fewest else None


def draw_prompt_of_many(prompts: Sequence[int], votes: Mapping[int, int | None], rng: random.Random) -> int | None:
    """One of ``prompts`` as ``draw_prompt`` draws it, without a look at each: there may be a hundred thousand.

    ``votes``: of those among ``prompts`` that have any; None for one that may not be drawn. The others have none.
    """
    fresh = [prompt for prompt, n in votes.items() if n == 0]
    untouched = len(prompts) - len(votes)
    if not untouched:
        counted = {prompt: n for prompt, n in votes.items() if n is not None}
        return draw_prompt(counted, counted, rng)
    if rng.random() * (untouched + len(fresh)) < len(fresh):
        return rng.choice(fresh)
    if 2 * untouched < len(prompts):
        return rng.choice([prompt for prompt in prompts if prompt not in votes])
    return next(prompt for prompt in iter(lambda: rng.choice(prompts), None) if prompt not in votes)


def is_rerated(study: int, prompt: int, share: float) -> bool:
    """Whether the study rates a later run's answers to this prompt anew: the same ``share`` of prompts each time.

    Of any 1000 prompts in a row it is ``share`` exactly, and spread evenly: the step goes by the golden section.
    """
    return (prompt * RERATED_STEP + study) % RERATED_PARTS < round(share * RERATED_PARTS)


def is_repeat_due(done: int, rng: random.Random) -> bool:
    """Whether the rater's next pair should be an earlier one, mirrored, after ``done`` pairs of their own.

    Never before there is one that lies REPEAT_DISTANCE pairs back, then for REPEAT_SHARE of the pairs.
    """
    return done >= REPEAT_DISTANCE and rng.random() < REPEAT_SHARE
