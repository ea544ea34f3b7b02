"""Acceptable responses: which are, what share of them, and what one costs."""

from core.domain.acceptability.figures import (
    CostPerAcceptable,
    CostState,
    ShareAcceptable,
    cost_per_acceptable,
    share_acceptable,
)
from core.domain.acceptability.verdicts import (
    Facts,
    GateScore,
    Outcome,
    Outcomes,
    Requirement,
    Verdict,
    combined,
    gate_outcomes,
    requirements,
    verdict,
)

__all__ = [
    "CostPerAcceptable",
    "CostState",
    "Facts",
    "GateScore",
    "Outcome",
    "Outcomes",
    "Requirement",
    "ShareAcceptable",
    "Verdict",
    "combined",
    "cost_per_acceptable",
    "gate_outcomes",
    "requirements",
    "share_acceptable",
    "verdict",
]
