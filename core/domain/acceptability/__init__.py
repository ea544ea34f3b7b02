"""Acceptable responses: which are, what share of them, and what one costs."""

from core.domain.acceptability.figures import (
    CostPerAcceptable,
    CostState,
    ShareAcceptable,
    cost_per_acceptable,
    share_acceptable,
)
from core.domain.acceptability.verdicts import (
    Check,
    Outcomes,
    Requirement,
    combined,
    gate_outcomes,
    requirements,
)

__all__ = [
    "Check",
    "CostPerAcceptable",
    "CostState",
    "Outcomes",
    "Requirement",
    "ShareAcceptable",
    "combined",
    "cost_per_acceptable",
    "gate_outcomes",
    "requirements",
    "share_acceptable",
]
