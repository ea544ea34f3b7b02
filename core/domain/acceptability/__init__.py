"""Acceptable responses: which are, what share of them, and what one costs."""

from core.domain.acceptability.figures import (
    CostPerAcceptable,
    CostState,
    ShareAcceptable,
    cost_per_acceptable,
    share_acceptable,
)
from core.domain.acceptability.verdicts import (
    Outcome,
    Outcomes,
    Requirement,
    combined,
    gate_outcomes,
    requirements,
)

__all__ = [
    "CostPerAcceptable",
    "CostState",
    "Outcome",
    "Outcomes",
    "Requirement",
    "ShareAcceptable",
    "combined",
    "cost_per_acceptable",
    "gate_outcomes",
    "requirements",
    "share_acceptable",
]
