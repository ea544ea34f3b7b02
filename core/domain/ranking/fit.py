"""Bradley-Terry by Newton's method on counts, with optional terms for side and length."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from scipy.linalg import lapack
from scipy.special import expit

from core.domain.ranking.counts import Cells, Codes, Floats, add_up
from core.errors import NotEnoughData

ELO_PER_LOGIT: Final = 400.0 / np.log(10.0)
TERM_PRIOR: Final = 1.0
"""Prior precision (per squared logit) of the side and length terms: as much as about four votes."""

STEP_TOLERANCE: Final = 1e-7
SAFE_STEP: Final = 1.5
MAX_STEPS: Final = 100


@dataclass(frozen=True)
class Design:
    """Rows of counts that share a linear predictor: rating of left − rating of right + terms.

    ``left``, ``right``: [m] codes 0 … k−1; ``terms``: [q, m] covariates of the q extra effects;
    ``penalty``: [k+q] prior precision of each parameter; ``anchor``: [k, k] added to the information of the
    ratings where nothing else fixes their common level, or None.
    """

    candidates: int
    left: Codes
    right: Codes
    terms: Floats
    penalty: Floats
    anchor: Floats | None = None

    @cached_property
    def pair(self) -> Codes:
        """[m] the flat index of (left, right) in a k × k matrix."""
        return self.left * self.candidates + self.right

    @property
    def parameters(self) -> int:
        """k + q."""
        return self.candidates + len(self.terms)

    def rows(self, chosen: Codes) -> "Design":
        """The design of some of the rows."""
        return replace(self, left=self.left[chosen], right=self.right[chosen], terms=self.terms[:, chosen])

    def predictor(self, theta: Floats) -> Floats:
        """[m] the log odds that left wins, given ``theta`` [k+q]."""
        eta = theta[self.left] - theta[self.right]
        if len(self.terms):
            eta += theta[self.candidates :] @ self.terms
        return np.asarray(eta)

    def score(self, residual: Floats) -> Floats:
        """[k+q] the gradient: Xᵀ residual, ``residual`` [m]."""
        k = self.candidates
        ratings = add_up(self.left, residual, k) - add_up(self.right, residual, k)
        return np.concatenate((ratings, self.terms @ residual)) if len(self.terms) else ratings

    def information(self, h: Floats) -> Floats:
        """[k+q, k+q] Xᵀ diag(h) X for row weights ``h`` [m]."""
        k = self.candidates
        off = add_up(self.pair, h, k * k).reshape(k, k)
        off = off + off.T
        p = self.parameters
        matrix = np.zeros((p, p))
        np.negative(off, out=matrix[:k, :k])
        matrix.ravel()[: k * (p + 1) : p + 1] += off.sum(axis=1)
        if p > k:
            weighted = self.terms * h
            for t, column in enumerate(weighted):
                cross = add_up(self.left, column, k) - add_up(self.right, column, k)
                matrix[k + t, :k] = matrix[:k, k + t] = cross
            matrix[k:, k:] = weighted @ self.terms.T
        return matrix


@dataclass(frozen=True)
class Fit:
    """A fitted Design. ``theta``: [k+q] logits; ``probability``: [m] that left wins; ``bread``: inverse information."""

    design: Design
    theta: Floats
    probability: Floats
    information: Floats
    steps: int

    @cached_property
    def bread(self) -> Floats:
        """[k+q, k+q] the inverse of the penalised information."""
        return inverse(self.information)

    def sandwich(self, meat: Floats) -> Floats:
        """[k+q, k+q] bread · meat · bread, in squared logits."""
        return np.asarray(self.bread @ meat @ self.bread)


def inverse(matrix: Floats) -> Floats:
    """The inverse of a symmetric positive definite matrix."""
    factor, failed = lapack.dpotrf(matrix, lower=1)
    if failed:
        return np.asarray(np.linalg.pinv(matrix, hermitian=True), dtype=np.float64)
    result, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)
    lower = np.tril(result)
    return np.asarray(lower + np.tril(lower, -1).T)


def solve(matrix: Floats, vector: Floats) -> Floats:
    """The solution of matrix · x = vector for a symmetric positive definite matrix."""
    _, x, failed = lapack.dposv(matrix, vector, lower=1)
    return np.asarray(np.linalg.lstsq(matrix, vector)[0] if failed else x, dtype=np.float64)


def newton(design: Design, total: Floats, wins: Floats, start: Floats | None = None) -> Fit:
    """Maximise the penalised likelihood of ``wins`` [m] out of ``total`` [m] (weighted counts).

    The log-likelihood's third derivative is bounded by its second (Bach 2010, "Self-concordant analysis for logistic
    regression", prop. 1), so that a step which moves no log odds by more than 1.79 cannot lower it: only longer ones
    are checked and halved. Raises NotEnoughData when 100 steps do not suffice (weights that are not finite).
    """
    theta = np.zeros(design.parameters) if start is None else start
    eta = design.predictor(theta)
    for steps in range(1, MAX_STEPS + 1):
        p = expit(eta)
        information = design.information(total * p * (1.0 - p))
        information.ravel()[:: design.parameters + 1] += design.penalty
        if design.anchor is not None:
            k = design.candidates
            information[:k, :k] += design.anchor
        step = solve(information, design.score(wins - total * p) - design.penalty * theta)
        move = design.predictor(step)
        if np.abs(move).max(initial=0.0) > SAFE_STEP:
            fraction = _safe_fraction(design, total, wins, (theta, step), (eta, move))
            step, move = fraction * step, fraction * move
        theta, eta = theta + step, eta + move
        if np.abs(step).max(initial=0.0) < STEP_TOLERANCE:
            return Fit(design, theta, p, information, steps)
    raise NotEnoughData("The ratings did not converge; check that every vote's weight is finite and not negative.")


def _safe_fraction(
    design: Design, total: Floats, wins: Floats, at: tuple[Floats, Floats], along: tuple[Floats, Floats]
) -> float:
    (theta, step), (eta, move) = at, along

    def objective(fraction: float) -> float:
        x, parameters = eta + fraction * move, theta + fraction * step
        likelihood = wins @ x - total @ np.logaddexp(0.0, x)
        return float(likelihood - 0.5 * design.penalty @ parameters**2)

    here, fraction = objective(0.0), 1.0
    while objective(fraction) < here and fraction > 1e-9:
        fraction *= 0.5
    return fraction


def vote_meat(cells: Cells, probability: Floats) -> Floats:
    """[m] Σ w² (y − p)² over the votes of each cell: each vote a cluster of its own."""
    squared = cells.weight_squared
    lost = (1.0 - probability) ** 2
    halves = squared[:, 2] + squared[:, 3]
    return np.asarray(squared[:, 0] * lost + squared[:, 1] * probability**2 + halves * (0.5 - probability) ** 2)
