"""Acceptable responses: which are, what share of them, and what one costs."""

from core.domain.acceptability.figures import (
    CostPerAcceptable,
    CostState,
    ShareAcceptable,
    cost_per_acceptable,
    share_acceptable,
)
from core.domain.acceptability.human import (
    FEWEST_RATED,
    HumanShare,
    Rests,
    difference,
    human_estimate,
    human_share,
)
from core.domain.acceptability.human_cost import cost_per_sendable
from core.domain.acceptability.points import POINTS, CostPerPoint, cost_per_point
from core.domain.acceptability.sends import Answers, Sends
from core.domain.acceptability.verdicts import (
    Check,
    Endings,
    Outcomes,
    Requirement,
    checked,
    combined,
    gate_outcomes,
    requirements,
)

__all__ = [
    "FEWEST_RATED",
    "POINTS",
    "Answers",
    "Check",
    "CostPerAcceptable",
    "CostPerPoint",
    "CostState",
    "Endings",
    "HumanShare",
    "Outcomes",
    "Requirement",
    "Rests",
    "Sends",
    "ShareAcceptable",
    "checked",
    "combined",
    "cost_per_acceptable",
    "cost_per_point",
    "cost_per_sendable",
    "difference",
    "gate_outcomes",
    "human_estimate",
    "human_share",
    "requirements",
    "share_acceptable",
]
