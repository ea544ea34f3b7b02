"""What one response that experts would send costs."""

import math

import numpy as np

from core.domain.acceptability.figures import FEWEST_PROMPTS, CostPerAcceptable, CostState, log_reach
from core.domain.acceptability.human import HumanShare, automatic_estimate
from core.domain.acceptability.intervals import correlation_of_parts, joint_reach
from core.domain.acceptability.sends import Answers
from core.domain.clustered import NO_RATER, Clustered, Floats, standard_error

_FARTHEST = 700.0


def cost_per_sendable(
    paid_usd: Floats, answers: Answers, share: HumanShare, *, level: float = 0.95
) -> CostPerAcceptable:
    """Everything paid ÷ (N·θ̂), θ̂ the human ``share`` of these ``answers``, or the automatic one on which it rests.

    ``paid_usd[g]``: what all attempts at the prompt with the code g cost, nan where it is not known; prompts that have
    no response here are not counted. ``level`` as given to ``human_share``. The interval is on the log scale: that of
    the cost of one response, clustered by prompt and with its correction for skewness (``cost_per_acceptable``), and
    that of θ̂, put together by MOVER (Zou & Donner 2008) with the correlation that their influences by prompt tell.
    """
    prompts = np.unique(answers.prompt)
    paid, responses = paid_usd[prompts], answers.by_prompt()
    total, is_priced = math.fsum(paid), not np.isnan(paid).any()
    if share.value == 0.0:
        least = total / (share.upper * share.responses) if share.upper and is_priced else None
        return CostPerAcceptable(CostState.NONE, lower=least)
    if share.value is None or not is_priced:
        return CostPerAcceptable(CostState.UNKNOWN)
    value = total / (share.responses * share.value)
    if share.lower is None or share.upper is None or len(prompts) < FEWEST_PROMPTS:
        return CostPerAcceptable(CostState.KNOWN, value)
    if not total:
        return CostPerAcceptable(CostState.KNOWN, 0.0, 0.0, 0.0)
    down, up = log_reach(paid, responses, level)
    each = Clustered(0.0, prompts, np.full(len(prompts), NO_RATER), paid / total - responses / responses.sum())
    together = _together(each, answers, share)
    down = joint_reach(down, math.log(share.upper / share.value), together)
    up = joint_reach(up, math.log(share.value / share.lower) if share.lower else math.inf, together)
    upper = value * math.exp(up) if up < _FARTHEST else None
    return CostPerAcceptable(CostState.KNOWN, value, value * math.exp(-down), upper)


def _together(each: Clustered, answers: Answers, share: HumanShare) -> float:
    """The correlation of log cost per response with −log θ̂."""
    found = share.estimate or automatic_estimate(answers)
    if found is None or not share.value:
        return 0.0
    part = found.mapped(0.0, -1 / share.value)
    errors = [standard_error(one) for one in (each.plus(part), each, part)]
    whole, one, other = (error.value if error else 0.0 for error in errors)
    return correlation_of_parts(whole, one, other)
