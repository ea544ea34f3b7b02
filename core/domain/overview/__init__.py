"""What the first page says beside the verdicts: who is recommended where, for how much, and what to do next."""

from core.domain.overview.front import on_front
from core.domain.overview.recommending import Recommendation, Spent, recommended, usd_a_month, usd_per_thousand
from core.domain.overview.steps import Situation, Step, StepKind, next_step
from core.domain.overview.visits import VISIT_LASTS, Marks, Visit, seen, since

__all__ = [
    "VISIT_LASTS",
    "Marks",
    "Recommendation",
    "Situation",
    "Spent",
    "Step",
    "StepKind",
    "Visit",
    "next_step",
    "on_front",
    "recommended",
    "seen",
    "since",
    "usd_a_month",
    "usd_per_thousand",
]
