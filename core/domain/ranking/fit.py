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
SAFE_STEP: Final = 1.75
MAX_STEPS: Final = 100


NO_TERMS: Final[Floats] = np.zeros((0, 1))


@dataclass(frozen=True)
class Design:
    """Rows of counts that share a linear predictor: rating of left − rating of right + terms.

    ``left``, ``right``: [m] codes 0 … k−1. The q extra effects have covariates that take few values together:
    ``patterns`` [q, u] lists these, ``pattern`` [m] says which one a row has.
    """

    candidates: int
    left: Codes
    right: Codes
    pattern: Codes
    patterns: Floats
    penalty: Floats
    """[k+q] prior precision of each parameter."""
    anchor: Floats | float = 0.0
    """[k, k], or one number for all, added to the information of the ratings where nothing else fixes their common
    level."""

    @cached_property
    def pair(self) -> Codes:
        """[m] the flat index of (left, right) in a k × k matrix."""
        return self.left * self.candidates + self.right

    @property
    def parameters(self) -> int:
        """k + q."""
        return self.candidates + len(self.patterns)

    def rows(self, chosen: Codes) -> "Design":
        """The design of some of the rows."""
        pattern = self.pattern[chosen] if len(self.patterns) else self.pattern
        return replace(self, left=self.left[chosen], right=self.right[chosen], pattern=pattern)

    def predictor(self, theta: Floats) -> Floats:
        """[m] the log odds that left wins, given ``theta`` [k+q]."""
        eta = theta[self.left] - theta[self.right]
        if len(self.patterns):
            eta += (theta[self.candidates :] @ self.patterns)[self.pattern]
        return np.asarray(eta)

    def score(self, residual: Floats) -> Floats:
        """[k+q] the gradient: Xᵀ residual, ``residual`` [m]."""
        return np.asarray(self.scores(residual, None, 1)[0])

    def scores(self, residual: Floats, group: Codes | None, size: int) -> Floats:
        """[size, k+q] the gradient of each ``group`` [m] of rows (None: all in one)."""
        k = self.candidates
        ratings = add_up(_slot(group, k, self.left), residual, size * k)
        ratings -= add_up(_slot(group, k, self.right), residual, size * k)
        if not len(self.patterns):
            return ratings.reshape(size, k)
        u = self.patterns.shape[1]
        by_pattern = add_up(_slot(group, u, self.pattern), residual, size * u).reshape(size, u)
        return np.concatenate((ratings.reshape(size, k), by_pattern @ self.patterns.T), axis=1)

    def information(self, h: Floats) -> Floats:
        """[k+q, k+q] Xᵀ diag(h) X for row weights ``h`` [m]."""
        return np.asarray(self.informations(h, None, 1)[0])

    def informations(self, h: Floats, group: Codes | None, size: int) -> Floats:
        """[size, k+q, k+q] the information of each ``group`` [m] of rows (None: all in one)."""
        k, p = self.candidates, self.parameters
        met = add_up(_slot(group, k * k, self.pair), h, size * k * k).reshape(size, k, k)
        met = met + met.transpose(0, 2, 1)
        matrices = np.zeros((size, p, p))
        np.negative(met, out=matrices[:, :k, :k])
        matrices.reshape(size, p * p)[:, : k * (p + 1) : p + 1] += met.sum(axis=2)
        if p > k:
            u = self.patterns.shape[1]
            left = add_up(_slot(group, k * u, self.left * u + self.pattern), h, size * k * u)
            right = add_up(_slot(group, k * u, self.right * u + self.pattern), h, size * k * u)
            cross = (left - right).reshape(size, k, u) @ self.patterns.T
            matrices[:, :k, k:] = cross
            matrices[:, k:, :k] = cross.transpose(0, 2, 1)
            by_pattern = left.reshape(size, k, u).sum(axis=1)
            matrices[:, k:, k:] = (by_pattern[:, None, :] * self.patterns) @ self.patterns.T
        return matrices


def _slot(group: Codes | None, width: int, code: Codes) -> Codes:
    return code if group is None else group * width + code


@dataclass(frozen=True)
class Fit:
    """A fitted Design. ``bread``: inverse information."""

    design: Design
    theta: Floats
    """[k+q] logits."""
    probability: Floats
    """[m] that left wins."""
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
    # LAPACK's dpotri would be faster alone, but starts threads for the smallest matrix and then waits for busy cores.
    _, result, failed = lapack.dposv(matrix, np.eye(len(matrix), order="F"), lower=1)
    return np.asarray(np.linalg.pinv(matrix, hermitian=True) if failed else result, dtype=np.float64)


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
        information[: design.candidates, : design.candidates] += design.anchor
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
