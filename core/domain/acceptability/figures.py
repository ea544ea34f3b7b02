"""What share of responses is acceptable, and what one acceptable response costs, with intervals clustered by prompt."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from core.domain.acceptability.intervals import wilson

Floats = NDArray[np.float64]
FEWEST_PROMPTS = 3
_FARTHEST = 700.0
_NOTHING = 1e-18


@dataclass(frozen=True)
class ShareAcceptable:
    """``hits`` of ``n`` judged responses of ``prompts`` prompts. Empty bounds: fewer than three prompts give none."""

    value: float | None
    lower: float | None
    upper: float | None
    hits: int
    n: int
    prompts: int


def share_acceptable(hits: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> ShareAcceptable:
    """The share of acceptable responses, its interval clustered by prompt. ``hits[g]`` of ``n[g]``: prompt g's.

    Wilson's interval with the effective number of responses n* = p(1−p)/V, V the variance of the ratio estimator
    between prompts, and Student's t with G−1 degrees (as Korn & Graubard 1998 do for Clopper-Pearson; Franco et al.
    2019 for Wilson). Where all responses or none are acceptable, n* is the number of prompts.
    """
    won, judged = (np.asarray(counts, dtype=float) for counts in (hits, n))
    won, judged = won[judged > 0], judged[judged > 0]
    prompts, total, good = len(judged), float(judged.sum()), float(won.sum())
    if not prompts:
        return ShareAcceptable(None, None, None, 0, 0, 0)
    p = good / total
    if prompts < FEWEST_PROMPTS:
        return ShareAcceptable(p, None, None, int(good), int(total), prompts)
    variance = prompts / (prompts - 1) * float(((won - p * judged) ** 2).sum()) / total**2
    known = min(p * (1 - p) / variance, total) if variance > 0 else total
    effective = float(prompts) if p in (0.0, 1.0) else known
    t = _t(prompts, level)
    return ShareAcceptable(p, *wilson(p, effective, t), int(good), int(total), prompts)


class CostState(StrEnum):
    """Why a cost per acceptable response has no value: there is no acceptable one, or something is not known."""

    KNOWN = "known"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class CostPerAcceptable:
    """US dollars paid for one acceptable response.

    ``value`` only where ``state`` is KNOWN; NONE whatever the price. ``upper`` None with a ``lower``: so few prompts
    brought an acceptable response that no upper bound can be told. NONE with a ``lower``: it is at least that.
    ``lower`` None: no interval.
    """

    state: CostState
    value: float | None = None
    lower: float | None = None
    upper: float | None = None


def cost_per_acceptable(
    paid_usd: ArrayLike, acceptable: ArrayLike, judged: ArrayLike, *, level: float = 0.95
) -> CostPerAcceptable:
    """Everything paid ÷ acceptable responses, its interval clustered by prompt.

    ``paid_usd[g]``, ``acceptable[g]``, ``judged[g]``: what prompt g cost with all its attempts (nan: not known), and
    how many of its responses are acceptable, and have a verdict at all (given-up ones have). The interval reaches from
    R·exp(−t·s) to R·exp((t + c)·s): s the standard error of log R by the jackknife over prompts, t Student's with G−1
    degrees, and c = γ⁺(2t² + 1)/(6√G) a correction for skewness (Johnson 1978), upward only, for costs have a long
    tail. Where all are acceptable, the upper error of the share is added in squares: no failure was seen to tell it.
    """
    paid, good, n = (np.asarray(column, dtype=float) for column in (paid_usd, acceptable, judged))
    share, is_priced = share_acceptable(good, n, level=level), not np.isnan(paid).any()
    total, hits, prompts = math.fsum(paid), math.fsum(good), len(paid)
    if share.n and not hits:
        least = total / (share.upper * share.n) if share.upper and is_priced else None
        return CostPerAcceptable(CostState.NONE, lower=least)
    if not share.n or not is_priced:
        return CostPerAcceptable(CostState.UNKNOWN)
    value = total / hits
    if prompts < FEWEST_PROMPTS:
        return CostPerAcceptable(CostState.KNOWN, value)
    if not total:
        return CostPerAcceptable(CostState.KNOWN, 0.0, 0.0, 0.0)
    down, up = log_reach(paid, good, level)
    if share.lower is not None and hits == float(n.sum()):
        up = math.hypot(up, math.log(1 / share.lower))
    upper = value * math.exp(up) if up < _FARTHEST else None
    return CostPerAcceptable(CostState.KNOWN, value, value * math.exp(-down), upper)


def log_reach(paid: Floats, good: Floats, level: float) -> tuple[float, float]:
    """How far the interval of log(Σ paid / Σ good) reaches down and up; infinite where leaving a prompt out does.

    As ``cost_per_acceptable`` says.
    """
    prompts, t = len(paid), _t(len(paid), level)
    total, hits = paid.sum(), good.sum()
    rest_paid, rest_good = np.maximum(total - paid, 0.0), np.round(hits - good, 9)
    if not (rest_paid > 0).all() or not (rest_good > 0).all():
        shares = paid / total - good / hits
        linear = math.sqrt(prompts / (prompts - 1) * float((shares**2).sum()))
        return t * linear, math.inf
    influence = (prompts - 1) * (np.log(total / hits) - np.log(rest_paid / rest_good))
    error = math.sqrt(float((influence**2).sum()) / (prompts - 1) / prompts)
    around = influence - influence.mean()
    spread = float((around**2).mean())
    skewness = float((around**3).mean()) / spread**1.5 if spread > _NOTHING else 0.0
    correction = max(skewness, 0.0) / math.sqrt(prompts) * (2 * t * t + 1) / 6
    return t * error, (t + correction) * error


def _t(prompts: int, level: float) -> float:
    return float(stdtrit(prompts - 1, 0.5 + level / 2))
